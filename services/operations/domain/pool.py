"""A plan's pool at a moment: who is covered, what was decided, what moved, folded from the services' events."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from libs.contracts.city_time import CITY_ZONE

SOURCES = ("enrolment", "adjudication", "payout")
"""Whose logs say what a pool has."""

_TYPES = {"CoverageActivated", "CoverageLapsed", "ClaimAdjudicated", "ClaimDenied", "AdjudicationReversed"}


class Recorded(Protocol):
    """What is looked at of a recorded event."""

    @property
    def source(self) -> str: ...
    @property
    def stream_id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def recorded_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class _Cover:
    first: date
    last: date
    premium_fen: int


@dataclass
class PoolFold:
    """Takes the events of each shard in order. `at`: only what was in effect; `known_at`: only what was recorded.

    A coverage is in effect from its first to its last day, a decision from its day of service, money when it moved.
    """

    plan_id: str
    at: datetime | None = None
    known_at: datetime | None = None
    _covers: dict[str, _Cover] = field(default_factory=dict)
    _standing: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _reversed: int = 0
    _moved: Counter[str] = field(default_factory=Counter)
    _accounts: Counter[str] = field(default_factory=Counter)
    _known_from: dict[str, datetime] = field(default_factory=dict)

    def wants(self, event: Recorded) -> bool:
        """Whether the event was known and can matter; nothing of it is decoded for that."""
        since = max(self._known_from.get(event.stream_id, event.recorded_at), event.recorded_at)
        self._known_from[event.stream_id] = since
        if self.known_at is not None and since > self.known_at:
            return False
        return event.source == "payout" or event.type in _TYPES

    def take(self, event: Recorded, body: Mapping[str, Any]) -> None:
        """Count a wanted event; `body` is its JSON."""
        kind: Callable[[Recorded, Mapping[str, Any]], None] = {
            "enrolment": self._cover,
            "adjudication": self._decision,
            "payout": self._money,
        }[event.source]
        kind(event, body)

    def as_json(self) -> dict[str, Any]:
        """The pool as it was, amounts in fen."""
        day = None if self.at is None else self.at.astimezone(CITY_ZONE).date()
        covers = [c for c in self._covers.values() if day is None or c.first <= day <= c.last]
        standing = [one for one in self._standing.values() if one["plan_id"] == self.plan_id]
        shares: Counter[str] = Counter()
        for one in standing:
            shares.update({part["insurer"]: part["amount_fen"] for part in one.get("pool_shares", ())})
        return {
            "plan_id": self.plan_id,
            "premium_fen": sum(cover.premium_fen for cover in covers),
            "decided_fen": sum(
                one.get("plan_pays_fen", 0) + one.get("cash_benefits_fen", 0) for one in standing
            ),
            "moved_fen": dict(sorted(self._moved.items())),
            "ledger_fen": dict(sorted(self._accounts.items())),
            "insurers_fen": dict(sorted(shares.items())),
            "coverages": len(covers),
            "decisions": len(standing),
            "reversed_decisions": self._reversed,
            "plan_digests": dict(
                sorted(Counter(one["plan_digest"] for one in standing if "plan_digest" in one).items())
            ),
        }

    def _cover(self, event: Recorded, body: Mapping[str, Any]) -> None:
        coverage_id = body["coverage_id"]
        if event.type == "CoverageActivated":
            if body["plan_id"] == self.plan_id:
                first, last = date.fromisoformat(body["covered_from"]), date.fromisoformat(body["covered_to"])
                self._covers[coverage_id] = _Cover(first, last, body["premium_fen"])
        elif coverage_id in self._covers:
            cover = self._covers[coverage_id]
            lapsed_on = min(cover.last, date.fromisoformat(body["lapsed_on"]))
            self._covers[coverage_id] = _Cover(cover.first, lapsed_on, cover.premium_fen)

    def _decision(self, event: Recorded, body: Mapping[str, Any]) -> None:
        if event.type == "AdjudicationReversed":
            if self._standing.pop(body["claim_id"], {}).get("plan_id") == self.plan_id:
                self._reversed += 1
        elif (
            self.at is None
            or date.fromisoformat(body["service_date"]) <= self.at.astimezone(CITY_ZONE).date()
        ):
            self._standing[body["claim_id"]] = {
                name: body[name]
                for name in ("plan_id", "plan_pays_fen", "cash_benefits_fen", "pool_shares", "plan_digest")
                if name in body
            }

    def _money(self, event: Recorded, body: Mapping[str, Any]) -> None:
        if body.get("plan_id") != self.plan_id or not ("amount_fen" in body or "postings" in body):
            return
        done_at = event.recorded_at
        if "booked_at" in body:
            done_at = min(done_at, datetime.fromisoformat(body["booked_at"]))
        if self.at is not None and done_at > self.at:
            return
        self._moved[event.type] += body["due_fen"] if "due_fen" in body else body["amount_fen"]
        for posting in body.get("postings", ()):
            self._accounts[posting["account"]] += posting["amount_fen"]
