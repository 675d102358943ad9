"""What charity publishes: who is referred to which programme with which remaining need, and when that changes."""

from datetime import date, datetime
from typing import Literal

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


class BurdenWithdrawn(ClaimEvent):
    """A claim leaves no burden in this year any more: it was withdrawn, or its service was in another year."""

    decision_id: str = Field(description="the decision that noted the burden last")
    year: int
    burden_fen: Fen = Field(description="the year's total without the claim")


class ReferralRevised(ClaimEvent):
    """The burden fell: less aid is suggested than the referral asked for. The claim is the referral's."""

    referral_id: str
    programme_id: str
    decision_id: str = Field(description="the decision, standing or reversed, by which the burden fell")
    year: int
    remaining_burden_fen: Fen = Field(description="the person's burden of the year now")
    suggested_aid_before_fen: Fen
    suggested_aid_fen: Fen
    revised_at: datetime


class ReferralWithdrawn(ClaimEvent):
    """The burden fell so far that the referral asks for nothing any more. The claim is the referral's."""

    referral_id: str
    programme_id: str
    decision_id: str = Field(description="the decision, standing or reversed, by which the burden fell")
    year: int
    remaining_burden_fen: Fen = Field(description="the person's burden of the year now")
    suggested_aid_before_fen: Fen
    reason: Literal["burden_fell", "claim_withdrawn"]
    withdrawn_at: datetime
