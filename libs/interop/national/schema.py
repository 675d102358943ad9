"""The published JSON Schema of the national settlement JSON, from the tables that the reader uses.

`python -m libs.interop.national.schema` rewrites it and the one of cancellations. The schema is for senders:
identities, sums and the check character are beyond it, and the reader checks those too.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from libs.interop.national import fields
from libs.interop.national.cancellation_schema import BASED_ON, cancellation_schema
from libs.interop.one_stop import MAX_LIABILITIES, MODES, PATTERNS
from libs.interop.reading import MAX_ITEMS

PUBLISHED = Path("docs/schemas/national-settlement.json")
PUBLISHED_CANCELLATION = Path("docs/schemas/national-cancellation.json")

Json = dict[str, Any]

_AMOUNT: Json = {
    "description": "yuan, exact: decimal text or JSON number, not negative, at most two decimals",
    "anyOf": [
        {"type": "string", "pattern": r"^\d{1,14}(\.\d{1,2}0*)?$"},
        {"type": "number", "minimum": 0, "exclusiveMaximum": 10**14},
    ],
}
_DAY: Json = {
    "description": "ISO 8601 date or date-time; one with an offset is taken as the day in Shanghai",
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$",
}
_QUANTITY: Json = {
    "description": "not negative; three decimals are kept",
    "anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?$"}, {"type": "number", "minimum": 0}],
}


def national_schema() -> Json:
    """JSON Schema (2020-12) of the whole document. Unknown fields are allowed and ignored."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://huiji.example/schemas/national-settlement.json",
        "title": "National settlement with its fee lines and diagnoses",
        "description": "Fields of the national interfaces 2207 and 2304, plus an object `huiji` of our own.",
        "type": "object",
        "required": ["setlinfo"],
        "properties": {
            "setlinfo": _setlinfo(),
            "feedetail": {"type": "array", "maxItems": MAX_ITEMS, "items": _line()},
            "diseinfo": {"type": "array", "items": _diagnosis()},
            "oprninfo": {"type": "array", "items": _operation()},
            "huiji": _additions(),
        },
    }


def _text(max_length: int, description: str, pattern: str | None = None) -> Json:
    shape: Json = {"type": ["string", "integer"], "maxLength": max_length, "description": description}
    return shape | ({"pattern": "^" + pattern.removesuffix(r"\Z") + "$"} if pattern else {})


def _code(codes: Iterable[str], description: str) -> Json:
    return {"enum": sorted(codes), "description": description}


def _setlinfo() -> Json:
    properties: Json = {
        "setl_id": _text(64, "settlement id, unique in the hospital", fields.SUBMISSION_ID.pattern),
        "mdtrt_id": _text(64, "visit id"),
        "refd_setl_flag": _code(fields.FLAGS, "1 refunded: not accepted"),
        "vali_flag": _code(fields.FLAGS, "0 void: not accepted"),
        "psn_name": _text(50, "name"),
        "psn_cert_type": _code(["01"], "citizen identity card"),
        "certno": _text(18, "GB 11643 citizen identity number, check character included"),
        "gend": _code(fields.SEXES, "1 male, 2 female; must agree with certno"),
        "brdy": _DAY,
        "tel": _text(20, "phone", fields.PHONE.pattern),
        "fixmedins_code": _text(40, "institution's national code", fields.HOSPITAL_ID.pattern),
        "hosp_lv": _code(fields.HOSPITAL_GRADES, "01-04 third grade, 05-07 second, 08-10 first, 11 none"),
        "fix_blng_admdvs": _text(6, "region of the institution", fields.REGION.pattern),
        "insuplc_admdvs": _text(6, "region that insures the person", fields.REGION.pattern),
        "insutype": _code(fields.SCHEMES, "310 employee, 390 resident; absent when outside both"),
        "med_type": _text(8, "medical type: national core or a region's own", fields.MED_TYPE.pattern),
        "begndate": _DAY,
        "enddate": _DAY,
        "invono": _text(40, "invoice number"),
    }
    properties |= dict.fromkeys(fields.SETTLEMENT_AMOUNTS, _AMOUNT)
    required = {
        "setl_id", "psn_name", "certno", "fixmedins_code", "fix_blng_admdvs", "insuplc_admdvs", "med_type",
        "begndate", "enddate",
    }  # fmt: skip
    return {
        "type": "object",
        "required": sorted(required | fields.REQUIRED_AMOUNTS),
        "properties": properties,
    }


