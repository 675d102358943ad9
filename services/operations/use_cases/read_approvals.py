"""What waits for a second person beside claims: patches of events, replays that re-publish, and archivings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.contracts.operations import ArchivingPlanned, ReplayPlanned
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.archive_log import ArchiveLog
from services.operations.adapters.asking import Refused, ask
from services.operations.adapters.credentials import caller_token
from services.operations.adapters.operator_log import OperatorLog, open_operators
from services.operations.domain.archiving import Archiving, plan_of
from services.operations.domain.republishing import Replay, planned_of

_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Approval:
    """`what` is approved by `command`; `by` has proposed it and cannot approve it."""

    what: str
    by: str
    since: datetime
    command: str

    def as_json(self) -> dict[str, str]:
        """Plain JSON values."""
        return {"what": self.what, "by": self.by, "since": self.since.isoformat(), "command": self.command}


def proposed_patches(running: RunningAt) -> list[Approval]:
    """Of every service's log. Raises Refused, and httpx2.HTTPError when a service is unreachable."""
    proposed = [
        (source, patch) for source in running.services for patch in answers_of(running, source, "amendments")
    ]
    parked = _parked_where(running) if proposed else {}
    return [
        Approval(
            f"a patch of {source}'s {patch['event_type']} about {patch['about']}",
            patch["proposed_by"],
            datetime.fromisoformat(patch["proposed_at"]),
            _approving(source, patch, parked),
        )
        for source, patch in proposed
    ]


_MOST_PARKED = 1_000
Place = tuple[str, int, int]


def _parked_where(running: RunningAt) -> dict[Place, tuple[str, str]]:
    """The service that could not process it, and its subject there, by a parked event's source, shard and position."""
    return {
        (row["source"], row["shard"], row["position"]): (service, row["subject"])
        for service in running.services
        for row in answers_of(running, service, f"parked?limit={_MOST_PARKED}")
    }


def _approving(source: str, patch: Mapping[str, Any], parked: Mapping[Place, tuple[str, str]]) -> str:
    found = parked.get((source, patch["shard"], patch["position"]))
    if found is None:
        # Whoever could not process it has discarded it since, or it stands behind very many.
        return f"POST /amendments/{patch['shard']}/{patch['position']}/approve at {source}"
    service, subject = found
    return f'huiji parked approve {subject} --service {service} --proposal {patch["proposal"]} --why "…"'


async def planned_by_operators(running: RunningAt) -> list[Approval]:
    """Replays and archivings that nobody has approved yet.

    The operators' log is in the database: without its URL none is known.
    """
    if running.database_url is None:
        return []
    shards = len(ask(f"{running.url('intake')}/log/heads", token=caller_token(running)))
    async with open_operators(running.database_url, shards) as log:
        return _of_replays(await OperatorLog(log).replays()) + archivings_to_approve(
            await ArchiveLog(log).archivings()
        )


def archivings_to_approve(archivings: Mapping[str, Archiving]) -> list[Approval]:
    """Those that are planned, and how each is approved."""
    waiting = {each_id: plan_of(each, each_id) for each_id, each in archivings.items() if _waits(each)}
    return [
        _to_approve(
            f"the bodies of {sum(planned.events.values())} events to {planned.directory}", planned,
            f"huiji archive approve {archiving_id}",
        )
        for archiving_id, planned in waiting.items()
    ]  # fmt: skip


def _of_replays(replays: Mapping[str, Replay]) -> list[Approval]:
    waiting = {each_id: planned_of(each, each_id) for each_id, each in replays.items() if _waits(each)}
    return [
        _to_approve(
            f"{planned.kind} of {planned.reads_events} events to {', '.join(planned.touches)}", planned,
            f"huiji republish approve {replay_id}",
        )
        for replay_id, planned in waiting.items()
        if planned.needs_approval
    ]  # fmt: skip


def _waits(each: Archiving | Replay) -> bool:
    return each.status == "planned"


def _to_approve(what: str, planned: ArchivingPlanned | ReplayPlanned, command: str) -> Approval:
    return Approval(what, planned.requested_by, planned.planned_at, command)


def answers_of(running: RunningAt, service: str, path: str) -> list[dict[str, Any]]:
    """What a service lists at `path`; nothing when it has no such thing."""
    try:
        found: list[dict[str, Any]] = ask(f"{running.url(service)}/{path}", token=caller_token(running))
    except Refused as refusal:
        if refusal.status != _NOT_FOUND:
            raise
        return []
    return found
