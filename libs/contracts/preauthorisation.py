"""What adjudication publishes of planned stays: what a hospital asked for, what was answered, what became of it.

A granted request reserves limits of the person, plan and benefit year. Nothing is ever paid on it: money follows from
the claim that the stay becomes.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from libs.contracts.adjudication import LiabilityOutcome
from libs.contracts.event import Fen, Model, PersonEvent
from libs.contracts.settlement import FeeLine, Settlement, Visit

AskedBy = Annotated[
    str | None,
    Field(description="id of the hospital's caller, as proved at intake; None: nobody had to prove it"),
]


class PreauthorisationEvent(PersonEvent):
    """An event about one planned stay."""

    preauthorisation_id: str = Field(
        description="derived from the hospital and its own reference: asking twice is asking once"
    )

    def subject(self) -> str:
        return f"preauthorisation-{self.preauthorisation_id}"


class PreauthorisationRequested(PreauthorisationEvent):
    """A hospital has asked before the treatment. The bill is its estimate, the days are planned."""

    hospital_id: str
    reference: str = Field(max_length=64, description="the hospital's own name for the request")
    main_diagnosis_chapter: str | None = Field(default=None, description="ICD-10 chapter, never the code")
    visit: Visit
    settlement: Settlement
    lines: tuple[FeeLine, ...] = ()
    requested_at: datetime
    expires_at: datetime = Field(description="until when the stay may become a claim")
    asked_by: AskedBy = None


class PreauthorisationAnswer(PreauthorisationEvent):
    """What every answer states. A later answer takes the place of an earlier one when what it rests on changes."""

    number: int = Field(ge=1, description="the request's first, second, ... answer")
    answered_at: datetime


class PreauthorisationGranted(PreauthorisationAnswer):
    """What the plan would pay is reserved: later stays of the year see the caps reduced by it."""

    extent: Literal["granted", "partly"] = Field(
        description="partly: limits that are used or reserved already leave less than the plan's terms would give"
    )
    coverage_id: str
    plan_id: str
    plan_digest: str
    engine_digest: str
    benefit_year: str
    inputs_digest: str = Field(description="SHA-256 of the evaluated case, as in decisions")
    plan_pays_fen: Fen
    cash_benefits_fen: Fen
    patient_bears_fen: Fen
    without_limits_fen: Fen = Field(
        description="what the plan would pay, cash with it, had the year used up nothing of its caps"
    )
    liabilities: tuple[LiabilityOutcome, ...]
    usage_reserved: dict[str, JsonValue] = Field(
        description="what the stay would take of the year's balances: caps are reserved, the deductible is announced"
    )


class PreauthorisationRefused(PreauthorisationAnswer):
    """The plan would pay nothing. Looked at again when what it rests on changes, until the request expires."""

    reason: Literal["limits_used", "below_deductible", "nothing_payable"]
    coverage_id: str
    plan_id: str
    plan_digest: str
    benefit_year: str
    patient_bears_fen: Fen


class StayWaits(Model):
    """What a request waits for, and who has to provide it."""

    code: Literal["coverage_unknown", "plan_unknown", "not_evaluable"]
    owner: Literal["enrolment", "operator", "hospital"]
    since: datetime
    due_at: datetime = Field(description="when the request expires, whoever has provided what")


class PreauthorisationPended(PreauthorisationAnswer):
    """It cannot be answered yet; each reason names its owner. Nothing is reserved meanwhile."""

    reasons: tuple[StayWaits, ...]


class ReservationReleased(PreauthorisationEvent):
    """The stay will not be, or not as asked: what was reserved is free again."""

    reason: Literal["stay_cancelled", "asked_anew", "entered_in_error"]
    released_at: datetime
    asked_by: AskedBy = None


class ReservationExpired(PreauthorisationEvent):
    """The stay has not become a claim in its time. Recorded, so that a replay needs no clock."""

    expires_at: datetime
    expired_at: datetime


class ReservationConverted(PreauthorisationEvent):
    """The stay has become a claim that is decided: its own balances count from now on."""

    claim_id: str
    converted_at: datetime
