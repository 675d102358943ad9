"""What a claim's events come to: the decision that stands, and what it waits for. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.operations.domain.causal_order import Step


@dataclass(frozen=True, slots=True)
class Standing:
    """`decision`: the body of the one that stands, if one does; `pended`: of what says what is waited for, if any."""

    decision: Mapping[str, Any] | None = None
    pended: Mapping[str, Any] | None = None
    withdrawn: bool = False

    def borne_fen(self) -> dict[str, int]:
        """Who bears how much of the bill by the standing decision; nobody who bears nothing."""
        totals: Counter[str] = Counter()
        for bearing in self.decision["bearings"] if self.decision else ():
            totals[bearing["bearer"]] += bearing["amount_fen"]
        return {bearer: fen for bearer, fen in totals.items() if fen}


def standing_of(steps: Sequence[Step]) -> Standing:
    """After a claim's events, in causal order."""
    standing = Standing()
    for step in steps:
        standing = _after(standing, step)
    return standing


def _after(standing: Standing, step: Step) -> Standing:
    event = step["event"]
    match step["source"], step["type"]:
        case "adjudication", "ClaimAdjudicated" | "ClaimDenied":
            return replace(standing, decision=event, pended=None)
        case "adjudication", "AdjudicationReversed":
            stands = standing.decision
            gone = stands is not None and stands["decision_id"] == event["decision_id"]
            return replace(standing, decision=None) if gone else standing
        case "adjudication", "ClaimPended":
            return replace(standing, pended=event)
        case "adjudication", "DecisionConfirmed":
            return replace(standing, pended=None)
        case "intake", "ClaimWithdrawn":
            return replace(standing, pended=None, withdrawn=True)
        case _:
            return standing


def paid_of(steps: Sequence[Step]) -> dict[str, int]:
    """What payout has said, by event type, in fen."""
    totals: Counter[str] = Counter()
    for step in steps:
        if step["source"] == "payout" and "amount_fen" in step["event"]:
            totals[step["type"]] += step["event"]["amount_fen"]
    return dict(totals)
