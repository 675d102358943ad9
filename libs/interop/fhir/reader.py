"""FHIR R4 Bundle → Submission, every problem with its FHIRPath."""

from typing import Any

from libs.interop.assembling import Draft, Places
from libs.interop.errors import Refusal, SubmissionInvalid
from libs.interop.exact_json import decode_object
from libs.interop.fhir import systems
from libs.interop.fhir.bill_reading import read_lines, read_settlement, text
from libs.interop.fhir.gate import check_structure
from libs.interop.fhir.medical_reading import read_medical
from libs.interop.fhir.resolving import BundleIndex, Located, code_in, extension_in, identifier_in
from libs.interop.national import fields
from libs.interop.reading import Problems, date_of
from libs.interop.submission import Submission
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
_SEXES = {"male": "male", "female": "female"}
_BUNDLE_TYPES = frozenset({"transaction", "batch", "message", "collection", "document"})


def parse_bundle(body: bytes) -> Submission:
    """The submission in a Bundle. Raises SubmissionInvalid: all structural problems, else all others."""
    problems = Problems()
    bundle = decode_object(body)
    check_structure(bundle, problems)
    _stop_if(problems)
    if bundle["type"] not in _BUNDLE_TYPES:
        problems.add(
            "unknown_code", "Bundle.type", f"the type must be one of {', '.join(sorted(_BUNDLE_TYPES))}"
        )
    index = BundleIndex(bundle)
    bill, answer = _bill_and_answer(index, problems)
    if bill is None or answer is None:
        raise SubmissionInvalid(Refusal(tuple(problems.reasons)))
    return _Reading(index, bill, answer, problems).submission()


def _stop_if(problems: Problems) -> None:
    if problems.reasons:
        raise SubmissionInvalid(Refusal(tuple(problems.reasons)))


def _bill_and_answer(index: BundleIndex, problems: Problems) -> tuple[Located | None, Located | None]:
    """The one bill and basic insurance's answer to it; an ExplanationOfBenefit alone can be both."""
    claims = [claim for claim in index.of_type("Claim") if claim.data["use"] == "claim"]
    answers = index.of_type("ClaimResponse") + index.of_type("ExplanationOfBenefit")
    answers = [answer for answer in answers if answer.data["use"] == "claim"]
    if len(claims) > 1 or len(answers) > 1:
        problems.add(
            "several_settlements", "Bundle.entry", "a Bundle carries one settlement: send one for each"
        )
        return None, None
    answer = answers[0] if answers else None
    bill = claims[0] if claims else answer
    if answer is None or bill is None or bill.data["resourceType"] == "ClaimResponse":
        missing = []
        if bill is None or bill.data["resourceType"] == "ClaimResponse":
            missing.append("no Claim with the bill")
        if answer is None:
            missing.append("no ClaimResponse or ExplanationOfBenefit with what basic insurance paid")
        problems.add(
            "settlement_missing",
            "Bundle.entry",
            f"the Bundle holds {' and '.join(missing)}: a discharge becomes a claim only with its settlement",
        )
        return None, None
    return bill, answer


