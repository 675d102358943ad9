"""What a check found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands: enough to find it again in its service's log."""

    source: str
    shard: int
    position: int
    type: str
    recorded_at: str

    def __str__(self) -> str:
        return f"{self.source}/{self.shard}/{self.position} {self.type}"


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that does not hold at the moment, with both sides in fen. Names no person."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Violation:
    """What does not hold, about which claim, plan, file or log, and since which event."""

    rule: str
    about: str
    sentence: str
    since: Place | None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        since = None
        if self.since is not None:
            since = {name: getattr(self.since, name) for name in Place.__slots__}
        return {"rule": self.rule, "about": self.about, "sentence": self.sentence, "since": since}


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the history, in fen: bills as they were filed last, and the decisions that stand.

    `borne_fen` is by bearer and sums to `decided_fen`. `owed_to_centre_fen`: what the insurance centre settled itself.
    """

    registered_fen: int
    decided_fen: int
    borne_fen: Mapping[str, int]
    cash_benefits_fen: int
    instructed_fen: int
    settled_fen: int
    cancelled_fen: int
    rejected_fen: int
    returned_fen: int
    held_fen: int
    claimed_back_fen: int
    netted_fen: int
    repaid_fen: int
    written_off_fen: int
    owed_to_centre_fen: int = 0

    @property
    def outstanding_fen(self) -> int:
        """Instructed, and not answered by the bank yet."""
        return self.instructed_fen - self.cancelled_fen - self.settled_fen - self.rejected_fen

    @property
    def owing_fen(self) -> int:
        """Claimed back, and open."""
        return self.claimed_back_fen - self.netted_fen - self.repaid_fen - self.written_off_fen

    @property
    def checked_fen(self) -> int:
        """Every fen that some rule has looked at: bills and payments."""
        return self.registered_fen + self.instructed_fen + self.owed_to_centre_fen


@dataclass(frozen=True, slots=True)
class Report:
    """`violations` are in the order in which they began; `violation_count` also counts those beyond the limit."""

    events: int
    money_events: int
    claims: int
    decided: int
    reversed: int
    payments: int
    totals: Totals
    violations: tuple[Violation, ...]
    violation_count: int

    @property
    def holds(self) -> bool:
        """Not one rule is broken."""
        return self.violation_count == 0

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        names = Totals.__slots__
        totals = {name: getattr(self.totals, name) for name in names} | {
            "borne_fen": dict(self.totals.borne_fen),
            "outstanding_fen": self.totals.outstanding_fen,
            "owing_fen": self.totals.owing_fen,
            "checked_fen": self.totals.checked_fen,
        }
        counts = {
            name: getattr(self, name)
            for name in ("events", "money_events", "claims", "decided", "reversed", "payments")
        }
        return {
            "holds": self.holds,
            **counts,
            "totals": totals,
            "violation_count": self.violation_count,
            "violations": [violation.as_json() for violation in self.violations],
        }
