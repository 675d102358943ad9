"""What charity looks at in a decision and its reversal, and nothing else: most of a decision is its explanation."""

from datetime import date

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimDenied
from libs.contracts.views import View, Views


class HeardBearing(View, frozen=True):
    """A part of the bill and who bears it."""

    bearer: str
    amount_fen: int


class HeardAdjudicated(View, frozen=True):
    """What is left to whom."""

    person_id: str
    claim_id: str
    decision_id: str
    service_date: date
    bearings: tuple[HeardBearing, ...]


class HeardDenied(HeardAdjudicated, frozen=True):
    """What is left when the plan bears nothing, and why it does not."""

    reason: str


class HeardReversed(View, frozen=True):
    """A decision stands no longer."""

    person_id: str
    claim_id: str
    decision_id: str
    replaced_by: str | None


Adjudicated = ClaimAdjudicated | HeardAdjudicated
Denied = ClaimDenied | HeardDenied
Decided = Adjudicated | Denied
Reversed = AdjudicationReversed | HeardReversed

VIEWS = Views(
    {ClaimAdjudicated: HeardAdjudicated, ClaimDenied: HeardDenied, AdjudicationReversed: HeardReversed}
)
