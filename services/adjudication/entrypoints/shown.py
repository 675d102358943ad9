"""How changes of claims are shown to whoever asked for them."""

from collections.abc import Iterable
from typing import Any

from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated
from services.adjudication.domain.effect import changes_of


def changes_shown(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Claim by claim, in the order of service: before, after, difference (fen), why, and who bears what."""
    return [
        {
            "claim_id": change.claim_id,
            "before_fen": change.before_fen,
            "after_fen": change.after_fen,
            "difference_fen": change.difference_fen,
            "reversed_because": change.reason,
            "pends_for": list(change.pends_for),
            "bearings": [part.model_dump(mode="json") for part in change.decision.bearings]
            if change.decision
            else [],
            "pool_shares": [part.model_dump(mode="json") for part in change.decision.pool_shares]
            if isinstance(change.decision, ClaimAdjudicated)
            else [],
            "denied_for": None
            if change.decision is None or isinstance(change.decision, ClaimAdjudicated)
            else change.decision.reason,
        }
        for change in changes_of(events)
    ]
