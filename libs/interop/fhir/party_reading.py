"""Patient, hospital, coverage and encounter of a Bundle → the draft's person and visit."""

from typing import Any

from libs.interop.assembling import Draft
from libs.interop.fhir import systems
from libs.interop.fhir.bill_reading import text
from libs.interop.fhir.resolving import Located, code_in, extension_in, identifier_in
from libs.interop.national import fields
from libs.interop.reading import Problems, date_of
from libs.interop.visit_kinds import VisitKind

# HL7 v3 ActEncounterCode → national medical type, when the sender gives none.
_CLASS_MED_TYPES = {
    "IMP": "21",
    "ACUTE": "21",
    "NONAC": "21",
    "EMER": "13",
    "AMB": "11",
    "OBSENC": "13",
    "SS": "28",
}


def read_patient(patient: Located, draft: Draft) -> None:
    """Name, identity number, sex, birth date, first phone."""
    problems, data, at = draft.problems, patient.data, patient.at
    what = f"the citizen identity number (system {systems.IDENTITY_NUMBER})"
    draft.id_number = required(
        identifier_in(data, systems.IDENTITY_NUMBER), 18, f"{at}.identifier", what, problems
    )
    names = data.get("name") or ()
    chosen = next((one for one in names if one.get("use") == "official"), names[0] if names else {})
    written = chosen.get("text") or chosen.get("family", "") + "".join(chosen.get("given") or ())
    draft.name = required(written, 50, f"{at}.name", "the name", problems)
    sex = data.get("gender")
    draft.sex = "male" if sex == "male" else "female" if sex == "female" else "unknown"
    draft.birth_date = date_of(data.get("birthDate"))
    phones = [
        one
        for one in patient.children("telecom")
        if one.data.get("system") == "phone" and one.data.get("value")
    ]
    if phones:
        draft.phone = phones[0].data["value"]
        if fields.PHONE.match(draft.phone) is None:
            problems.add("wrong_format", f"{phones[0].at}.value", "a phone has 5 to 20 digits")


def read_hospital(hospital: Located, draft: Draft) -> None:
    """The institution's code, level and region."""
    problems, data, at = draft.problems, hospital.data, hospital.at
    what = f"the institution's national code (system {systems.HOSPITAL_ID})"
    draft.hospital_id = required(
        identifier_in(data, systems.HOSPITAL_ID), 40, f"{at}.identifier", what, problems
    )
    if draft.hospital_id and fields.HOSPITAL_ID.match(draft.hospital_id) is None:
        problems.add("wrong_format", f"{at}.identifier", "the institution's code is letters and digits")
    levels = [code_in(one, systems.HOSPITAL_LEVEL) for one in data.get("type") or ()]
    level = next((one for one in levels if one), "11")
    if level not in fields.HOSPITAL_GRADES:
        problems.add("unknown_code", f"{at}.type", "hosp_lv is a code 01 to 11")
    draft.hospital_grade = fields.HOSPITAL_GRADES.get(level, 0)
    draft.hospital_region = _region(problems, hospital, *hospital.children("address"))


def read_coverage(coverage: Located, draft: Draft) -> None:
    """The scheme of basic insurance and the region that insures. Without a type: outside both schemes."""
    draft.insured_region = _region(draft.problems, coverage)
    insurance = code_in(coverage.data.get("type") or {}, systems.INSURANCE_TYPE)
    if insurance is not None and insurance not in fields.SCHEMES:
        draft.problems.add("unknown_code", f"{coverage.at}.type", "insutype must be 310, 390 or 340")
    draft.scheme = fields.SCHEMES.get(insurance or "340", "none")


def read_encounter(encounter: Located, bill: Located, draft: Draft) -> None:
    """The period, the kind of visit and the hospital's own id of it."""
    problems, data, at = draft.problems, encounter.data, encounter.at
    if data["status"] != "finished":
        problems.add("not_discharged", f"{at}.status", "the encounter must be finished")
    period = data.get("period") or {}
    for name in ("start", "end"):
        day = date_of(period.get(name))
        if day is None:
            problems.add("not_a_date", f"{at}.period.{name}", "a day, with a time or without, is required")
        elif name == "start":
            draft.admitted_on = day
        else:
            draft.discharged_on = day
    draft.med_type, draft.kind = _med_type(data, bill, problems)
    encounter_id = identifier_in(data, systems.ENCOUNTER_ID)
    if encounter_id:
        draft.encounter_id = text(encounter_id, 64, f"{at}.identifier", problems)


def _med_type(encounter: dict[str, Any], bill: Located, problems: Problems) -> tuple[str, VisitKind | None]:
    types = encounter.get("type") or []
    kinds = [code_in(one, systems.VISIT_KIND) for one in types]
    kind = next((fields.KINDS.get(one) for one in kinds if one), None)
    stated = [code_in(one, systems.MED_TYPE) for one in (bill.data.get("subType") or {}, *types)]
    med_type = next((one for one in stated if one), None)
    med_type = med_type or _CLASS_MED_TYPES.get(encounter["class"].get("code", ""), "")
    if not med_type:
        problems.add("missing", f"{bill.at}.subType", f"the medical type ({systems.MED_TYPE}) is required")
    elif fields.MED_TYPE.match(med_type) is None:
        problems.add("wrong_format", f"{bill.at}.subType", "med_type has two to eight digits")
    return med_type, kind


def required(value: str | None, max_length: int, at: str, what: str, problems: Problems) -> str:
    """`value` as checked text; notes when it is absent."""
    if not value:
        problems.add("missing", at, f"{what} is required")
        return ""
    return text(value, max_length, at, problems)


def _region(problems: Problems, *elements: Located) -> str:
    """The region of the first element that states one."""
    for element in elements:
        extension = extension_in(element.data, systems.REGION)
        value = (extension or {}).get("valueCode")
        if isinstance(value, str) and fields.REGION.match(value):
            return value
    sentence = f"the six digits of the region (extension {systems.REGION}, valueCode) are required"
    problems.add("missing", f"{elements[0].at}.extension", sentence)
    return ""
