"""Tells a poisoned claim from a fault of our own: when most of what arrives fails, nothing more is parked."""

from collections import deque

from libs.eventlog.errors import TooManyParked


class ParkingBreaker:
    """Holds consumption when more than `limit_bp` of the last `window` events were parked.

    Only events that were handed to the handler count: other types, and those that wait behind a parked one, say
    nothing. Below `minimum` it never trips: a first claim may be a bad one. So a fault of ours parks at most half a
    window before everything is held.
    """

    def __init__(self, *, window: int = 200, minimum: int = 50, limit_bp: int = 5_000) -> None:
        self._minimum = minimum
        self._limit_bp = limit_bp
        self._outcomes: deque[bool] = deque(maxlen=window)

    def seen(self, processed: int, parked: int) -> None:
        """Count what a committed batch handled, and how many of those were parked."""
        self._outcomes.extend([True] * parked + [False] * (processed - parked))

    @property
    def seen_total(self) -> int:
        """How many outcomes are looked at."""
        return len(self._outcomes)

    @property
    def parked_total(self) -> int:
        """How many of them were parked."""
        return sum(self._outcomes)

    @property
    def holds(self) -> bool:
        """Whether the limit is passed."""
        seen = self.seen_total
        return seen >= self._minimum and self.parked_total * 10_000 > seen * self._limit_bp

    def check(self) -> None:
        """Raises TooManyParked when the limit is passed."""
        if self.holds:
            raise TooManyParked(self.parked_total, self.seen_total)

    def reset(self) -> None:
        """Forget the outcomes: an operator has seen that the events are poisoned, and the service is well."""
        self._outcomes.clear()
