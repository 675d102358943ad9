"""Which events are published again, and whether they may be. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from libs.contracts import Event
from libs.contracts.operations import ReplayApproved, ReplayFinished, ReplayPlanned, ReplayStarted
from services.operations.domain.errors import OperationsError

LIVE_TOPICS = "huiji."
"""What begins so is read by services and hospitals of this deployment."""


class LiveTopic(OperationsError):
    """A topic that services read: `huiji topics rebuild` publishes a log to its own topic again."""

    code = "live_topic"

    def __init__(self, topic: str) -> None:
        super().__init__(
            f"{topic} is a topic of the running services: choose a name that does not begin with {LIVE_TOPICS!r}"
            " (huiji topics rebuild publishes a whole log to its own topic again)"
        )


class NoTopicName(OperationsError):
    """No broker takes such a name for a topic."""

    code = "no_topic_name"

    def __init__(self, topic: str) -> None:
        super().__init__(
            f"{topic!r} is no name for a topic: letters, digits, '.', '_' and '-', at most 249 of them"
        )


class NothingToPublish(OperationsError):
    """No event is of what was asked for: most likely a range or a name is mistyped, and nobody should approve it."""

    code = "nothing_to_publish"

    def __init__(self, source: str, read: int) -> None:
        super().__init__(
            f"none of the {read} events of {source} in these shards is meant: nothing was planned"
        )


class ReplayUnknown(OperationsError):
    """No replay of this id was planned."""

    code = "replay_unknown"

    def __init__(self, replay_id: str) -> None:
        super().__init__(f"no replay {replay_id} was planned here")


class NeedsAnother(OperationsError):
    """Whoever planned a replay cannot approve it."""

    code = "needs_another_person"

    def __init__(self, who: str) -> None:
        super().__init__(f"{who} has planned it: somebody else has to approve it")


class NotApproved(OperationsError):
    """A re-publication that nobody has approved does not run."""

    code = "not_approved"

    def __init__(self, replay_id: str) -> None:
        super().__init__(f"nobody has approved {replay_id} yet: huiji republish approve {replay_id}")


class AlreadyOver(OperationsError):
    """A replay that has ended is not approved or run again: plan another."""

    code = "replay_over"

    def __init__(self, replay_id: str) -> None:
        super().__init__(f"{replay_id} has ended; plan another one")


class RunsElsewhere(OperationsError):
    """A replay is run by one process at a time: two would do its work twice."""

    code = "runs_elsewhere"

    def __init__(self, replay_id: str) -> None:
        super().__init__(f"another process is running this: {replay_id}")


class NotARepublication(OperationsError):
    """A replay of another kind has a command of its own."""

    code = "not_a_republication"

    def __init__(self, replay_id: str, kind: str) -> None:
        super().__init__(f"{replay_id} is a {kind}, and publishes nothing")


class Described(Protocol):
    """An event as far as a scope looks at it."""

    @property
    def shard(self) -> int:
        """Its shard."""

    @property
    def type(self) -> str:
        """Its type's name."""

    @property
    def recorded_at(self) -> datetime:
        """When it was recorded."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events of a source's log go to which topic; what is empty or None leaves nothing out.

    `plans` are those of the insurer or plan that was asked for. `since` is included, `until` is not. `ends`: the last
    position of each shard when this was planned, so what runs is what was approved; `known`: the same of the logs that
    tell whose a claim is, by source.
    """

    source: str
    topic: str
    shards: frozenset[int] = frozenset()
    types: frozenset[str] = frozenset()
    hospital: str | None = None
    plans: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    ends: Mapping[int, int] = field(default_factory=dict)
    known: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    @property
    def asks_for_content(self) -> bool:
        """Whether an event's place and envelope do not tell all."""
        return self.hospital is not None or self.plans is not None

    def admits(self, event: Described) -> bool:
        """Whether place, type and time fit."""
        return (
            (not self.types or event.type in self.types)
            and (self.since is None or event.recorded_at >= self.since)
            and (self.until is None or event.recorded_at < self.until)
        )

    def chosen(self) -> dict[int, int]:
        """The shards to read, and to where."""
        return {shard: end for shard, end in self.ends.items() if not self.shards or shard in self.shards}

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "source": self.source,
            "topic": self.topic,
            "shards": sorted(self.shards),
            "types": sorted(self.types),
            "hospital": self.hospital,
            "plans": None if self.plans is None else sorted(self.plans),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "ends": _with_names(self.ends),
            "known": {source: _with_names(ends) for source, ends in sorted(self.known.items())},
        }


def scope_of(document: Mapping[str, Any]) -> Scope:
    """The inverse of `Scope.as_json`."""
    plans, since, until = document["plans"], document["since"], document["until"]
    return Scope(
        document["source"],
        document["topic"],
        frozenset(document["shards"]),
        frozenset(document["types"]),
        document["hospital"],
        None if plans is None else frozenset(plans),
        datetime.fromisoformat(since) if since else None,
        datetime.fromisoformat(until) if until else None,
        _with_numbers(document["ends"]),
        {source: _with_numbers(ends) for source, ends in document["known"].items()},
    )


