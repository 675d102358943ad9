"""What HTTP has taken in and not answered yet, by hospital and in bytes: the state behind `domain/admitting.py`."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from libs.runtime.pace import Pace
from libs.runtime.problems import Problem
from services.intake.domain.admitting import (
    Bounds,
    body_may_be_read,
    may_enter,
    seconds_for_all,
    seconds_to_work_off,
)


@dataclass
class InHand:
    """Places and bytes. `pace` is how fast places become free; `turned_away` counts by the code of the answer."""

    bounds: Bounds
    bytes_limit: int
    pace: Pace
    held: dict[str, int] = field(default_factory=dict)
    total: int = 0
    body_bytes: int = 0
    turned_away: Counter[str] = field(default_factory=Counter)
    _full: set[str] = field(default_factory=set)
    _freed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def free(self) -> int:
        """Places that are left."""
        return self.bounds.total - self.total

    def enter(self, hospital_id: str, *, arrays: bool = False) -> bool:
        """Take a place, which is given back by `leave`, if the hospital may have another."""
        held = self.held.get(hospital_id, 0)
        if not may_enter(held, self.bounds.of(hospital_id, arrays=arrays), self.free, self.bounds.total):
            return False
        self.held[hospital_id] = held + 1
        self.total += 1
        return True

    def leave(self, hospital_id: str) -> None:
        """Give a place back."""
        held = self.held[hospital_id] - 1
        if held:
            self.held[hospital_id] = held
        else:
            del self.held[hospital_id]
        self.total -= 1
        self._full.discard(hospital_id)
        self._freed.set()

    async def enter_when_free(self, hospital_id: str) -> None:
        """Take a place for one of an array, which waits where a single settlement is turned away."""
        while not self.enter(hospital_id, arrays=True):
            # Whoever holds places gives them back, so this ends; all that wait are woken, and few do: one per array.
            self._freed.clear()
            await self._freed.wait()

    @contextmanager
    def place(self, hospital_id: str) -> Iterator[None]:
        """Have a place. Raises Problem 429 when the hospital has as many as it may, 503 when nobody could have one."""
        if not self.enter(hospital_id):
            if self.free <= 0:
                raise self._nothing_left()
            self._full.add(hospital_id)
            raise self._too_many(hospital_id)
        try:
            yield
        finally:
            self.leave(hospital_id)

    @property
    def turns_away(self) -> bool:
        """Whether any hospital is turned away now: else nobody need look whose a document is before it is read."""
        return bool(self._full)

    def turn_away(self, hospital_id: str) -> None:
        """Raises Problem 429 when the hospital was told so and nothing of it was done since: reading costs the most."""
        if hospital_id in self._full:
            raise self._too_many(hospital_id)

    @contextmanager
    def body(self, size: int) -> Iterator[None]:
        """Hold a body of `size` bytes. Raises Problem 503 when it does not fit beside the others."""
        if not body_may_be_read(size, self.body_bytes, self.bytes_limit):
            raise self._nothing_left()
        self.body_bytes += size
        try:
            yield
        finally:
            self.body_bytes -= size

    def _too_many(self, hospital_id: str) -> Problem:
        self.turned_away["too_many_in_hand"] += 1
        seconds = seconds_to_work_off(self.held, hospital_id, self.pace.per_second)
        in_hand = self.held.get(hospital_id, 0)
        return Problem(
            429,
            "too_many_in_hand",
            "Too many of one hospital at once",
            f"{in_hand} of the hospital's submissions are not answered yet. This one was not accepted: send it again"
            f" after {seconds} s, and fewer at once, or an array, which waits for room by itself.",
            headers={"Retry-After": str(seconds)},
            in_hand=in_hand,
        )

    def _nothing_left(self) -> Problem:
        self.turned_away["overloaded"] += 1
        seconds = seconds_for_all(self.held, self.pace.per_second)
        detail = "Too much waits to be filed. Nothing was accepted; send it again later."
        return Problem(503, "overloaded", "Not available now", detail, headers={"Retry-After": str(seconds)})
