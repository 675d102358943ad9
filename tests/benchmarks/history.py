"""What a claim costs as the history behind it grows: processor time of all processes, at each tenfold size."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from libs.interop.submission import Submission
from tests.benchmarks.cohorts import Cohort, Cohorts

SIZES = (10_000, 100_000, 1_000_000)
MEASURED = 1_000
BETWEEN = 2_000
"""Sent at once and waited for, so that nothing piles up."""

Take = Callable[[int], Awaitable[list[Submission]]]
"""So many more claims, known to the bureau."""


@dataclass(frozen=True)
class AtSize:
    """Of the claims after `claims` others."""

    claims: int
    cohort: Cohort


async def measure_growth(cohorts: Cohorts, already: int, until: int, take: Take) -> list[AtSize]:
    """Grows the history by real claims to each size up to `until`, and measures a thousand there."""
    found: list[AtSize] = []
    for size in (size for size in SIZES if size <= until):
        while already < size:
            part = await take(min(BETWEEN, size - already))
            await cohorts.send(part)
            already += len(part)
        found.append(AtSize(already, await cohorts.measure(await take(MEASURED))))
        already += MEASURED
    return found