class _Reading:
    """Reads one settlement; each step notes problems and goes on."""

    def __init__(self, index: BundleIndex, bill: Located, answer: Located, problems: Problems) -> None:
        self.index = index
        self.bill = bill
        self.answer = answer
        self.problems = problems
        self.patient = self._resolve(bill.child("patient"), "Patient")
        self.encounter = self._encounter()
        provider = bill.child("provider")
        if not provider.data.get("reference") and self.encounter is not None:
            provider = self.encounter.child("serviceProvider")
        self.hospital = self._resolve(provider, "Organization")
        insurances = bill.children("insurance")
        focal = next(
            (one for one in insurances if one.data.get("focal")), insurances[0] if insurances else None
        )
        reference = focal.child("coverage") if focal else bill.child("insurance")
        self.coverage = self._resolve(reference, "Coverage")
        self.draft = Draft(self._places(), problems)

    def submission(self) -> Submission:
        """The submission. Raises SubmissionInvalid."""
        self._read_ids()
        self._read_person()
        self._read_hospital_and_coverage()
        self._read_encounter()
        read_settlement(self.bill, self.answer, self.draft)
        read_lines(self.bill, self.answer, self.draft)
        read_medical(self.index, self.bill, self.encounter, self.draft)
        return self.draft.submission()

    def _places(self) -> Places:
        patient = self.patient.at if self.patient else f"{self.bill.at}.patient"
        encounter = self.encounter.at if self.encounter else "Bundle.entry"
        return Places(
            id_number=f"{patient}.identifier",
            birth_date=f"{patient}.birthDate",
            sex=f"{patient}.gender",
            period=f"{encounter}.period",
            visit_kind=f"{encounter}.type",
            filing=f"{self.bill.at}.extension",
            settlement=f"{self.answer.at}.total",
            lines=f"{self.bill.at}.item",
            line=lambda index: f"{self.bill.at}.item[{index}]",
        )

    def _resolve(self, reference: Located, kind: str) -> Located | None:
        found = self.index.resolve(reference, kind, self.bill)
        if found is None:
            self.problems.add(
                "reference_unresolved", reference.at, f"the Bundle holds no {kind} for this reference"
            )
        return found

    def _encounter(self) -> Located | None:
        """The encounter that an item names, else the only one of the Bundle."""
        for item in self.bill.children("item"):
            references = item.children("encounter")
            if references:
                return self._resolve(references[0], "Encounter")
        encounters = self.index.of_type("Encounter")
        if len(encounters) == 1:
            return encounters[0]
        sentence = (
            "several Encounters: name one in item.encounter" if encounters else "an Encounter is required"
        )
        self.problems.add("missing", "Bundle.entry", sentence)
        return None

    def _text(self, value: str | None, max_length: int, at: str, what: str) -> str:
        if not value:
            self.problems.add("missing", at, f"{what} is required")
            return ""
        return text(value, max_length, at, self.problems)

    def _read_ids(self) -> None:
        identifiers = self.bill.data.get("identifier") or ()
        own = identifier_in(self.bill.data, systems.SETTLEMENT_ID)
        value = own or next((one.get("value") for one in identifiers if one.get("value")), None)
        at = f"{self.bill.at}.identifier"
        self.draft.submission_id = self._text(value, 64, at, "the settlement's own id (setl_id)")
        if value and fields.SUBMISSION_ID.match(value) is None:
            self.problems.add("wrong_format", at, "the settlement's id is printable ASCII without blanks")
        if self.bill.data["status"] in ("cancelled", "entered-in-error", "draft"):
            self.problems.add("void", f"{self.bill.at}.status", "only an active bill can be claimed")
        if self.answer.data["outcome"] == "error":
            self.problems.add("void", f"{self.answer.at}.outcome", "basic insurance refused the bill")
        self.draft.settled = self.answer.data["outcome"] == "complete"
        filed = extension_in(self.bill.data, systems.FILED)
        if filed is not None and isinstance(filed.get("valueBoolean"), bool):
            self.draft.filed = filed["valueBoolean"]
        for information in self.bill.children("supportingInfo"):
            kind = code_in(information.data["category"], systems.SUPPORTING_INFO)
            value = information.data.get("valueString") or ""
            at = f"{information.at}.valueString"
            if kind == "invoice-number":
                self.draft.invoice_number = text(value, 40, at, self.problems) or None
            elif kind == "note":
                self.draft.note = text(value, 2000, at, self.problems, breaks=True) or None

    def _read_person(self) -> None:
        if self.patient is None:
            return
        patient, at = self.patient.data, self.patient.at
        number = identifier_in(patient, systems.IDENTITY_NUMBER)
        self.draft.id_number = self._text(
            number, 18, f"{at}.identifier", f"the citizen identity number (system {systems.IDENTITY_NUMBER})"
        )
        names = patient.get("name") or ()
        chosen = next((one for one in names if one.get("use") == "official"), names[0] if names else {})
        written = chosen.get("text") or chosen.get("family", "") + "".join(chosen.get("given") or ())
        self.draft.name = self._text(written, 50, f"{at}.name", "the name")
        sex = patient.get("gender")
        self.draft.sex = "male" if sex == "male" else "female" if sex == "female" else "unknown"
        self.draft.birth_date = date_of(patient.get("birthDate"))
        for contact in self.patient.children("telecom"):
            value = contact.data.get("value") or ""
            if contact.data.get("system") == "phone" and value and self.draft.phone is None:
                if fields.PHONE.match(value) is None:
                    self.problems.add("wrong_format", f"{contact.at}.value", "a phone has 5 to 20 digits")
                self.draft.phone = value

    def _read_hospital_and_coverage(self) -> None:
        draft = self.draft
        if self.hospital is not None:
            organization, at = self.hospital.data, self.hospital.at
            what = f"the institution's national code (system {systems.HOSPITAL_ID})"
            draft.hospital_id = self._text(
                identifier_in(organization, systems.HOSPITAL_ID), 40, f"{at}.identifier", what
            )
            if draft.hospital_id and fields.HOSPITAL_ID.match(draft.hospital_id) is None:
                self.problems.add(
                    "wrong_format", f"{at}.identifier", "the institution's code is letters and digits"
                )
            levels = [code_in(one, systems.HOSPITAL_LEVEL) for one in organization.get("type") or ()]
            level = next((one for one in levels if one), "11")
            if level not in fields.HOSPITAL_GRADES:
                self.problems.add("unknown_code", f"{at}.type", "hosp_lv is a code 01 to 11")
            draft.hospital_grade = fields.HOSPITAL_GRADES.get(level, 0)
            addresses = self.hospital.children("address")
            draft.hospital_region = self._region(self.hospital, *addresses)
        if self.coverage is not None:
            draft.insured_region = self._region(self.coverage)
            insurance = code_in(self.coverage.data.get("type") or {}, systems.INSURANCE_TYPE)
            if insurance is not None and insurance not in fields.SCHEMES:
                self.problems.add(
                    "unknown_code", f"{self.coverage.at}.type", "insutype must be 310, 390 or 340"
                )
            draft.scheme = fields.SCHEMES.get(insurance or "340", "none")

    def _region(self, *elements: Located) -> str:
        for element in elements:
            extension = extension_in(element.data, systems.REGION)
            value = (extension or {}).get("valueCode")
            if isinstance(value, str) and fields.REGION.match(value):
                return value
        self.problems.add(
            "missing",
            f"{elements[0].at}.extension",
            f"the six digits of the region (extension {systems.REGION}, valueCode) are required",
        )
        return ""

    def _read_encounter(self) -> None:
        if self.encounter is None:
            return
        encounter, at, draft = self.encounter.data, self.encounter.at, self.draft
        if encounter["status"] != "finished":
            self.problems.add("not_discharged", f"{at}.status", "the encounter must be finished")
        period = encounter.get("period") or {}
        for name in ("start", "end"):
            day = date_of(period.get(name))
            if day is None:
                self.problems.add(
                    "not_a_date", f"{at}.period.{name}", "a day, with a time or without, is required"
                )
            elif name == "start":
                draft.admitted_on = day
            else:
                draft.discharged_on = day
        draft.med_type, draft.kind = self._med_type(encounter)
        if draft.med_type and fields.MED_TYPE.match(draft.med_type) is None:
            self.problems.add("wrong_format", f"{self.bill.at}.subType", "med_type has two to eight digits")
        encounter_id = identifier_in(encounter, systems.ENCOUNTER_ID)
        if encounter_id:
            draft.encounter_id = text(encounter_id, 64, f"{at}.identifier", self.problems)

    def _med_type(self, encounter: dict[str, Any]) -> tuple[str, VisitKind | None]:
        types = encounter.get("type") or []
        kinds = [code_in(one, systems.VISIT_KIND) for one in types]
        kind = next((fields.KINDS.get(one) for one in kinds if one), None)
        stated = [code_in(one, systems.MED_TYPE) for one in (self.bill.data.get("subType") or {}, *types)]
        med_type = next((one for one in stated if one), None)
        med_type = med_type or _CLASS_MED_TYPES.get(encounter["class"].get("code", ""), "")
        if not med_type:
            self.problems.add(
                "missing", f"{self.bill.at}.subType", f"the medical type ({systems.MED_TYPE}) is required"
            )
        return med_type, kind
