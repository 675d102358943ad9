"""The last step of every protocol's reader: what must agree across fields, then the submission itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from libs.contracts.one_stop import OneStopAmounts
from libs.contracts.settlement import FeeLine, Scheme, Settlement, Visit
from libs.interop.errors import Refusal, SubmissionInvalid
from libs.interop.identity_number import (
    IdentityNumber,
    IdentityNumberInvalid,
    age_on,
    parse_identity_number,
)
from libs.interop.one_stop import one_stop_faults
from libs.interop.reading import Problems
from libs.interop.submission import Diagnosis, Person, Procedure, Submission, line_differences, place_of
from libs.interop.visit_kinds import VisitKind, kind_of

# Three years, an assumption of ours: longer stays are settled in between, so one of more days is a slip in a date.
MAX_STAY_DAYS = 1_100


@dataclass(frozen=True, slots=True)
class Places:
    """Where, in the protocol's own words, the fields stand that are checked against each other."""

    id_number: str
    birth_date: str
    sex: str
    period: str
    discharge: str
    visit_kind: str
    filing: str
    settlement: str
    lines: str
    line: Callable[[int], str]
    one_stop: str


@dataclass(slots=True)
class Draft:
    """A discharge as read. Fields that could not be read hold stand-ins and have a problem noted.

    `received_on` is the day in Shanghai on which it came in; None where it is only read again.
    """

    places: Places
    problems: Problems
    received_on: date | None = None
    hospital_id: str = ""
    submission_id: str = ""
    encounter_id: str | None = None
    name: str = ""
    id_number: str = ""
    phone: str | None = None
    sex: Literal["male", "female", "unknown"] = "unknown"
    birth_date: date | None = None
    hospital_grade: Literal[0, 1, 2, 3] = 0
    med_type: str = ""
    kind: VisitKind | None = None
    admitted_on: date = date.min
    discharged_on: date = date.min
    scheme: Scheme = "none"
    insured_region: str = ""
    hospital_region: str = ""
    filed: bool | None = None
    settled: bool = True
    preauthorisation_id: str | None = None
    settlement: Settlement | None = None
    lines: list[FeeLine] = field(default_factory=list)
    lines_read: bool = True
    diagnoses: list[Diagnosis] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    note: str | None = None
    invoice_number: str | None = None
    one_stop: OneStopAmounts | None = None

    def submission(self) -> Submission:
        """The checked submission. Raises SubmissionInvalid with every problem of reading and of agreement."""
        number = self._identity_number()
        kind = self._kind()
        self._check_place()
        self._check_period(number)
        self._check_sums()
        if self.problems.reasons or number is None or kind is None or self.settlement is None:
            raise SubmissionInvalid(
                Refusal(
                    tuple(self.problems.reasons),
                    hospital_id=self.hospital_id or None,
                    submission_id=self.submission_id or None,
                    id_number=None if number is None else number.text,
                )
            )
        return Submission(
            submission_id=self.submission_id,
            encounter_id=self.encounter_id,
            person=Person(
                name=self.name,
                id_number=number.text,
                phone=self.phone,
                sex=number.sex,
                birth_date=number.birth_date,
            ),
            visit=self._visit(number, kind),
            settlement=self.settlement,
            lines=tuple(self.lines),
            diagnoses=tuple(self.diagnoses),
            procedures=tuple(self.procedures),
            note=self.note,
            invoice_number=self.invoice_number,
            one_stop=self.one_stop,
        )

    def _visit(self, number: IdentityNumber, kind: VisitKind) -> Visit:
        return Visit(
            hospital_id=self.hospital_id,
            hospital_grade=self.hospital_grade,
            med_type=self.med_type,
            kind=kind,
            admitted_on=self.admitted_on,
            discharged_on=self.discharged_on,
            scheme=self.scheme,
            insured_region=self.insured_region,
            hospital_region=self.hospital_region,
            place=place_of(self.insured_region, self.hospital_region, bool(self.filed)),
            settled=self.settled,
            age_years=age_on(number.birth_date, self.admitted_on),
            sex=number.sex,
            preauthorisation_id=self.preauthorisation_id,
        )

    def _identity_number(self) -> IdentityNumber | None:
        if not self.id_number:
            return None
        try:
            number = parse_identity_number(self.id_number)
        except IdentityNumberInvalid as error:
            self.problems.add(error.code, self.places.id_number, str(error))
            return None
        if self.birth_date not in (None, date.min, number.birth_date):
            self.problems.add(
                "contradiction", self.places.birth_date, "the birth date differs from the identity number's"
            )
        if self.sex not in ("unknown", number.sex):
            self.problems.add("contradiction", self.places.sex, "the sex differs from the identity number's")
        return number

    def _kind(self) -> VisitKind | None:
        kind = self.kind or kind_of(self.med_type)
        if kind is None and self.med_type:
            self.problems.add(
                "missing",
                self.places.visit_kind,
                "the medical type is not in the national core: say which kind of visit it is",
            )
        return kind

    def _check_place(self) -> None:
        known = self.filed is not None or not self.insured_region or not self.hospital_region
        if not known and place_of(self.insured_region, self.hospital_region, False) != "local":
            self.problems.add(
                "missing",
                self.places.filing,
                "the visit is out of town: say whether it was registered with the home bureau",
            )

    def _check_period(self, number: IdentityNumber | None) -> None:
        if date.min in (self.admitted_on, self.discharged_on):
            return
        if self.discharged_on < self.admitted_on:
            self.problems.add("dates_reversed", self.places.period, "the discharge lies before the admission")
        elif (self.discharged_on - self.admitted_on).days > MAX_STAY_DAYS:
            self.problems.add("stay_too_long", self.places.period, f"a stay has at most {MAX_STAY_DAYS} days")
        if self.received_on is not None and self.discharged_on > self.received_on:
            self.problems.add(
                "discharged_in_future",
                self.places.discharge,
                f"the discharge lies after {self.received_on}, the day on which the settlement came in",
            )
        if number is not None and not 0 <= age_on(number.birth_date, self.admitted_on) <= 130:
            self.problems.add(
                "contradiction",
                self.places.period,
                "the admission does not lie within 130 years of the birth",
            )

    def _check_sums(self) -> None:
        if self.settlement is None:
            return
        for sentence in self.settlement.broken_identities():
            self.problems.add("identity_broken", self.places.settlement, sentence)
        if self.lines_read:
            for index, sentence in line_differences(self.settlement, tuple(self.lines)):
                where = self.places.lines if index is None else self.places.line(index)
                self.problems.add("lines_differ", where, sentence)
        if self.one_stop is not None and self.admitted_on != date.min:
            for code, sentence in one_stop_faults(
                self.one_stop, self.settlement, self.admitted_on, self.received_on
            ):
                self.problems.add(code, self.places.one_stop, sentence)
