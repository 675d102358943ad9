"""A load of generated discharges: enrolled, settled at the bureau, and sent at a steady rate."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic

import orjson

from libs.benefits import load_plans
from libs.interop.national import to_national
from libs.interop.submission import Submission
from libs.synthetic import Population, discharges
from libs.synthetic.changes import Changes, changes_of
from libs.synthetic.cities import CITIES
from services.operations.adapters.city import City, Resident
from services.operations.domain.errors import OperationsError

ARRAY = 50
"""Discharges in one request; fewer when the rate is low, so that they come steadily."""


class TooFewPeople(OperationsError):
    """A person has some ten visits a year at most."""

    code = "too_few_people"

    def __init__(self, wanted: int, found: int) -> None:
        super().__init__(
            f"{wanted} discharges wanted, but the population has only {found} in its year: add people"
        )


@dataclass(frozen=True, slots=True)
class Load:
    """What to send. `rate` is discharges per second, 0 for as fast as they are taken."""

    seed: int
    count: int
    people: int
    fraud_share_bp: int
    rate: float
    enrol: bool
    correct_bp: int = 0
    cancel_bp: int = 0

    def population(self) -> Population:
        """The people, the same for the same seed and size."""
        return Population(self.seed, _plan_ids(), self.people)

    def submissions(self) -> list[Submission]:
        """The discharges. Raises TooFewPeople."""
        made = discharges(self.seed, _plan_ids(), self.population(), self.fraud_share_bp)
        found = list(islice(made, self.count))
        if len(found) < self.count:
            raise TooFewPeople(self.count, len(found))
        return found

    def changes(self, submissions: Sequence[Submission]) -> Changes:
        """What hospitals put right of them afterwards."""
        return changes_of(self.seed, submissions, self.correct_bp, self.cancel_bp)


def write_load(load: Load, path: Path) -> int:
    """Write the discharges as national settlement JSON, one a line; returns how many."""
    submissions = load.submissions()
    path.write_bytes(b"".join(orjson.dumps(to_national(submission)) + b"\n" for submission in submissions))
    return len(submissions)


async def send_load(city: City, load: Load, on_sent: Callable[[int], None]) -> None:
    """Enrol, settle and send, then correct and cancel some. Raises CityRefused or TooFewPeople."""
    submissions = load.submissions()
    if load.enrol:
        await city.enrol([Resident(one.person, one.coverage) for one in load.population()])
    await city.settle(submissions)
    size = ARRAY if load.rate == 0 else max(1, min(ARRAY, int(load.rate / 10)))
    began = monotonic()
    for start in range(0, len(submissions), size):
        if load.rate:
            await asyncio.sleep(max(0.0, began + start / load.rate - monotonic()))
        await city.send_settlements(submissions[start : start + size])
        on_sent(min(start + size, len(submissions)))
    changes = load.changes(submissions)
    await city.correct(changes.corrected)
    await city.cancel(changes.cancelled)


def _plan_ids() -> list[str]:
    return sorted(CITIES.keys() & load_plans().keys())
