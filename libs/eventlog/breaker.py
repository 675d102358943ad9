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

    def check(self) -> None:
        """Raises TooManyParked when the limit is passed."""
        seen, parked = len(self._outcomes), sum(self._outcomes)
        if seen >= self._minimum and parked * 10_000 > seen * self._limit_bp:
            raise TooManyParked(parked, seen)
