"""How changes of claims, and what becomes of one, are shown to whoever asked for them."""

from collections.abc import Iterable
from typing import Any

from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated, PendReason
from services.adjudication.domain.effect import changes_of
from services.adjudication.domain.state import Claim


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


def outcome_shown(claim: Claim) -> dict[str, Any]:
    """What becomes of one claim: `status` (pays, pays_nothing, denied, pended, undecided), amounts in fen, and why.

    A claim that pends anew keeps the amounts of the decision that stands meanwhile.
    """
    told: dict[str, Any] = {"status": "undecided", "pends_for": [_pend(reason) for reason in claim.pended]}
    standing = claim.standing
    if standing is None:
        return told | ({"status": "pended"} if claim.pended else {})
    told |= {
        "status": "denied",
        "bill_fen": standing.bill_fen,
        "plan_pays_fen": 0,
        "cash_benefits_fen": 0,
        "liabilities": [],
        "bearings": [part.model_dump(mode="json") for part in standing.bearings],
    }
    if isinstance(standing, ClaimAdjudicated):
        paid_fen = standing.plan_pays_fen + standing.cash_benefits_fen
        told |= {
            "status": "pays" if paid_fen else "pays_nothing",
            "plan_pays_fen": standing.plan_pays_fen,
            "cash_benefits_fen": standing.cash_benefits_fen,
            "settled_at_desk_fen": standing.settled_at_desk_fen,
            "liabilities": [outcome.model_dump(mode="json") for outcome in standing.liabilities],
        }
    else:
        told["denied_for"] = standing.reason
    told["patient_bears_fen"] = sum(part.amount_fen for part in standing.bearings if part.bearer == "patient")
    return told | ({"status": "pended"} if claim.pended else {})


def _pend(reason: PendReason) -> dict[str, str]:
    return {"code": reason.code, "owner": reason.owner}
