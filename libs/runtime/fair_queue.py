"""Who is next when several wait: one from each in turn, so that a long queue makes nobody wait but its own."""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items in lanes. Each lane keeps its order; lanes take turns, and `take` goes on where the last one ended."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[T]] = {}
        self._turns: deque[str] = deque()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, lane: str, item: T) -> None:
        """`item` waits behind the others of its lane; a lane that was empty waits for its turn behind all lanes."""
        waiting = self._lanes.get(lane)
        if waiting is None:
            waiting = self._lanes[lane] = deque()
            self._turns.append(lane)
        waiting.append(item)
        self._length += 1

    def take(self, limit: int) -> list[T]:
        """Up to `limit` items, one from each lane after the other."""
        taken: list[T] = []
        while self._turns and len(taken) < limit:
            lane = self._turns.popleft()
            waiting = self._lanes[lane]
            taken.append(waiting.popleft())
            if waiting:
                self._turns.append(lane)
            else:
                del self._lanes[lane]
        self._length -= len(taken)
        return taken
