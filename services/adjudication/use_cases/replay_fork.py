"""Replay a history under another rule, part by part, and compare it with what was recorded.

The fork is given facts and gives back rows: nothing in here or below it has an effect beyond the part's files.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from libs.replay import Units
from services.adjudication.adapters.exported_history import Part, people_of
from services.adjudication.adapters.what_if_tables import write_rows
from services.adjudication.domain.difference import Rows, differences
from services.adjudication.domain.fork import Happened, Rule, as_recorded, relive
from services.adjudication.domain.state import Person, initial


@dataclass(frozen=True, slots=True)
class Fork:
    """The changed rule beside the rule that history was decided by; `controlled` relives it under its own too."""

    changed: Rule
    own: Rule
    controlled: bool = True

    @property
    def changed_plan_ids(self) -> frozenset[str]:
        """The plans whose terms differ."""
        own = self.own.plans
        return frozenset(
            plan_id for plan_id, plan in self.changed.plans.items() if own.get(plan_id) is not plan
        )

    def concerns(self, person: Person) -> bool:
        """Whether the change can reach the person at all; elsewhere the fork is its own control."""
        own, changed = self.own, self.changed
        if (changed.fraud_threshold, changed.centre_amounts) != (own.fraud_threshold, own.centre_amounts):
            return True
        return any(coverage.plan_id in self.changed_plan_ids for coverage in person.coverages.values())


Compare = Callable[[Fork, Iterable[tuple[str, list[Happened]]]], Rows]
"""Relives some people and gives their rows: `compare_people`, or its fast equal."""


def replay_fork(
    fork: Fork,
    parts: Sequence[Part],
    units: Units,
    compare: Compare,
    on_part: Callable[[Part], None] = lambda part: None,
) -> None:
    """Relive every part that is not finished yet."""
    for part in parts:
        if not units.done(part.name):
            rows = compare(fork, people_of(part))
            with units.writing(part.name) as directory:
                write_rows(directory, rows)
        on_part(part)


def compare_people(fork: Fork, people: Iterable[tuple[str, list[Happened]]]) -> Rows:
    """The rows of some people."""
    rows = Rows()
    for stream_id, history in people:
        recorded = as_recorded(initial(stream_id), history)
        control = relive(initial(stream_id), history, fork.own) if fork.controlled else None
        forked = control
        if forked is None or fork.concerns(recorded):
            forked = relive(initial(stream_id), history, fork.changed)
        rows.add(differences(recorded, forked, control))
    return rows
