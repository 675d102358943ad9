"""How fast something is worked off, by what its last batches took."""

from dataclasses import dataclass

#: What a batch weighs when the next is noted: some ten batches count, a few seconds of a loaded service.
_KEPT = 0.9


@dataclass(slots=True)
class Pace:
    """Items and seconds of the batches so far, older ones counting less.

    A batch counts by its seconds: one of a single item, slow by the item, says little beside full ones.
    """

    _items: float = 0.0
    _seconds: float = 0.0

    def note(self, items: int, seconds: float) -> None:
        """A batch of `items` took `seconds`."""
        self._items = _KEPT * self._items + items
        self._seconds = _KEPT * self._seconds + seconds

    @property
    def per_second(self) -> float | None:
        """Items a second; None before the first batch."""
        return self._items / self._seconds if self._seconds > 0 else None
