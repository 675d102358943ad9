"""What payout looks at in a decision, and nothing else: most of a decision is its explanation."""

from datetime import date, datetime

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated
from libs.contracts.views import View, Views


class HeardShare(View, frozen=True):
    """An insurer's part of the decision."""

    insurer: str
    share_bp: int
    amount_fen: int


class HeardOneStop(View, frozen=True):
    """What the insurance centre calls its own settlement."""

    reference: str


class HeardAdjudicated(View, frozen=True):
    """What is to be paid to whom, and who bears it."""

    person_id: str
    claim_id: str
    decision_id: str
    hospital_id: str
    plan_id: str | None
    service_date: date
    plan_pays_fen: int
    decided_at: datetime
    received_at: datetime
    number: int = 1
    supersedes: str | None = None
    cash_benefits_fen: int = 0
    pool_shares: tuple[HeardShare, ...] = ()
    settled_at_desk_fen: int = 0
    one_stop: HeardOneStop | None = None


Adjudicated = ClaimAdjudicated | HeardAdjudicated

VIEWS = Views({ClaimAdjudicated: HeardAdjudicated})


def heard_shares(event: Adjudicated | AdjudicationReversed) -> tuple[HeardShare, ...]:
    """The insurers' parts, of a view or of the whole event."""
    return tuple(
        share
        if isinstance(share, HeardShare)
        else HeardShare(insurer=share.insurer, share_bp=share.share_bp, amount_fen=share.amount_fen)
        for share in event.pool_shares
    )
