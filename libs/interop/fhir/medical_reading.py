"""Diagnoses and procedures of a bill, from its own elements or the Bundle's Conditions."""

from libs.interop.assembling import Draft
from libs.interop.fhir import systems
from libs.interop.fhir.bill_reading import text
from libs.interop.fhir.resolving import BundleIndex, Json, Located, code_in, coding_in
from libs.interop.reading import Problems
from libs.interop.submission import Diagnosis, Procedure

MAX_DIAGNOSES = 200


def read_medical(index: BundleIndex, bill: Located, encounter: Located | None, draft: Draft) -> None:
    """Fill the draft's diagnoses and procedures, in the order of their sequence."""
    problems = draft.problems
    diagnoses = sorted(bill.children("diagnosis"), key=lambda one: one.data["sequence"])[:MAX_DIAGNOSES]
    for entry in diagnoses:
        main = any(
            code_in(one, systems.DIAGNOSIS_TYPE) == "principal" for one in entry.data.get("type") or ()
        )
        concept = _concept(index, bill, entry, "diagnosis", "Condition", problems)
        if concept is not None:
            _add_diagnosis(concept, main, draft)
    if not diagnoses and encounter is not None:
        for condition in index.of_type("Condition")[:MAX_DIAGNOSES]:
            target = index.resolve(condition.child("encounter"), "Encounter", condition)
            if target is encounter and "code" in condition.data:
                _add_diagnosis(condition.child("code"), False, draft)
    for entry in sorted(bill.children("procedure"), key=lambda one: one.data["sequence"])[:MAX_DIAGNOSES]:
        concept = _concept(index, bill, entry, "procedure", "Procedure", problems)
        coded = concept and _code_and_name(concept, (systems.PROCEDURE,), problems)
        if coded:
            draft.procedures.append(Procedure(code=coded[0], name=coded[1]))


def _concept(
    index: BundleIndex, bill: Located, entry: Located, element: str, kind: str, problems: Problems
) -> Located | None:
    """The CodeableConcept of a diagnosis[x] or procedure[x], inline or of the resource referred to."""
    if f"{element}CodeableConcept" in entry.data:
        return entry.child(f"{element}CodeableConcept")
    reference = entry.child(f"{element}Reference")
    found = index.resolve(reference, kind, bill)
    if found is None or "code" not in found.data:
        problems.add(
            "reference_unresolved", reference.at, f"the Bundle holds no {kind} with a code for this reference"
        )
        return None
    return found.child("code")


def _add_diagnosis(concept: Located, main: bool, draft: Draft) -> None:
    coded = _code_and_name(concept, (systems.DIAGNOSIS, systems.ICD_10), draft.problems)
    if coded:
        draft.diagnoses.append(Diagnosis(code=coded[0], name=coded[1], main=main))


def _code_and_name(
    concept: Located, preferred: tuple[str, ...], problems: Problems
) -> tuple[str, str] | None:
    """Code and name by the preferred system, else by the sender's first coding: better foreign than lost."""
    codings: list[Json] = concept.data.get("coding") or []
    coding = coding_in(concept.data, *preferred) or next((one for one in codings if one.get("code")), None)
    if coding is None:
        problems.add("missing", f"{concept.at}.coding", "a code is required")
        return None
    name = coding.get("display") or concept.data.get("text") or ""
    before = len(problems.reasons)
    text(coding["code"], 40, f"{concept.at}.coding.code", problems)
    text(name, 200, concept.at, problems)
    return (coding["code"], name) if len(problems.reasons) == before else None
