"""Whose turn it was: the time of a claim, split by the party that it waited for. Pure.

At every moment a claim waits for one party or for nobody, so the intervals neither overlap nor leave a hole. Where it
waits for several at once the first of these counts: an owner of a pend reason (hospital, enrolment, operator, fraud),
the bureau, fraud's score, adjudication, and once it is decided an operator (money that came back), enrolment (no
account), an appeal that stays the payment, the bank, payout.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

Party = Literal[
    "hospital", "enrolment", "operator", "fraud", "bureau", "adjudication", "appeal", "bank", "payout"
]
PARTIES: tuple[Party, ...] = (
    "hospital", "enrolment", "operator", "fraud", "bureau", "adjudication", "appeal", "bank", "payout",
)  # fmt: skip
_OWNERS: tuple[Party, ...] = ("hospital", "enrolment", "operator", "fraud")

HEARD: Mapping[str, frozenset[str]] = {
    "intake": frozenset({"ClaimRegistered", "ClaimCorrected", "ClaimWithdrawn"}),
    "medical_data": frozenset({"RecordsAttached", "RecordsUnavailable"}),
    "fraud": frozenset({"ClaimScored"}),
    "adjudication": frozenset(
        {"ClaimPended", "ClaimAdjudicated", "ClaimDenied", "DecisionConfirmed", "AdjudicationReversed"}
    ),
    "payout": frozenset(
        {
            "PaymentHeld", "PaymentInstructed", "PaymentCancelled", "PaymentSettled", "PaymentRejected",
            "PaymentReturned", "UnpayableReduced", "ClawbackNetted", "PaymentsStayed", "StayLifted",
        }
    ),
}  # fmt: skip
"""The events that move a claim's clocks, by source, in the order in which a claim passes the services."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An event that may move the clocks: when it was recorded, and its content as JSON has it."""

    moment: datetime
    source: str
    type: str
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Interval:
    """From `begin` up to `end` the claim waited for `party`; None: for nobody."""

    party: Party | None
    begin: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.end - self.begin).total_seconds()

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        span = {"from": self.begin.isoformat(), "to": self.end.isoformat()}
        return {"party": self.party, **span, "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a claim waits for. Payments are kept by id with what is still to be paid of them, held ones by decision."""

    filed: bool = False
    records: bool = False
    scored: bool = False
    decided: bool = False
    owners: frozenset[str] = frozenset()
    unsaid: bool = False
    held: frozenset[str] = frozenset()
    at_bank: frozenset[str] = frozenset()
    unpayable: Mapping[str, int] = field(default_factory=dict)
    stays: frozenset[str] = frozenset()

    def party(self) -> Party | None:
        """Whose turn it is."""
        if not self.filed:
            return None
        if self.owners:
            return next(owner for owner in _OWNERS if owner in self.owners)
        if not self.decided:
            return "bureau" if not self.records else "adjudication" if self.scored else "fraud"
        if any(self.unpayable.values()):
            return "operator"
        if self.held:
            return "enrolment"
        if self.at_bank:
            return "appeal" if self.stays else "bank"
        return "payout" if self.unsaid else None


def evolve(waiting: Waiting, turn: Turn) -> Waiting:
    """What the claim waits for after an event."""
    if turn.source == "payout":
        return _paid(waiting, turn)
    match turn.type:
        case "ClaimRegistered":
            return replace(waiting, filed=True)
        case "ClaimCorrected":
            return replace(waiting, records=False, scored=False, decided=False)
        case "ClaimWithdrawn":
            return replace(waiting, filed=False)
        case "RecordsAttached" | "RecordsUnavailable":
            return replace(waiting, records=True)
        case "ClaimScored":
            return replace(waiting, scored=True)
        case "ClaimPended":
            owners = frozenset(reason["owner"] for reason in turn.event["reasons"])
            return replace(waiting, owners=owners)
        case "ClaimAdjudicated":
            # Of a decision that is made anew payout says something only when money moves.
            due = turn.event["plan_pays_fen"] + turn.event["cash_benefits_fen"]
            unsaid = turn.event["number"] == 1 and due > 0
            return replace(waiting, decided=True, owners=frozenset(), unsaid=unsaid)
        case "ClaimDenied" | "DecisionConfirmed" | "AdjudicationReversed":
            return replace(waiting, decided=True, owners=frozenset(), unsaid=False)
        case _:
            return waiting


def _paid(waiting: Waiting, turn: Turn) -> Waiting:
    event = turn.event
    waiting = replace(waiting, unsaid=False)
    # A held payment may have no id yet; a stay is of all payments.
    payment, decision = str(event.get("payment_id")), str(event.get("decision_id"))
    match turn.type:
        case "PaymentHeld":
            return replace(waiting, held=waiting.held | {decision})
        case "PaymentInstructed":
            return replace(waiting, held=waiting.held - {decision}, at_bank=waiting.at_bank | {payment})
        case "PaymentCancelled":
            return replace(waiting, held=waiting.held - {decision}, at_bank=waiting.at_bank - {payment})
        case "PaymentSettled":
            return replace(waiting, at_bank=waiting.at_bank - {payment})
        case "PaymentRejected" | "PaymentReturned":
            unpayable = {**waiting.unpayable, payment: event["amount_fen"]}
            return replace(waiting, at_bank=waiting.at_bank - {payment}, unpayable=unpayable)
        case "UnpayableReduced" | "ClawbackNetted" if payment in waiting.unpayable:
            left = max(0, waiting.unpayable[payment] - event["amount_fen"])
            return replace(waiting, unpayable={**waiting.unpayable, payment: left})
        case "PaymentsStayed":
            return replace(waiting, stays=waiting.stays | {event["appeal_id"]})
        case "StayLifted":
            return replace(waiting, stays=waiting.stays - {event["appeal_id"]})
        case _:
            return waiting


def clocks(turns: Iterable[Turn], until: datetime) -> list[Interval]:
    """Whose turn it was from the claim's registration up to `until`, without overlap or hole; in causal order.

    A service's clock may be behind that of the one before it: its event counts as of the latest moment so far.
    """
    found: list[Interval] = []
    waiting, begin = Waiting(), None
    for turn in turns:
        moment = turn.moment if begin is None else max(turn.moment, begin)
        if waiting.filed or found:
            assert begin is not None, "something was heard before"
            _extend(found, waiting.party(), begin, moment)
        waiting, begin = evolve(waiting, turn), moment
    if begin is not None and (waiting.filed or found):
        _extend(found, waiting.party(), begin, max(until, begin))
    return found


def by_party(intervals: Sequence[Interval]) -> dict[Party, timedelta]:
    """How long each party was waited for; those that never were are absent."""
    totals = {
        party: sum((each.end - each.begin for each in intervals if each.party == party), timedelta())
        for party in PARTIES
    }
    return {party: total for party, total in totals.items() if total}


def figures(claims: Sequence[Sequence[Interval]]) -> list[dict[str, Any]]:
    """Per party over many claims: how many waited for it, and for how many seconds."""
    waits: dict[Party, list[float]] = {party: [] for party in PARTIES}
    for intervals in claims:
        for party, total in by_party(intervals).items():
            waits[party].append(total.total_seconds())
    return [
        {
            "party": party,
            "claims": len(each),
            "total_seconds": sum(each),
            "median_seconds": each[(len(each) - 1) // 2],
            "p90_seconds": each[(len(each) * 9 - 1) // 10],
        }
        for party, unsorted in waits.items()
        if (each := sorted(unsorted))
    ]


def _extend(found: list[Interval], party: Party | None, begin: datetime, end: datetime) -> None:
    if begin == end:
        return
    if found and found[-1].party == party:
        found[-1] = replace(found[-1], end=end)
    else:
        found.append(Interval(party, begin, end))
