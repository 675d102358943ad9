"""Submission → national settlement JSON; `parse_settlement` reads back exactly the same submission."""

from typing import Any

from libs.contracts.settlement import FeeLine
from libs.interop.changes import Cancellation
from libs.interop.national import fields
from libs.interop.one_stop import one_stop_document
from libs.interop.submission import Submission

_GENDER = {"male": "1", "female": "2"}


def to_national(submission: Submission) -> dict[str, Any]:
    """The JSON object of a submission. Amounts are decimal text in yuan; absent values are left out."""
    document: dict[str, Any] = {
        "setlinfo": _setlinfo(submission),
        "feedetail": [_line(line) for line in submission.lines],
        "diseinfo": [
            {
                "diag_srt_no": number,
                "diag_code": diagnosis.code,
                "diag_name": diagnosis.name,
                "maindiag_flag": "1" if diagnosis.main else "0",
            }
            for number, diagnosis in enumerate(submission.diagnoses, start=1)
        ],
        "oprninfo": [
            {"oprn_oprt_code": procedure.code, "oprn_oprt_name": procedure.name}
            for procedure in submission.procedures
        ],
    }
    visit = submission.visit
    additions: dict[str, Any] = {"visit_kind": visit.kind, "settled": "1" if visit.settled else "0"}
    if visit.place != "local":
        additions["out_of_town_filed"] = "1" if visit.place == "out_of_town_filed" else "0"
    if visit.preauthorisation_id is not None:
        additions["preauthorisation_id"] = visit.preauthorisation_id
    if submission.note is not None:
        additions["note"] = submission.note
    if submission.one_stop is not None:
        additions["one_stop"] = one_stop_document(submission.one_stop)
    document["huiji"] = additions
    return document


def to_correction(submission: Submission, based_on: int | None = None) -> dict[str, Any]:
    """The document that replaces the settlement of the submission's name by it."""
    document = to_national(submission)
    document["huiji"] |= {"action": "correct"} | _based_on(based_on)
    return document


def to_cancellation(cancellation: Cancellation) -> dict[str, Any]:
    """The shortest document that undoes a settlement."""
    return {
        "setlinfo": {
            "fixmedins_code": cancellation.hospital_id,
            "setl_id": cancellation.submission_id,
        },
        "huiji": {"action": "cancel", "reason": cancellation.reason} | _based_on(cancellation.based_on),
    }


def _based_on(revision: int | None) -> dict[str, int]:
    return {} if revision is None else {"based_on_revision": revision}


def _setlinfo(submission: Submission) -> dict[str, Any]:
    person, visit = submission.person, submission.visit
    info: dict[str, Any] = {
        "setl_id": submission.submission_id,
        "mdtrt_id": submission.encounter_id,
        "psn_name": person.name,
        "psn_cert_type": "01",
        "certno": person.id_number,
        "gend": _GENDER[person.sex],
        "brdy": person.birth_date.isoformat(),
        "tel": person.phone,
        "fixmedins_code": visit.hospital_id,
        "hosp_lv": fields.GRADE_CODES[visit.hospital_grade],
        "fix_blng_admdvs": visit.hospital_region,
        "insuplc_admdvs": visit.insured_region,
        "insutype": fields.INSUTYPES[visit.scheme],
        "med_type": visit.med_type,
        "begndate": visit.admitted_on.isoformat(),
        "enddate": visit.discharged_on.isoformat(),
        "invono": submission.invoice_number,
    }
    settlement = submission.settlement.__dict__
    for name, ours in fields.SETTLEMENT_AMOUNTS.items():
        info[name] = _yuan(settlement[ours])
    return {name: value for name, value in info.items() if value is not None}


def _line(line: FeeLine) -> dict[str, Any]:
    whole, thousandths = divmod(line.quantity_milli, 1000)
    written: dict[str, Any] = {
        "feedetl_sn": str(line.line_no),
        "hilist_code": line.code,
        "hilist_name": line.name,
        "med_chrgitm_type": fields.CHARGE_CODES[line.category],
        "chrgitm_lv": fields.LIST_CODES[line.list_class],
        "cnt": f"{whole}.{thousandths:03d}",
        "det_item_fee_sumamt": _yuan(line.amount_fen),
        "fulamt_ownpay_amt": _yuan(line.self_funded_fen),
        "overlmt_amt": _yuan(line.over_limit_fen),
        "preselfpay_amt": _yuan(line.first_pay_fen),
        "inscp_scp_amt": _yuan(line.in_scope_fen),
    }
    if line.days_supply is not None:
        written["prd_days"] = line.days_supply
    return written


def _yuan(fen: int) -> str:
    """As `libs.money.format_yuan` for amounts known to be non-negative, on the path of every line."""
    return f"{fen // 100}.{fen % 100:02d}"
