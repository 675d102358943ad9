"""What each event says about something that waits for a person: opened, or done with. Pure.

Money that came back and what the insurance centre settled otherwise wait, too: those are seen in parts of their own
(the view `operator_todo`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.projections.claims.heard_of_claims import (
    ClaimPended,
    Heard,
)
from services.projections.claims.heard_of_people import (
    AppealConcluded,
    AppealOpened,
    PayAgainApproved,
    PayAgainProposed,
    ReviewConcluded,
    ReviewOpened,
    RulingApproved,
    RulingProposed,
    RulingRejected,
)


@dataclass(frozen=True, slots=True)
class Part:
    """Columns of one row of a table of parts, its key among them."""

    table: str
    key: str
    columns: Mapping[str, Any]


def waiting_of(event: Heard) -> Sequence[Part]:
    """What waits from now on or has ended; a reason to pend ends with the claim's `pending`, not here."""
    if isinstance(event, ClaimPended):
        return [
            _opened(f"pended/{event.claim_id}/{reason.code}", "pended", reason.owner, reason.code,
                    reason.since or event.pended_at, reason.due_at or event.due_at)
            for reason in event.reasons
        ]  # fmt: skip
    part = _of_people(event)
    return () if part is None else (part,)


def _of_people(event: Heard) -> Part | None:
    match event:
        case ReviewOpened(review_id=review_id):
            return _opened(
                f"review/{review_id}", "review", "operator", review_id, event.opened_at, event.due_at
            )
        case ReviewConcluded():
            return _ended(f"review/{event.review_id}", event.concluded_at)
        case RulingProposed(ruling_id=ruling_id, needs_second=True):
            return _opened(f"ruling/{ruling_id}", "second_person", "staff", ruling_id, event.proposed_at)
        case RulingApproved():
            return _ended(f"ruling/{event.ruling_id}", event.approved_at)
        case RulingRejected():
            return _ended(f"ruling/{event.ruling_id}", event.rejected_at)
        case AppealOpened(appeal_id=appeal_id):
            return _opened(f"appeal/{appeal_id}", "appeal", "staff", appeal_id, event.opened_at, event.due_at)
        case AppealConcluded():
            return _ended(f"appeal/{event.appeal_id}", event.concluded_at)
        case PayAgainProposed(payment_id=payment_id):
            return _opened(f"again/{payment_id}", "second_person", "approver", payment_id, event.proposed_at)
        case PayAgainApproved():
            return _ended(f"again/{event.payment_id}", event.approved_at)
        case _:
            return None


def _opened(
    key: str, kind: str, owner: str, what: str, since: datetime, due_at: datetime | None = None
) -> Part:
    about = {"kind": kind, "owner": owner, "what": what, "since": since, "due_at": due_at}
    return Part("waiting", key, about)


def _ended(key: str, ended_at: datetime) -> Part:
    return Part("waiting", key, {"ended_at": ended_at})
