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
    """The changed rule, and the rule that history was decided by; None for no control."""

    changed: Rule
    control: Rule | None

    def concerns(self, person: Person) -> bool:
        """Whether the change can reach the person at all; elsewhere the fork is its own control."""
        own = self.control
        if own is None or self.changed.fraud_threshold != own.fraud_threshold:
            return True
        plan_ids = {coverage.plan_id for coverage in person.coverages.values()}
        return any(self.changed.plans.get(each) is not own.plans.get(each) for each in plan_ids)


def replay_fork(
    fork: Fork, parts: Sequence[Part], units: Units, on_part: Callable[[Part], None] = lambda part: None
) -> None:
    """Relive every part that is not finished yet."""
    for part in parts:
        if not units.done(part.name):
            rows = compare_people(fork, people_of(part))
            with units.writing(part.name) as directory:
                write_rows(directory, rows)
        on_part(part)


def compare_people(fork: Fork, people: Iterable[tuple[str, list[Happened]]]) -> Rows:
    """The rows of some people."""
    rows = Rows()
    for stream_id, history in people:
        recorded = as_recorded(initial(stream_id), history)
        control = relive(initial(stream_id), history, fork.control) if fork.control else None
        forked = control
        if forked is None or fork.concerns(recorded):
            forked = relive(initial(stream_id), history, fork.changed)
        rows.add(differences(recorded, forked, control))
    return rows
