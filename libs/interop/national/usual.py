"""The usual settlement, read at once.

`reader` can tell of every field what is wrong with it, which takes three times as long as seeing that nothing is. Here
only the usual form is known: texts as texts, amounts with two decimals, days without a time, nothing that contradicts
anything else. What is not so, right or wrong, is left to `reader`; what both can read, they read alike.
"""

import re
from collections.abc import Sequence
from datetime import date
from itertools import chain, count
from typing import Any

import msgspec
from msgspec.structs import astuple
from pydantic import ValidationError

from libs.contracts.settlement import FeeLine
from libs.interop.assembling import MAX_STAY_DAYS
from libs.interop.identity_number import age_on
from libs.interop.national import fields
from libs.interop.national.usual_shape import Additions, Bill, Document, Info, Line
from libs.interop.submission import Submission, place_of
from libs.interop.visit_kinds import kind_of

# One match for all amounts of a bill: each has its own in `reader`, and a bill has a hundred.
_AMOUNTS = re.compile(r"(?:[0-9]{1,14}+\.[0-9]{2} )*+")
_QUANTITIES = re.compile(r"(?:[0-9]{1,8}+\.[0-9]{3} )*+")


class _Unusual(Exception):
    """Something in the document is not as usual: perhaps wrong, perhaps only written in another way."""


def read_usual(document: dict[str, Any], received_on: date | None) -> Submission | None:
    """The submission, when the document asks to register one and is as usual; None when `reader` has to say."""
    try:
        stated = msgspec.convert(document, Document)
        return Submission(**_values(document, stated, received_on))
    except (msgspec.ValidationError, ValidationError, _Unusual):
        return None


def _values(document: dict[str, Any], stated: Document, received_on: date | None) -> dict[str, Any]:
    """What nobody checks afterwards is checked here; the models check patterns, the person, and all sums."""
    info, additions = stated.setlinfo, stated.huiji
    diagnoses, procedures = stated.diseinfo, stated.oprninfo
    texts = [info.psn_name, info.mdtrt_id or "", info.invono or "", additions.note or ""]
    texts += [text for one in diagnoses for text in (one.diag_code, one.diag_name)]
    texts += [text for one in procedures for text in (one.oprn_oprt_code, one.oprn_oprt_name)]
    bill = astuple(msgspec.convert(document["setlinfo"], Bill))
    if not "".join(texts).isprintable() or "" in (info.mdtrt_id, additions.note):
        raise _Unusual
    return {
        "submission_id": info.setl_id,
        "encounter_id": info.mdtrt_id,
        "person": {
            "name": info.psn_name,
            "id_number": info.certno,
            "phone": info.tel,
            "sex": fields.SEXES[info.gend],
            "birth_date": info.brdy,
        },
        "visit": _visit(info, additions, received_on),
        "settlement": dict(zip(fields.SETTLEMENT_AMOUNTS.values(), _whole(_AMOUNTS, bill), strict=True)),
        "lines": _lines(stated.feedetail),
        "diagnoses": [
            {"code": one.diag_code, "name": one.diag_name, "main": one.maindiag_flag == "1"}
            for one in diagnoses
        ],
        "procedures": [{"code": one.oprn_oprt_code, "name": one.oprn_oprt_name} for one in procedures],
        "note": additions.note,
        "invoice_number": info.invono,
    }


def _visit(info: Info, additions: Additions, received_on: date | None) -> dict[str, Any]:
    if (info.enddate - info.begndate).days > MAX_STAY_DAYS:
        raise _Unusual
    if received_on is not None and info.enddate > received_on:
        raise _Unusual
    place = place_of(info.insuplc_admdvs, info.fix_blng_admdvs, additions.out_of_town_filed == "1")
    if place != "local" and additions.out_of_town_filed is None:
        raise _Unusual
    kind = additions.visit_kind
    return {
        "hospital_id": info.fixmedins_code,
        "hospital_grade": fields.HOSPITAL_GRADES.get(info.hosp_lv),
        "med_type": info.med_type,
        "kind": kind_of(info.med_type) if kind is None else fields.KINDS.get(kind),
        "admitted_on": info.begndate,
        "discharged_on": info.enddate,
        "scheme": fields.SCHEMES.get(info.insutype),
        "insured_region": info.insuplc_admdvs,
        "hospital_region": info.fix_blng_admdvs,
        "place": place,
        "settled": additions.settled == "1",
        "age_years": age_on(info.brdy, info.begndate),
        "sex": fields.SEXES[info.gend],
        "preauthorisation_id": additions.preauthorisation_id,
    }


def _lines(lines: Sequence[Line]) -> tuple[FeeLine, ...]:
    """Checked column by column; in a line by itself there is nothing left to check then."""
    if not lines:
        return ()
    codes, names, charges, lists, counts, *amounts, days = zip(*map(astuple, lines), strict=True)
    categories = list(map(fields.CHARGE_CATEGORIES.get, charges))
    classes = list(map(fields.LIST_CLASSES.get, lists))
    if None in categories or None in classes or not "".join(codes + names).isprintable():
        raise _Unusual
    fen = _whole(_AMOUNTS, tuple(chain(*amounts)))
    columns = [fen[start : start + len(lines)] for start in range(0, len(fen), len(lines))]
    rows = zip(count(1), codes, names, categories, classes, _whole(_QUANTITIES, counts), days, *columns)
    # Spelt out: putting names and values together line by line took three times as long.
    return FeeLine.of_checked(
        {
            "line_no": number,
            "code": code,
            "name": name,
            "category": category,
            "list_class": list_class,
            "quantity_milli": quantity,
            "days_supply": days_supply,
            "amount_fen": amount,
            "self_funded_fen": self_funded,
            "over_limit_fen": over_limit,
            "first_pay_fen": first_pay,
            "in_scope_fen": in_scope,
        }
        for number, code, name, category, list_class, quantity, days_supply,
            amount, self_funded, over_limit, first_pay, in_scope in rows
    )  # fmt: skip


def _whole(form: re.Pattern[str], numbers: tuple[str, ...]) -> list[int]:
    """The numbers, all of which must have the form, without their points."""
    text = " ".join((*numbers, ""))
    if form.fullmatch(text) is None:
        raise _Unusual
    # Most amounts of a bill are nothing.
    return [0 if digits == "000" else int(digits) for digits in text.replace(".", "").split()]
