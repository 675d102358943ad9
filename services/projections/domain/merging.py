"""Which events of a shard's sources to process together: those of about the same time.

Any order across sources gives the same rows. Taken in the order of time, nearly all events of a claim come in one
batch, so its row is written once instead of once per event.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar


class Timed(Protocol):
    """Something recorded at a time."""

    @property
    def recorded_at(self) -> datetime:
        """When."""


T = TypeVar("T", bound=Timed)


def due_together(pages: Mapping[str, Sequence[T]], unfinished: frozenset[str]) -> dict[str, int]:
    """How many events to take from the front of each source's page.

    Sources in `unfinished` have more than their page shows, so nothing later than the earliest of their pages' ends
    may be taken yet. At least one page is taken whole, so this always comes to an end; clocks may go back in a page.
    """
    ends = [max(event.recorded_at for event in pages[source]) for source in unfinished]
    if not ends:
        return {source: len(page) for source, page in pages.items()}
    horizon = min(ends)
    return {source: _until(page, horizon) for source, page in pages.items()}


def _until(page: Sequence[T], horizon: datetime) -> int:
    for index, event in enumerate(page):
        if event.recorded_at > horizon:
            return index
    return len(page)
