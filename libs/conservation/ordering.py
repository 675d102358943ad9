"""Recorded time within causality: clocks of several machines differ, so nothing comes before what it refers to."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from libs.conservation.facts import Fact


def in_causal_order(facts: Sequence[Fact]) -> Iterator[Fact]:
    """Each fact after those it needs and after the earlier ones of its shard; among the free ones the oldest first.

    References that go in a circle (only a broken history has them) are followed in recorded order.
    """
    followers: dict[int, list[int]] = defaultdict(list)
    waiting = [0] * len(facts)
    for index, before in _edges(facts):
        followers[before].append(index)
        waiting[index] += 1
    free = [(*_age(fact), index) for index, fact in enumerate(facts) if not waiting[index]]
    heapq.heapify(free)
    given = [False] * len(facts)
    while free:
        index = heapq.heappop(free)[-1]
        given[index] = True
        yield facts[index]
        for follower in followers[index]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(free, (*_age(facts[follower]), follower))
    yield from sorted((fact for index, fact in enumerate(facts) if not given[index]), key=_age)


def _edges(facts: Sequence[Fact]) -> Iterable[tuple[int, int]]:
    """(later, earlier) pairs of indices."""
    providers: dict[str, int] = {}
    shards: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, fact in enumerate(facts):
        shards[fact.place.source, fact.place.shard].append(index)
        for name in fact.provides:
            providers.setdefault(name, index)
    for indices in shards.values():
        indices.sort(key=lambda index: facts[index].place.position)
        yield from zip(indices[1:], indices, strict=False)
    for index, fact in enumerate(facts):
        for name in set(fact.needs):
            before = providers.get(name)
            if before is not None and before != index:
                yield index, before


def _age(fact: Fact) -> tuple[str, str, int, int]:
    place = fact.place
    return place.recorded_at, place.source, place.shard, place.position
