"""The money of claims as their events tell it: what stands by the last decision, and what became of payments."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

_DECIDED = ("bill_fen", "plan_pays_fen", "cash_benefits_fen", "patient_bears_fen")


def money_of(steps: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Amounts in fen over the given events, in their order: sums over claims of standing decisions, and per kind of
    payment event the sum of its amounts (`PaymentSettled_fen`). Only what is not zero."""
    standing: dict[str, Mapping[str, int]] = {}
    moved: Counter[str] = Counter()
    for step in steps:
        event, kind = step["event"], step["type"]
        match step["source"], kind:
            case "adjudication", "ClaimAdjudicated" | "ClaimDenied":
                standing[event["claim_id"]] = _decided(event)
            case "adjudication", "AdjudicationReversed":
                standing.pop(event["claim_id"], None)
            case "payout", _ if "amount_fen" in event:
                moved[f"{kind}_fen"] += event["amount_fen"]
            case "charity", "ReferralMade":
                moved["suggested_aid_fen"] += event["suggested_aid_fen"]
            case _:
                pass
    totals: Counter[str] = Counter()
    for amounts in standing.values():
        totals.update(amounts)
    return {name: fen for name, fen in {**totals, **moved}.items() if fen}


def _decided(event: Mapping[str, Any]) -> dict[str, int]:
    amounts = {name: event[name] for name in _DECIDED if event.get(name) is not None}
    if "patient_bears_fen" not in amounts:
        amounts["patient_bears_fen"] = sum(
            bearing["amount_fen"] for bearing in event["bearings"] if bearing["bearer"] == "patient"
        )
    return amounts
