"""An insurer recomputes its own part: from its stream alone, and by the plan's shares when it has the plan file.

Every rule is asked of every event; what does not hold is said with the event's sequence (feature 80).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from libs.benefits import Plan
from libs.benefits.pool import pool_shares
from libs.contracts import Event
from libs.contracts.insurers import (
    InsurerEvent,
    InsurerPartBorne,
    InsurerPartReleased,
    InsurerStatementClosed,
    InsurerStatementSettled,
)
from libs.money import largest_remainder


@dataclass(slots=True)
class PlanTotals:
    """What the stream says of one plan, recomputed; fen."""

    bears_fen: int = 0
    borne_fen: int = 0
    released_fen: int = 0
    stated_fen: int = 0
    settled_fen: int = 0
    decisions: int = 0


@dataclass(frozen=True, slots=True)
class StreamFault:
    """What does not hold, at which event."""

    sequence: int
    rule: str
    detail: str


@dataclass(slots=True)
class InsurerCheck:
    """Walks one insurer's stream in order. `plans`: the plan files at hand, by id."""

    plans: Mapping[str, Plan] = field(default_factory=dict)
    totals: dict[str, PlanTotals] = field(default_factory=lambda: defaultdict(PlanTotals))
    events: int = 0
    _insurer: str | None = None
    _last: InsurerEvent | None = None
    _standing: dict[str, int] = field(default_factory=dict)
    _statements: dict[str, int] = field(default_factory=dict)
    _since: dict[str, tuple[int, int]] = field(default_factory=lambda: defaultdict(lambda: (0, 0)))

    def walk(self, events: Iterable[Event]) -> list[StreamFault]:
        """All faults of a stream, in whatever order it was told: `sequence` is the order."""
        told = list(events)
        faults = [
            StreamFault(0, "of_an_insurer", f"{type(event).__name__} is of no insurer")
            for event in told
            if not isinstance(event, InsurerEvent)
        ]
        own = sorted(
            (event for event in told if isinstance(event, InsurerEvent)), key=lambda event: event.sequence
        )
        return [*faults, *(fault for event in own for fault in self._take(event))]

    def _take(self, event: InsurerEvent) -> Iterator[StreamFault]:
        self._insurer = self._insurer or event.insurer
        if event.insurer != self._insurer:
            yield StreamFault(event.sequence, "one_insurer", f"of {event.insurer}, not {self._insurer}")
        if event.sequence <= self.events:
            # Told again, for the topic is at least once; in `walk` it follows what it repeats.
            if event.sequence == self.events and event != self._last:
                yield StreamFault(event.sequence, "told_alike", "told again with another content")
            return
        self._last = event
        if event.sequence != self.events + 1:
            yield StreamFault(event.sequence, "no_hole", f"follows {self.events}")
        self.events = event.sequence
        yield from (
            StreamFault(event.sequence, rule, detail) for rule, detail in self._rules(event) if detail
        )

    def _rules(self, event: InsurerEvent) -> Iterator[tuple[str, str]]:
        totals = self.totals[event.plan_id]
        borne, released = self._since[event.plan_id]
        match event:
            case InsurerPartBorne():
                totals.bears_fen += event.part_fen
                totals.borne_fen += event.part_fen
                totals.decisions += 1
                self._since[event.plan_id] = (borne + event.part_fen, released)
                yield from self._part(event)
                yield "balance", _differs("bears_fen", event.bears_fen, totals.bears_fen)
            case InsurerPartReleased():
                totals.bears_fen -= event.part_fen
                totals.released_fen += event.part_fen
                self._since[event.plan_id] = (borne, released + event.part_fen)
                was = self._standing.pop(event.decision_id, None)
                yield "was_borne", "" if was is not None else f"decision {event.decision_id} does not stand"
                yield "same_part", "" if was is None else _differs("part_fen", event.part_fen, was)
                yield "balance", _differs("bears_fen", event.bears_fen, totals.bears_fen)
            case InsurerStatementClosed():
                self._since[event.plan_id] = (0, 0)
                self._statements[event.statement_id] = event.due_fen
                totals.stated_fen += event.due_fen
                yield "stated_borne", _differs("borne_fen", event.borne_fen, borne)
                yield "stated_released", _differs("released_fen", event.released_fen, released)
                yield "due", _differs("due_fen", event.due_fen, borne - released)
                yield "balance", _differs("bears_fen", event.bears_fen, totals.bears_fen)
                through = event.sequence - 1
                yield "stated_through", _differs("through_sequence", event.through_sequence, through)
            case InsurerStatementSettled():
                totals.settled_fen += event.amount_fen
                due = self._statements.pop(event.statement_id, None)
                yield "was_stated", "" if due is not None else f"no open statement {event.statement_id}"
                yield "settled", "" if due is None else _differs("amount_fen", event.amount_fen, due)

    def _part(self, event: InsurerPartBorne) -> Iterator[tuple[str, str]]:
        stands = event.decision_id in self._standing
        yield "once", f"decision {event.decision_id} is borne already" if stands else ""
        self._standing[event.decision_id] = event.part_fen
        own = [share for share in event.shares if share.insurer == event.insurer]
        yield "own_part", _differs("part_fen", event.part_fen, sum(share.amount_fen for share in own))
        parts = largest_remainder(event.awarded_fen, [share.share_bp for share in event.shares])
        yield "parts", _differs("shares", [share.amount_fen for share in event.shares], list(parts))
        plan = self.plans.get(event.plan_id)
        if plan is not None:
            due = [
                (part.insurer, part.share_bp, part.amount_fen)
                for part in pool_shares(plan, event.service_date, event.awarded_fen)
            ]
            said = [(part.insurer, part.share_bp, part.amount_fen) for part in event.shares]
            yield "plan_shares", _differs(f"shares on {event.service_date}", said, due)


def _differs(name: str, said: object, found: object) -> str:
    return "" if said == found else f"{name} is said to be {said}, recomputed it is {found}"
