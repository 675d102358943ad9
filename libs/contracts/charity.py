"""What charity publishes: who is referred to which programme with which remaining need."""

from datetime import date, datetime

from pydantic import Field

from libs.contracts.event import ClaimEvent, Fen, PersonEvent


class GroupsNoted(PersonEvent):
    """Charity has learnt to which groups a person belongs while a coverage lasts."""

    coverage_id: str
    groups: tuple[str, ...]
    covered_from: date
    covered_to: date


class ReferralMade(ClaimEvent):
    """After all payers the burden still passes a programme's threshold."""

    referral_id: str
    programme_id: str
    programme_digest: str
    decision_id: str
    year: int = Field(description="calendar year of the service: thresholds and caps are per year")
    remaining_burden_fen: Fen = Field(description="the person's burden this year after this decision")
    threshold_fen: Fen
    aid_suggested_before_fen: Fen = Field(
        description="of this year by all programmes: that need is not referred again"
    )
    suggested_aid_fen: Fen
    referred_at: datetime


class BurdenNoted(ClaimEvent):
    """The person's burden of the year after a decision: what programmes are measured against."""

    decision_id: str
    year: int = Field(description="calendar year of the service")
    claim_burden_fen: Fen = Field(description="what this decision leaves to the patient")
    burden_fen: Fen = Field(
        description="the year's total, this decision in place of an earlier one of its claim"
    )
