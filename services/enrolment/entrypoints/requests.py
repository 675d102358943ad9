"""What enrolment is asked, as models. Sentences about faults name fields and rules, never values."""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from libs.benefits.case import Bucket, Visit
from libs.benefits.status import History
from libs.contracts.settlement import Scheme
from libs.interop.identity_number import parse_identity_number
from libs.privacy import Pseudonymiser
from libs.privacy.redaction import redact_numbers
from services.enrolment.domain.state import PremiumPayer, Terms

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_PERIOD_DAYS = 3_660

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def _printable(text: str) -> str:
    if _CONTROL.search(text) or not text.strip():
        raise ValueError("the text is blank or holds control characters")
    return text


def _identity_number(text: str) -> str:
    return parse_identity_number(text).text


def _without_numbers(text: str) -> str:
    if redact_numbers(text) != text:
        raise ValueError("it must not hold an identity, card or telephone number")
    return text


PlanTerm = Annotated[str, Field(pattern=r"^[\w-]{1,40}$"), AfterValidator(_without_numbers)]
Printable = Annotated[str, AfterValidator(_printable)]
IdentityNumber = Annotated[str, Field(max_length=18), AfterValidator(_identity_number)]
ActorId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:@-]{1,80}$"), AfterValidator(_without_numbers)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PersonRequest(_Request):
    """Whom to cover and where benefits are paid to. Everything in it is personal."""

    name: Annotated[Printable, Field(min_length=1, max_length=50)]
    id_number: IdentityNumber
    phone: str | None = Field(default=None, pattern=r"^[0-9+ -]{5,20}$")
    account: str | None = Field(default=None, pattern=r"^[0-9A-Za-z ]{4,40}$")
    account_bank: Annotated[Printable, Field(max_length=100)] | None = None


class RegistrationEvidence(_Request):
    """A benefit a person was registered for; `last` is absent while it goes on."""

    benefit: Code
    first: date
    last: date | None = None


class SpendingEvidence(_Request):
    """Cost of one bucket on one day, in fen."""

    day: date
    bucket: Bucket
    visit: Visit
    amount_fen: int = Field(ge=0, le=10**12)


class SickLeaveEvidence(_Request):
    """Days of absence that began on a day."""

    first: date
    days: int = Field(ge=1, le=3_660)


class DiagnosisEvidence(_Request):
    """A disease in the plan's terms and the day it was diagnosed."""

    disease: Code
    day: date


class EvidenceRequest(_Request):
    """What the plan's rule on pre-existing conditions looks at. Used once and kept nowhere."""

    enrolled_on: date
    joined_healthy: bool = False
    registrations: tuple[RegistrationEvidence, ...] = Field(default=(), max_length=200)
    spending: tuple[SpendingEvidence, ...] = Field(default=(), max_length=2_000)
    sick_leaves: tuple[SickLeaveEvidence, ...] = Field(default=(), max_length=500)
    diagnoses: tuple[DiagnosisEvidence, ...] = Field(default=(), max_length=500)


class CoverageRequest(_Request):
    """One coverage. Days are inclusive, the premium is in fen."""

    person: PersonRequest
    plan_id: Code
    tier: Code | None = None
    covered_from: date
    covered_to: date
    scheme: Scheme
    pre_existing: bool = False
    pre_existing_reason: PlanTerm | None = Field(
        default=None,
        description="the plan's own word for the class of conditions, never the person's illness",
    )
    pre_existing_classes: tuple[Code, ...] = Field(default=(), max_length=20)
    evidence: EvidenceRequest | None = Field(
        default=None, description="instead of a stated status: the plan's own rule determines it"
    )
    groups: tuple[Code, ...] = Field(default=(), max_length=20)
    continuous_years: int = Field(default=1, ge=1, le=100)
    claim_free_years: int = Field(default=0, ge=0, le=100)
    premium_fen: int = Field(ge=0, le=10**9)
    premium_payer: PremiumPayer

    @model_validator(mode="after")
    def _period_is_one(self) -> Self:
        if not 0 <= (self.covered_to - self.covered_from).days <= _LONGEST_PERIOD_DAYS:
            raise ValueError(f"covered_to is not within {_LONGEST_PERIOD_DAYS} days from covered_from on")
        stated = {"pre_existing", "pre_existing_reason", "pre_existing_classes"} & self.model_fields_set
        if self.evidence is not None and stated:
            raise ValueError("give either evidence or the status itself")
        return self

    def history(self) -> History:
        """The evidence in the words of the plan language. Only for a request that has evidence."""
        assert self.evidence is not None
        return History(
            **self.evidence.model_dump(),
            cover_start=self.covered_from,
            tier=self.tier,
            continuous_years=self.continuous_years,
        )

    def terms(self) -> Terms:
        """What is asked, without the person."""
        return Terms(
            plan_id=self.plan_id,
            tier=self.tier,
            covered_from=self.covered_from,
            covered_to=self.covered_to,
            scheme=self.scheme,
            # A class is a kind of pre-existing condition.
            pre_existing=self.pre_existing or bool(self.pre_existing_classes),
            pre_existing_reason=self.pre_existing_reason,
            groups=tuple(sorted(set(self.groups))),
            continuous_years=self.continuous_years,
            claim_free_years=self.claim_free_years,
            premium_fen=self.premium_fen,
            premium_payer=self.premium_payer,
            pre_existing_classes=tuple(sorted(set(self.pre_existing_classes))),
        )


class LapseRequest(_Request):
    """End a coverage; `lapsed_on` is the last day covered."""

    lapsed_on: date
    reason: Literal["premium_unpaid", "withdrawn", "died", "moved_away", "enrolled_in_error"]


class PersonNamed(_Request):
    """A person, named by one of the two."""

    id_number: IdentityNumber | None = None
    person_id: str | None = Field(default=None, pattern=r"^p_[0-9a-f]{32}$")

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.id_number is None) == (self.person_id is None):
            raise ValueError("give either id_number or person_id")
        return self

    def pseudonym(self, pseudonymiser: Pseudonymiser) -> str:
        """Who is meant."""
        if self.id_number is not None:
            return pseudonymiser.person_id(self.id_number)
        assert self.person_id is not None, "the request names one of the two"
        return self.person_id


class EraseRequest(PersonNamed):
    """Forget a person."""

    requested_by: ActorId


def faults_of(error: ValidationError) -> list[dict[str, str]]:
    """Every fault as JSON pointer, code and sentence; names of unknown fields are kept out, they may be anything."""
    return [_fault(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors(include_input=False)]


def _fault(location: tuple[Any, ...], code: str, sentence: str) -> dict[str, str]:
    if code == "extra_forbidden":
        location, sentence = location[:-1], "there is a field that is not known"
    if code == "json_invalid":
        location, sentence = (), "the body is not JSON in UTF-8"
    pointer = "".join(f"/{part}" for part in location)
    return {"pointer": pointer, "code": code, "sentence": sentence}