def _with_names(ends: Mapping[int, int]) -> dict[str, int]:
    return {str(shard): end for shard, end in sorted(ends.items())}


def _with_numbers(ends: Mapping[str, int]) -> dict[int, int]:
    return {int(shard): end for shard, end in ends.items()}


def demand_other_topic(topic: str) -> None:
    """Raises LiveTopic and NoTopicName."""
    if not re.fullmatch(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}", topic):
        raise NoTopicName(topic)
    if topic.startswith(LIVE_TOPICS):
        raise LiveTopic(topic)


class Belonging:
    """Whose claims are whose: hospitals and plans of claims, learned from the events that say them.

    A claim that is not decided has no plan yet; what a service says about it names neither.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._hospitals: dict[str, str] = {}
        self._plans: dict[str, str] = {}

    def learn(self, body: Mapping[str, Any]) -> None:
        """Hear what an event says of its claim."""
        claim_id = body.get("claim_id")
        if isinstance(claim_id, str):
            if (hospital := _hospital_of(body)) is not None:
                self._hospitals[claim_id] = hospital
            if isinstance(plan := body.get("plan_id"), str):
                self._plans[claim_id] = plan

    def concerns(self, body: Mapping[str, Any]) -> bool:
        """Whether an event is about the hospital and the plans of the scope."""
        claim_id = str(body.get("claim_id"))
        hospital = _hospital_of(body) or self._hospitals.get(claim_id)
        plan = body.get("plan_id") or self._plans.get(claim_id)
        wanted = self._scope
        return (wanted.hospital is None or hospital == wanted.hospital) and (
            wanted.plans is None or plan in wanted.plans
        )


def _hospital_of(body: Mapping[str, Any]) -> str | None:
    visit = body.get("visit")
    hospital = body.get("hospital_id") or (visit.get("hospital_id") if isinstance(visit, dict) else None)
    return hospital if isinstance(hospital, str) else None


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay as its events tell it."""

    planned: ReplayPlanned | None = None
    approved_by: str | None = None
    started: bool = False
    over: bool = False
    failed: bool = False

    @property
    def status(self) -> str:
        """In one word."""
        if self.over:
            return "failed" if self.failed else "finished"
        if self.started:
            return "started"
        return "approved" if self.approved_by is not None else "planned"


def evolve(replay: Replay, event: Event) -> Replay:
    """The replay after one of its events."""
    match event:
        case ReplayPlanned():
            return Replay(planned=event)
        case ReplayApproved(approved_by=approved_by):
            return Replay(replay.planned, approved_by, replay.started, replay.over)
        case ReplayStarted():
            return Replay(replay.planned, replay.approved_by, True, replay.over)
        case ReplayFinished(outcome=outcome):
            return Replay(
                replay.planned, replay.approved_by, replay.started, True, failed=outcome == "failed"
            )
        case _:
            return replay


def planned_of(replay: Replay, replay_id: str) -> ReplayPlanned:
    """What was planned. Raises ReplayUnknown."""
    if replay.planned is None:
        raise ReplayUnknown(replay_id)
    return replay.planned


def plan_once(planned: ReplayPlanned, replay: Replay) -> list[Event]:
    """The plan, unless it is recorded already: a replay that was killed goes on under the same id."""
    return [planned] if replay.planned is None else []


def republication_of(replay: Replay, replay_id: str) -> ReplayPlanned:
    """The same of a re-publication. Raises ReplayUnknown, NotARepublication."""
    planned = planned_of(replay, replay_id)
    if planned.kind != "republish":
        raise NotARepublication(replay_id, planned.kind)
    return planned


def approve(replay: Replay, replay_id: str, by: str, now: datetime) -> list[Event]:
    """A second person agrees; once is enough. Raises ReplayUnknown, NeedsAnother, AlreadyOver."""
    planned = planned_of(replay, replay_id)
    if replay.over:
        raise AlreadyOver(replay_id)
    if planned.requested_by.strip().casefold() == by.strip().casefold():
        raise NeedsAnother(by)
    if replay.approved_by is not None:
        return []
    return [ReplayApproved(replay_id=replay_id, approved_by=by, approved_at=now)]


def start(replay: Replay, replay_id: str, by: str, now: datetime) -> list[Event]:
    """It runs, for the first time or again after it was killed. Raises ReplayUnknown, NotApproved, AlreadyOver."""
    planned = planned_of(replay, replay_id)
    if replay.over:
        raise AlreadyOver(replay_id)
    if planned.needs_approval and replay.approved_by is None:
        raise NotApproved(replay_id)
    return [ReplayStarted(replay_id=replay_id, started_by=by, started_at=now, resumed=replay.started)]


def finish(replay_id: str, events_read: int, published: int, now: datetime) -> list[Event]:
    """It has done all that was planned."""
    counts = {"events_read": events_read, "published": published}
    return [ReplayFinished(replay_id=replay_id, outcome="completed", counts=counts, finished_at=now)]
