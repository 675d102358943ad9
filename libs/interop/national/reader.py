"""National settlement JSON → Submission, every problem with its JSON pointer."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from libs.contracts.settlement import FeeLine, Settlement
from libs.interop.assembling import Draft, Places
from libs.interop.exact_json import decode_object
from libs.interop.national import fields
from libs.interop.one_stop import read_one_stop
from libs.interop.reading import Fields, Problems
from libs.interop.submission import Diagnosis, Procedure, Submission

_PLACES = Places(
    id_number="/setlinfo/certno",
    birth_date="/setlinfo/brdy",
    sex="/setlinfo/gend",
    period="/setlinfo/enddate",
    discharge="/setlinfo/enddate",
    visit_kind="/huiji/visit_kind",
    filing="/huiji/out_of_town_filed",
    settlement="/setlinfo",
    lines="/feedetail",
    line=lambda index: f"/feedetail/{index}",
    one_stop="/huiji/one_stop",
)
# Most amounts of a bill are nothing, in these characters; a bill has a hundred of them.
_NOTHING = "0.00"
_BILL_AMOUNTS = tuple(
    (wire, ours, Fields.amount if wire in fields.REQUIRED_AMOUNTS else Fields.optional_amount)
    for wire, ours in fields.SETTLEMENT_AMOUNTS.items()
)
_LINE_AMOUNTS = tuple(
    (wire, ours, Fields.amount if wire in fields.REQUIRED_LINE_AMOUNTS else Fields.optional_amount)
    for wire, ours in fields.LINE_AMOUNTS.items()
)
_MAX_QUANTITY = Decimal(10) ** 12


def parse_settlement(body: bytes, received_on: date | None = None) -> Submission:
    """The submission in a national settlement JSON. Raises SubmissionInvalid naming everything wrong at once.

    Who takes it in says on which day in Shanghai: nobody can have been discharged after it.
    """
    return read_settlement(decode_object(body), received_on)


def read_settlement(document: dict[str, Any], received_on: date | None) -> Submission:
    """`parse_settlement` for a document whose JSON is decoded."""
    problems = Problems()
    root = Fields(document, "", problems)
    draft = Draft(_PLACES, problems, received_on)
    info = root.object("setlinfo")
    _read_ids_and_person(info, draft)
    _read_visit(info, draft)
    _read_additions(root, draft)
    _read_settlement(info, draft)
    _read_lines(root, draft)
    _read_medical(root, draft)
    return draft.submission()


def _read_ids_and_person(info: Fields, draft: Draft) -> None:
    draft.submission_id = info.text("setl_id", 64, fields.SUBMISSION_ID)
    draft.encounter_id = info.optional_text("mdtrt_id", 64)
    if info.optional_choice("refd_setl_flag", fields.FLAGS):
        info.wrong(
            "refunded",
            "refd_setl_flag",
            "a refunded settlement is a cancellation: send it with huiji.action cancel",
        )
    if info.optional_choice("vali_flag", fields.FLAGS) is False:
        info.wrong("void", "vali_flag", "a void settlement cannot be claimed")
    draft.name = info.text("psn_name", 50)
    info.optional_choice("psn_cert_type", {"01": True})
    draft.id_number = info.text("certno", 18)
    draft.sex = info.optional_choice("gend", fields.SEXES) or "unknown"
    draft.birth_date = info.optional_day("brdy")
    draft.phone = info.optional_text("tel", 20, fields.PHONE)


def _read_visit(info: Fields, draft: Draft) -> None:
    draft.hospital_id = info.text("fixmedins_code", 40, fields.HOSPITAL_ID)
    draft.hospital_grade = info.optional_choice("hosp_lv", fields.HOSPITAL_GRADES) or 0
    draft.hospital_region = info.text("fix_blng_admdvs", 6, fields.REGION)
    draft.insured_region = info.text("insuplc_admdvs", 6, fields.REGION)
    draft.scheme = info.optional_choice("insutype", fields.SCHEMES) or "none"
    draft.med_type = info.text("med_type", 8, fields.MED_TYPE)
    draft.admitted_on = info.day("begndate")
    draft.discharged_on = info.day("enddate")
    draft.invoice_number = info.optional_text("invono", 40)


def _read_additions(root: Fields, draft: Draft) -> None:
    """What the national fields leave to dictionaries of each region, in an object of our own."""
    if root.absent("huiji"):
        return
    additions = root.object("huiji")
    draft.kind = additions.optional_choice("visit_kind", fields.KINDS)
    draft.filed = additions.optional_choice("out_of_town_filed", fields.FLAGS)
    settled = additions.optional_choice("settled", fields.FLAGS)
    draft.settled = True if settled is None else settled
    draft.note = additions.optional_text("note", 2000, breaks=True)
    if not additions.absent("one_stop"):
        draft.one_stop = read_one_stop(additions.object("one_stop"))
    draft.preauthorisation_id = additions.optional_text("preauthorisation_id", 36, fields.PREAUTHORISATION)


def _read_settlement(info: Fields, draft: Draft) -> None:
    before = len(draft.problems.reasons)
    amounts = {
        ours: 0 if info.data.get(name) == _NOTHING else read(info, name) for name, ours, read in _BILL_AMOUNTS
    }
    if len(draft.problems.reasons) == before:
        draft.settlement = Settlement(**amounts)


def _read_lines(root: Fields, draft: Draft) -> None:
    before = len(draft.problems.reasons)
    for number, line in enumerate(root.objects("feedetail"), start=1):
        code = line.text("hilist_code", 40)
        name = line.text("hilist_name", 200)
        category = line.choice("med_chrgitm_type", fields.CHARGE_CATEGORIES)
        list_class = line.choice("chrgitm_lv", fields.LIST_CLASSES)
        quantity = _thousandths(line)
        days_supply = _days(line)
        amounts = {
            ours: 0 if line.data.get(wire) == _NOTHING else read(line, wire)
            for wire, ours, read in _LINE_AMOUNTS
        }
        if len(draft.problems.reasons) == before:
            draft.lines.append(
                FeeLine(
                    line_no=number,
                    code=code,
                    name=name,
                    category=category,
                    list_class=list_class,
                    quantity_milli=quantity,
                    days_supply=days_supply,
                    **amounts,
                )
            )
    draft.lines_read = len(draft.problems.reasons) == before


def _thousandths(line: Fields) -> int:
    """The quantity; the national four decimals are rounded to three, since no amount depends on it."""
    if line.absent("cnt"):
        line.wrong("missing", "cnt", "cnt is required")
        return 0
    value = line.data["cnt"]
    if type(value) is str and len(value) <= 12 and value[-4:-3] == "." and value.isascii():
        digits = value[:-4] + value[-3:]
        if digits.isdigit():
            return int(digits)
    try:
        quantity = Decimal(value) if type(value) in (str, int, Decimal) else Decimal("NaN")
    except InvalidOperation:
        quantity = Decimal("NaN")
    if not quantity.is_finite() or not 0 <= quantity <= _MAX_QUANTITY:
        line.wrong("wrong_type", "cnt", "cnt must be a non-negative number")
        return 0
    return int((quantity * 1000).to_integral_value(ROUND_HALF_UP))


def _days(line: Fields) -> int | None:
    if line.absent("prd_days"):
        return None
    value = line.data["prd_days"]
    text = str(value) if type(value) is int else value
    if type(text) is not str or not (text.isascii() and text.isdigit() and len(text) <= 4):
        line.wrong("wrong_type", "prd_days", "prd_days must be a whole number of days")
        return None
    return int(text)


def _read_medical(root: Fields, draft: Draft) -> None:
    for diagnosis in root.objects("diseinfo"):
        code = diagnosis.text("diag_code", 40)
        name = diagnosis.text("diag_name", 200)
        main = diagnosis.optional_choice("maindiag_flag", fields.FLAGS) or False
        if code:
            draft.diagnoses.append(Diagnosis(code=code, name=name, main=main))
    for operation in root.objects("oprninfo"):
        code = operation.text("oprn_oprt_code", 40)
        name = operation.text("oprn_oprt_name", 200)
        if code:
            draft.procedures.append(Procedure(code=code, name=name))
