"""What a claim costs as the history behind it grows: processor time of all processes, at each tenfold size.

At each size the claims measured are of new people, as many of them: what grows is the history, and not what a person
has claimed before, of which the earlier claims of a year weigh on each later one by what a plan says.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import islice
from time import process_time

from libs.benefits import evaluate, load_plans
from libs.interop.submission import Submission
from services.operations.adapters.city import City
from tests.benchmarks.cohorts import SEED, Cohort, Cohorts, People
from tests.benchmarks.measure_benefits import a_stay

SIZES = (10_000, 100_000, 1_000_000)
LONGEST_SENT = SIZES[0]
MEASURED = 1_000
WARM_UP = 1_000
"""Of the new people, too: their joining is heard by all before the first of the claims that count. As many at every
size, for a platform that has just started needs them, and a person's earlier claims are then as many, too."""
NEW_PEOPLE = 6_000
"""Give about 3,700 paid claims a year."""
DECIDED_TIMES = 100
BETWEEN = 2_000
"""Sent at once and waited for, so that nothing piles up."""

Take = Callable[[int], Awaitable[list[Submission]]]
"""So many more claims, known to the bureau."""


@dataclass(frozen=True)
class AtSize:
    """Of the claims after `claims` others, of which `since_start` came since the platform was started.

    `same_work_ms`: processor time of the same pure work just before and after. What makes that slower, a machine that
    shares its memory with others, makes the claims slower too.
    """

    claims: int
    since_start: int
    cohort: Cohort
    same_work_ms: float


def same_work_ms() -> float:
    """Mean processor time of deciding a stay of fifteen lines, by every plan some times over: some 0.5 s in all."""
    stays = [(plan, a_stay(number)) for number, plan in enumerate(load_plans().values())]
    began = process_time()
    for _ in range(DECIDED_TIMES):
        for plan, stay in stays:
            evaluate(plan, stay)
    return (process_time() - began) * 1_000 / (DECIDED_TIMES * len(stays))


class Newcomers:
    """New people for each measurement, and what their claims cost."""

    def __init__(self, city: City, cohorts: Cohorts, seed: int = SEED) -> None:
        self._city = city
        self._cohorts = cohorts
        self._seed = seed

    async def measure(self, already: int, since_start: int) -> AtSize:
        """After so many claims, and those of the new people, whose joining is heard and whose connections are made."""
        self._seed += 1
        people = People(NEW_PEOPLE, self._seed)
        submissions = people.paid_claims()
        first, measured = list(islice(submissions, WARM_UP)), list(islice(submissions, MEASURED))
        await self._city.enrol(people.residents())
        await self._city.settle([*first, *measured])
        await self._cohorts.send(first)
        before = same_work_ms()
        cohort = await self._cohorts.measure(measured)
        return AtSize(already + WARM_UP, since_start + WARM_UP, cohort, (before + same_work_ms()) / 2)


async def grow(cohorts: Cohorts, already: int, take: Take) -> None:
    """Send and settle real claims until the history is as long as can be sent in a benchmark's time."""
    while already < LONGEST_SENT:
        part = await take(min(BETWEEN, LONGEST_SENT - already))
        await cohorts.send(part)
        already += len(part)
