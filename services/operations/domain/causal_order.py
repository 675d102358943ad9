"""Events of several logs in one order: a cause before what it led to, a stream in its own order, else by time."""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

Step = Mapping[str, Any]


def in_causal_order(steps: Sequence[Step]) -> list[Step]:
    """`steps` (as services answer them) so that none comes before its cause or its stream's earlier event.

    Clocks of services differ, so the time of recording alone could put an answer before its question.
    """
    by_id = {step["event_id"]: index for index, step in enumerate(steps)}
    follows: dict[int, list[int]] = defaultdict(list)
    waits_for = [0] * len(steps)
    streams: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, step in enumerate(steps):
        streams[step["source"], step["stream_id"]].append(index)
        cause = by_id.get(step["caused_by"] or "")
        if cause is not None and cause != index:
            follows[cause].append(index)
            waits_for[index] += 1
    for members in streams.values():
        members.sort(key=lambda index: steps[index]["version"])
        for earlier, later in pairwise(members):
            follows[earlier].append(later)
            waits_for[later] += 1
    return _ordered(steps, follows, waits_for)


def _ordered(steps: Sequence[Step], follows: Mapping[int, Sequence[int]], waits_for: list[int]) -> list[Step]:
    def rank(index: int) -> tuple[str, str, int, int]:
        step = steps[index]
        return (step["recorded_at"], step["source"], step["version"], index)

    free = [rank(index) for index, count in enumerate(waits_for) if count == 0]
    heapq.heapify(free)
    ordered: list[Step] = []
    while free:
        index = heapq.heappop(free)[-1]
        ordered.append(steps[index])
        for later in follows.get(index, ()):
            waits_for[later] -= 1
            if waits_for[later] == 0:
                heapq.heappush(free, rank(later))
    assert len(ordered) == len(steps), "an event is its own cause"
    return ordered
