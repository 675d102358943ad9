"""What charity publishes: who is referred to which programme with which remaining need."""

from datetime import datetime

from pydantic import Field

from libs.contracts.event import ClaimEvent, Fen


class ReferralMade(ClaimEvent):
    """After all payers the burden still passes a programme's threshold."""

    referral_id: str
    programme_id: str
    programme_digest: str
    decision_id: str
    remaining_burden_fen: Fen = Field(description="the person's burden this year after this decision")
    threshold_fen: Fen
    suggested_aid_fen: Fen
    referred_at: datetime


class BurdenNoted(ClaimEvent):
    """The person's burden of the year after a decision: what programmes are measured against."""

    decision_id: str
    year: int
    burden_fen: Fen