def _line() -> Json:
    required = {"hilist_code", "hilist_name", "med_chrgitm_type", "chrgitm_lv", "cnt"}
    return {
        "type": "object",
        "required": sorted(required | fields.REQUIRED_LINE_AMOUNTS),
        "properties": {
            "feedetl_sn": _text(64, "not read: lines are numbered by their order"),
            "hilist_code": _text(40, "national catalogue code"),
            "hilist_name": _text(200, "catalogue name"),
            "med_chrgitm_type": _code(fields.CHARGE_CATEGORIES, "the 14 charge items of the settlement list"),
            "chrgitm_lv": _code(fields.LIST_CLASSES, "01 甲, 02 乙, 03 丙 or outside the catalogue"),
            "cnt": _QUANTITY,
            "prd_days": {"type": ["integer", "string"], "description": "days that a prescription lasts"},
            **dict.fromkeys(fields.LINE_AMOUNTS, _AMOUNT),
        },
    }


def _diagnosis() -> Json:
    return {
        "type": "object",
        "required": ["diag_code", "diag_name"],
        "properties": {
            "diag_code": _text(40, "ICD-10, medical-insurance edition"),
            "diag_name": _text(200, "name"),
            "maindiag_flag": _code(fields.FLAGS, "1 for the main diagnosis; else the first one is"),
        },
    }


def _operation() -> Json:
    return {
        "type": "object",
        "required": ["oprn_oprt_code", "oprn_oprt_name"],
        "properties": {
            "oprn_oprt_code": _text(40, "ICD-9-CM-3, medical-insurance edition"),
            "oprn_oprt_name": _text(200, "name"),
        },
    }


def _additions() -> Json:
    return {
        "type": "object",
        "properties": {
            "visit_kind": _code(fields.KINDS, "required when med_type is a region's own code"),
            "out_of_town_filed": _code(
                fields.FLAGS,
                "required when the two regions lie in different cities: 1 filed with the home bureau",
            ),
            "settled": _code(fields.FLAGS, "0 when basic insurance has not settled the bill; 1 when absent"),
            "note": {"type": "string", "maxLength": 2000},
            "one_stop": _one_stop(),
            "preauthorisation_id": {
                "type": "string",
                "pattern": fields.PREAUTHORISATION.pattern,
                "description": "the answer's id, when the hospital asked before the stay",
            },
            "action": _code(
                ("register", "correct"),
                "correct replaces the settlement of this setl_id; register when absent",
            ),
            "based_on_revision": BASED_ON,
        },
    }


def _one_stop() -> Json:
    """The field names of a provincial feed."""
    liability: Json = {
        "type": "object",
        "required": ["code", "settClaPay"],
        "properties": {
            "code": _text(
                40, "the centre's code (SBNYL, SBWYL) or the plan's liability", PATTERNS["code"].pattern
            ),
            "dedcStd": _AMOUNT,
            "settClaPay": _AMOUNT,
        },
    }
    return {
        "type": "object",
        "description": "what the insurance centre has computed and settled of the plan before (一站式, 中心零报)",
        "required": ["plan_id", "apply_claim_mode", "reference", "settClaSumamt", "setl_time"],
        "properties": {
            "plan_id": _text(64, "the plan that it settled", PATTERNS["plan_id"].pattern),
            "apply_claim_mode": _code(MODES, "3 at the hospital's desk; 4, 5, 6 by the centre itself"),
            "reference": _text(64, "the centre's own id of it; not personal", PATTERNS["reference"].pattern),
            "settClaSumamt": _AMOUNT,
            "setl_time": {
                "type": "string",
                "description": "ISO 8601; without an offset the time in Shanghai",
            },
            "liabilities": {"type": "array", "maxItems": MAX_LIABILITIES, "items": liability},
        },
    }


def main() -> None:
    """Rewrite the published schemas."""
    PUBLISHED.parent.mkdir(parents=True, exist_ok=True)
    for path, schema in ((PUBLISHED, national_schema()), (PUBLISHED_CANCELLATION, cancellation_schema())):
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
