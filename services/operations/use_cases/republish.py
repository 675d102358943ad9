"""Publish events of a log again, to another topic, for a consumer that is new or has lost something.

Planned first, which counts them; approved by a second person; then run, as often as it takes. It publishes to the one
topic that was approved and has no other way out. What a kill made it publish twice, readers skip by position.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import Protocol

import orjson

from libs.contracts import Event
from libs.contracts.operations import ReplayPlanned
from libs.eventlog import Recorded, Source
from libs.runtime.clock import new_id, utc_now
from services.operations.adapters.operator_log import OperatorLog
from services.operations.domain.republishing import (
    AlreadyOver,
    Belonging,
    NothingToPublish,
    Replay,
    Scope,
    demand_other_topic,
    finish,
    planned_of,
    scope_of,
    start,
)
from services.operations.use_cases.export_history import LogEndsEarly

PAGE_EVENTS = 1_000
EXPECTED_PUBLISHED_PER_SECOND = 5_000
"""A window at a time, acknowledged by the broker; what the relay reaches, with room to spare."""
# Which logs say whose a claim is: intake names the hospital, adjudication the plan and the hospital.
_TELLING = {
    "intake": frozenset({"ClaimRegistered", "ClaimCorrected"}),
    "adjudication": frozenset({"ClaimAdjudicated", "ClaimDenied"}),
}


class OtherTopic(Protocol):
    """Where events go; partition = shard."""

    async def publish(self, shard: int, events: list[Recorded]) -> object:
        """Append the events in order, durably."""


Sources = Mapping[str, Source]


async def plan_republication(
    log: OperatorLog, sources: Sources, scope: Scope, by: str, on_page: Callable[[int], None]
) -> tuple[str, ReplayPlanned, int]:
    """Count what would be published and record the plan: its id, the plan, how many events.

    Raises LiveTopic, NoTopicName, NothingToPublish.
    """
    demand_other_topic(scope.topic)
    began = monotonic()
    scope = await _up_to_now(scope, sources)
    belonging = await _belonging(sources, scope, on_page)
    read = published = 0
    for shard, end in scope.chosen().items():
        async for page in _pages(sources[scope.source], shard, 0, end):
            read += len(page)
            published += len(_wanted(page, scope, belonging))
            on_page(len(page))
    if not published:
        raise NothingToPublish(scope.source, read)
    seconds = monotonic() - began + published / EXPECTED_PUBLISHED_PER_SECOND
    replay_id = str(new_id())
    planned = ReplayPlanned(
        replay_id=replay_id,
        kind="republish",
        scope=scope.as_json() | {"events": published},
        reads_events=read,
        touches=(f"topic {scope.topic}",),
        expected_seconds=round(seconds + 0.5),
        requested_by=by,
        needs_approval=True,
        planned_at=utc_now(),
    )
    await log.record(replay_id, lambda _: [planned])
    return replay_id, planned, published


async def run_republication(
    log: OperatorLog,
    sources: Sources,
    topic: OtherTopic,
    replay_id: str,
    by: str,
    rate: float | None,
    on_page: Callable[[int, int], None],
) -> int:
    """Publish what is left of an approved plan; how many events it has published altogether.

    `on_page` hears how many events were read, and published. Raises ReplayUnknown, NotApproved, AlreadyOver, and what
    source and topic raise; run it again then.
    """
    replay = await log.record(replay_id, lambda replay: start(replay, replay_id, by, utc_now()))
    planned = planned_of(replay, replay_id)
    scope = scope_of(planned.scope)
    belonging = await _belonging(sources, scope, lambda events: None)
    done = await log.progress(replay_id)
    on_page(sum(position for position, _ in done.values()), sum(count for _, count in done.values()))
    for shard, end in scope.chosen().items():
        position, _ = done.get(shard, (0, 0))
        async for page in _pages(sources[scope.source], shard, position, end):
            began = monotonic()
            events = _wanted(page, scope, belonging)
            if events:
                await topic.publish(shard, events)
            await log.advance(replay_id, shard, page[-1].position, len(events))
            on_page(len(page), len(events))
            if rate is not None:
                await asyncio.sleep(max(0.0, len(events) / rate - (monotonic() - began)))
    published = sum(count for _, count in (await log.progress(replay_id)).values())

    def conclude(replay: Replay) -> list[Event]:
        if replay.over:
            raise AlreadyOver(replay_id)
        return finish(replay_id, planned.reads_events, published, utc_now())

    await log.record(replay_id, conclude)
    return published


async def _up_to_now(scope: Scope, sources: Sources) -> Scope:
    telling = _TELLING if scope.asks_for_content else ()
    # What an event's claim belongs to was said before or with it: these logs' ends are read after the source's own.
    ends = await sources[scope.source].heads()
    return replace(scope, ends=ends, known={name: await sources[name].heads() for name in telling})


async def _belonging(sources: Sources, scope: Scope, on_page: Callable[[int], None]) -> Belonging:
    """Read what says whose claims are whose; nothing is read when nobody asks."""
    belonging = Belonging(scope)
    if not scope.asks_for_content:
        return belonging
    for name, types in _TELLING.items():
        for shard in scope.chosen():
            async for page in _pages(sources[name], shard, 0, scope.known[name][shard]):
                for event in page:
                    if event.type in types:
                        belonging.learn(orjson.loads(event.body))
                on_page(len(page))
    return belonging


def _wanted(page: list[Recorded], scope: Scope, belonging: Belonging) -> list[Recorded]:
    admitted = [event for event in page if scope.admits(event)]
    if not scope.asks_for_content:
        return admitted
    return [event for event in admitted if belonging.concerns(orjson.loads(event.body))]


async def _pages(source: Source, shard: int, after: int, end: int) -> AsyncIterator[list[Recorded]]:
    while after < end:
        page = await source.read(shard, after, min(PAGE_EVENTS, end - after))
        if not page:
            raise LogEndsEarly(f"shard {shard} ends at {after}, it had {end} events when this was planned")
        yield page
        after = page[-1].position
