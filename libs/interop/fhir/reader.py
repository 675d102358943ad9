"""FHIR R4 Bundle → Submission, every problem with its FHIRPath."""

from datetime import date

from libs.interop.assembling import Draft, Places
from libs.interop.errors import Refusal, SubmissionInvalid
from libs.interop.exact_json import decode_object
from libs.interop.fhir import systems
from libs.interop.fhir.bill_reading import read_lines, read_settlement, text
from libs.interop.fhir.gate import check_structure
from libs.interop.fhir.medical_reading import read_medical
from libs.interop.fhir.one_stop import one_stop_of, one_stop_place
from libs.interop.fhir.party_reading import (
    read_coverage,
    read_encounter,
    read_hospital,
    read_patient,
    required,
)
from libs.interop.fhir.resolving import BundleIndex, Json, Located, code_in, extension_in, identifier_in
from libs.interop.identity_number import valid_number_or_none
from libs.interop.national import fields
from libs.interop.reading import Problems
from libs.interop.submission import Submission

_BUNDLE_TYPES = frozenset({"transaction", "batch", "message", "collection", "document"})


def parse_bundle(body: bytes, received_on: date | None = None) -> Submission:
    """The submission in a Bundle. Raises SubmissionInvalid: all structural problems, else all others.

    Who takes it in says on which day in Shanghai: nobody can have been discharged after it.
    """
    problems = Problems()
    bundle = open_bundle(body, problems)
    return read_bundle(BundleIndex(bundle), problems, received_on)


def open_bundle(body: bytes, problems: Problems) -> Json:
    """The Bundle in `body`, structurally sound. Raises SubmissionInvalid."""
    bundle = decode_object(body)
    check_structure(bundle, problems)
    _stop_if(problems)
    if bundle["type"] not in _BUNDLE_TYPES:
        problems.add(
            "unknown_code", "Bundle.type", f"the type must be one of {', '.join(sorted(_BUNDLE_TYPES))}"
        )
    return bundle


def read_bundle(index: BundleIndex, problems: Problems, received_on: date | None) -> Submission:
    """The submission in an opened Bundle. Raises SubmissionInvalid."""
    bill, answer = _bill_and_answer(index, problems)
    if bill is None or answer is None:
        raise SubmissionInvalid(_refusal_without_bill(index, problems))
    return _Reading(index, bill, answer, problems, received_on).submission()


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


def _refusal_without_bill(index: BundleIndex, problems: Problems) -> Refusal:
    """The refusal names whom and which hospital it concerns where the Bundle leaves no doubt."""
    patients, hospitals = index.of_type("Patient"), index.of_type("Organization")
    number = identifier_in(patients[0].data, systems.IDENTITY_NUMBER) if len(patients) == 1 else None
    hospital_id = identifier_in(hospitals[0].data, systems.HOSPITAL_ID) if len(hospitals) == 1 else None
    return Refusal(tuple(problems.reasons), hospital_id=hospital_id, id_number=valid_number_or_none(number))


class _Reading:
    """Reads one settlement; each step notes problems and goes on."""

    def __init__(
        self,
        index: BundleIndex,
        bill: Located,
        answer: Located,
        problems: Problems,
        received_on: date | None,
    ) -> None:
        self.index = index
        self.bill = bill
        self.answer = answer
        self.problems = problems
        self.patient = self._resolve(bill.child("patient"), "Patient")
        self.encounter = self._encounter()
        provider = bill.child("provider")
        if not provider.data.keys() & {"reference", "identifier"} and self.encounter is not None:
            provider = self.encounter.child("serviceProvider")
        self.hospital = self._resolve(provider, "Organization")
        insurances = bill.children("insurance")
        focal = next(
            (one for one in insurances if one.data.get("focal")), insurances[0] if insurances else None
        )
        reference = focal.child("coverage") if focal else bill.child("insurance")
        self.coverage = self._resolve(reference, "Coverage")
        self.draft = Draft(self._places(), problems, received_on)
        self.draft.preauthorisation_id = _preauthorisation_in(insurances)

    def submission(self) -> Submission:
        """The submission. Raises SubmissionInvalid."""
        self._read_ids()
        if self.patient is not None:
            read_patient(self.patient, self.draft)
        if self.hospital is not None:
            read_hospital(self.hospital, self.draft)
        if self.coverage is not None:
            read_coverage(self.coverage, self.draft)
        if self.encounter is not None:
            read_encounter(self.encounter, self.bill, self.draft)
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
            discharge=f"{encounter}.period.end",
            visit_kind=f"{encounter}.type",
            filing=f"{self.bill.at}.extension",
            settlement=f"{self.answer.at}.total",
            lines=f"{self.bill.at}.item",
            line=lambda index: f"{self.bill.at}.item[{index}]",
            one_stop=one_stop_place(self.bill),
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

    def _read_ids(self) -> None:
        identifiers = self.bill.data.get("identifier") or ()
        own = identifier_in(self.bill.data, systems.SETTLEMENT_ID)
        value = own or next((one.get("value") for one in identifiers if one.get("value")), None)
        at = f"{self.bill.at}.identifier"
        self.draft.submission_id = required(value, 64, at, "the settlement's own id (setl_id)", self.problems)
        if value and fields.SUBMISSION_ID.match(value) is None:
            self.problems.add("wrong_format", at, "the settlement's id is printable ASCII without blanks")
        if self.bill.data["status"] != "active":
            self.problems.add("void", f"{self.bill.at}.status", "only an active bill can be claimed")
        if self.answer.data["outcome"] == "error":
            self.problems.add("void", f"{self.answer.at}.outcome", "basic insurance refused the bill")
        self.draft.settled = self.answer.data["outcome"] == "complete"
        filed = extension_in(self.bill.data, systems.FILED)
        if filed is not None and isinstance(filed.get("valueBoolean"), bool):
            self.draft.filed = filed["valueBoolean"]
        self.draft.one_stop = one_stop_of(self.bill, self.problems)
        for information in self.bill.children("supportingInfo"):
            kind = code_in(information.data["category"], systems.SUPPORTING_INFO)
            value = information.data.get("valueString") or ""
            at = f"{information.at}.valueString"
            if kind == "invoice-number":
                self.draft.invoice_number = text(value, 40, at, self.problems) or None
            elif kind == "note":
                self.draft.note = text(value, 2000, at, self.problems, breaks=True) or None


def _preauthorisation_in(insurances: list[Located]) -> str | None:
    """Our own reference among those of all payers: `preAuthRef` may hold any payer's."""
    references = [each for insurance in insurances for each in insurance.data.get("preAuthRef") or ()]
    return next((each for each in references if fields.PREAUTHORISATION.fullmatch(each)), None)
