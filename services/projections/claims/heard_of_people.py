"""What the claim read model looks at in events about what people do: reviews, rulings, appeals, paying again."""

from datetime import datetime

from services.projections.claims.heard_of_claims import Heard


class ReviewOpened(Heard, frozen=True):
    """Somebody has to look at the claim."""

    review_id: str
    opened_at: datetime
    due_at: datetime


class ReviewConcluded(Heard, frozen=True):
    """Somebody has."""

    review_id: str
    concluded_at: datetime


class RulingProposed(Heard, frozen=True):
    """A person has ruled; perhaps a second has to agree."""

    ruling_id: str
    needs_second: bool
    proposed_at: datetime


class RulingApproved(Heard, frozen=True):
    """It is in force."""

    ruling_id: str
    approved_at: datetime


class RulingRejected(Heard, frozen=True):
    """It is not."""

    ruling_id: str
    rejected_at: datetime


class AppealOpened(Heard, frozen=True):
    """The decision is disputed."""

    appeal_id: str
    opened_at: datetime
    due_at: datetime


class AppealConcluded(Heard, frozen=True):
    """The dispute is over."""

    appeal_id: str
    concluded_at: datetime


class PayAgainProposed(Heard, frozen=True):
    """To another account, when a second person agrees."""

    payment_id: str
    proposed_at: datetime


class PayAgainApproved(Heard, frozen=True):
    """The second person has."""

    payment_id: str
    approved_at: datetime
