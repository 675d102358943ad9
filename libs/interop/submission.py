"""What every protocol turns a discharge into, before any of it is sealed."""

import hashlib
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from libs.contracts.event import Model, written
from libs.contracts.one_stop import OneStopAmounts
from libs.contracts.settlement import FeeLine, Place, Settlement, Visit
from libs.interop.identity_number import IdentityNumberInvalid, age_on, parse_identity_number
from libs.interop.one_stop import one_stop_faults

# Printable ASCII without blanks: ids travel in URLs, headers and file names.
SubmissionId = Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]

_MUNICIPALITIES = frozenset({"11", "12", "31", "50"})


class Person(Model):
    """Whom the bill is about. Everything in it is personal."""

    name: str = Field(min_length=1, max_length=50)
    id_number: str = Field(description="GB 11643 citizen identity number")
    phone: str | None = Field(default=None, pattern=r"^[0-9+ -]{5,20}$")
    sex: Literal["male", "female"]
    birth_date: date

    @model_validator(mode="after")
    def _agrees_with_the_number(self) -> Self:
        try:
            number = parse_identity_number(self.id_number)
        except IdentityNumberInvalid as error:
            raise ValueError(str(error)) from None
        if number.text != self.id_number:
            raise ValueError("the identity number is not in its normal form")
        if (number.birth_date, number.sex) != (self.birth_date, self.sex):
            raise ValueError("birth date or sex differs from the identity number")
        return self


class Diagnosis(Model):
    """A discharge diagnosis; codes are the medical-insurance edition of ICD-10 where the sender has them."""

    code: str = Field(min_length=1, max_length=40)
    name: str = Field(max_length=200)
    main: bool = False


class Procedure(Model):
    """An operation or procedure, in the medical-insurance edition of ICD-9-CM-3 where the sender has it."""

    code: str = Field(min_length=1, max_length=40)
    name: str = Field(max_length=200)


class Submission(Model):
    """One settled bill of one visit, checked: identities hold, lines sum to it, the person is consistent."""

    submission_id: SubmissionId = Field(description="hospital's own id of the settlement (setl_id)")
    encounter_id: str | None = Field(default=None, max_length=64, description="mdtrt_id")
    person: Person
    visit: Visit
    settlement: Settlement
    lines: tuple[FeeLine, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    note: str | None = Field(default=None, max_length=2000)
    invoice_number: str | None = Field(default=None, max_length=40)
    one_stop: OneStopAmounts | None = Field(
        default=None, description="what the insurance centre has settled of the plan itself"
    )

    @property
    def hospital_id(self) -> str:
        """The sending institution's national code (fixmedins_code)."""
        return self.visit.hospital_id

    @property
    def main_diagnosis(self) -> Diagnosis | None:
        """The diagnosis marked as main, else the first."""
        marked = next((diagnosis for diagnosis in self.diagnoses if diagnosis.main), None)
        return marked or (self.diagnoses[0] if self.diagnoses else None)

    def canonical(self) -> bytes:
        """The content without its transport: equal for the same bill by whichever protocol it came.

        Digests of what was filed before there were one-stop amounts and pre-authorised stays must remain: a bill
        without says nothing of them.
        """
        content, visit = dict(vars(self)), dict(vars(self.visit))
        if self.one_stop is None:
            del content["one_stop"]
        if self.visit.preauthorisation_id is None:
            del visit["preauthorisation_id"]
        content["visit"] = visit
        return written(content)

    def digest(self) -> str:
        """SHA-256 of the canonical content, hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        broken = self.settlement.broken_identities() + [
            sentence for _, sentence in line_differences(self.settlement, self.lines)
        ]
        if self.one_stop is not None:
            found = one_stop_faults(self.one_stop, self.settlement, self.visit.admitted_on, None)
            broken += [sentence for _, sentence in found]
        if broken:
            raise ValueError("; ".join(broken))
        if self.visit.discharged_on < self.visit.admitted_on:
            raise ValueError("discharged before admitted")
        if self.visit.sex != self.person.sex:
            raise ValueError("the visit's sex differs from the person's")
        if self.visit.age_years != age_on(self.person.birth_date, self.visit.admitted_on):
            raise ValueError("the visit's age is not the person's age on admission")
        return self


def city_of(region: str) -> str:
    """The prefecture (first four digits), or the whole of a municipality, in which a region lies."""
    return region[:2] if region[:2] in _MUNICIPALITIES else region[:4]


def place_of(insured_region: str, hospital_region: str, filed: bool) -> Place:
    """Local when both regions lie in one city; else out of town, registered with the home bureau or not."""
    if city_of(insured_region) == city_of(hospital_region):
        return "local"
    return "out_of_town_filed" if filed else "out_of_town_unfiled"


def line_differences(settlement: Settlement, lines: tuple[FeeLine, ...]) -> list[tuple[int | None, str]]:
    """What does not add up between the lines and the bill: (index of the line or None, sentence).

    No lines is no difference: a summary settlement carries none.
    """
    if not lines:
        return []
    found: list[tuple[int | None, str]] = []
    amount = self_funded = over_limit = first_pay = in_scope = 0
    for index, line in enumerate(lines):
        buckets = line.self_funded_fen + line.over_limit_fen + line.first_pay_fen + line.in_scope_fen
        if buckets != line.amount_fen:
            found.append((index, f"the four buckets of the line sum to {buckets}, not {line.amount_fen} fen"))
        amount += line.amount_fen
        self_funded += line.self_funded_fen
        over_limit += line.over_limit_fen
        first_pay += line.first_pay_fen
        in_scope += line.in_scope_fen
    for field, itemised, billed in (
        ("medfee_sumamt", amount, settlement.total_fen),
        ("fulamt_ownpay_amt", self_funded, settlement.self_funded_fen),
        ("overlmt_selfpay", over_limit, settlement.over_limit_fen),
        ("preselfpay_amt", first_pay, settlement.first_pay_fen),
        ("inscp_scp_amt", in_scope, settlement.in_scope_fen),
    ):
        if itemised != billed:
            found.append((None, f"{field}: the lines sum to {itemised}, the bill says {billed} fen"))
    return found
