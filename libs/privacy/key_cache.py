"""The keys a process holds for a while. Bounded in number and time, because a destroyed key must leave every process.

At most one key per owner: the newest seen.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from libs.privacy.sealing import DataKey


@dataclass(frozen=True, slots=True)
class KeyCacheSettings:
    """`ttl_seconds` bounds how long an erased person stays readable in a process that missed the erasure event;
    `max_keys` bounds memory (about 0.5 kB each)."""

    ttl_seconds: float = 600.0
    max_keys: int = 50_000


class KeyCache:
    """Least recently used out first. Not thread-safe: one per event loop."""

    def __init__(self, settings: KeyCacheSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._by_owner: OrderedDict[str, tuple[DataKey, float]] = OrderedDict()
        self._owner_of: dict[str, str] = {}
        self._forgettings = 0

    def __len__(self) -> int:
        return len(self._by_owner)

    def of_owner(self, owner: str) -> DataKey | None:
        entry = self._by_owner.get(owner)
        if entry is None:
            return None
        key, expires_at = entry
        if self._clock() >= expires_at:
            self._drop(owner)
            return None
        self._by_owner.move_to_end(owner)
        return key

    def of_id(self, key_id: str) -> DataKey | None:
        owner = self._owner_of.get(key_id)
        return None if owner is None else self.of_owner(owner)

    def forgettings(self) -> int:
        """A mark to take before reading keys from the store, and to hand to `keep`."""
        return self._forgettings

    def keep(self, keys: Iterable[tuple[str, DataKey]], read_since: int) -> None:
        """Keep (owner, key) pairs read from the store after the mark `read_since`.

        Nothing is kept when anyone was forgotten since: a key read just before its destruction would come
        back to stay. Erasures are rare, so the lost caching costs nothing.
        """
        if read_since != self._forgettings:
            return
        expires_at = self._clock() + self._settings.ttl_seconds
        for owner, key in keys:
            self._drop(owner)
            self._by_owner[owner] = (key, expires_at)
            self._owner_of[key.key_id] = owner
        while len(self._by_owner) > self._settings.max_keys:
            self._drop(next(iter(self._by_owner)))

    def forget(self, owner: str) -> None:
        self._forgettings += 1
        self._drop(owner)

    def _drop(self, owner: str) -> None:
        entry = self._by_owner.pop(owner, None)
        if entry is not None:
            del self._owner_of[entry[0].key_id]
