"""`huiji republish`: events of a log once more, to a topic of their own. Planned, approved by a second person, run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import httpx2
import typer
from rich.progress import Progress

from libs.benefits import load_plans
from libs.eventlog import EventLogError, SourceUnreachable
from libs.eventlog.serve import HttpSource
from services.operations.adapters.announcing import NoPlatform, NoSuchService
from services.operations.adapters.asking import as_caller
from services.operations.adapters.operator_log import OperatorLog, open_operator_log
from services.operations.adapters.other_topic import NamedTopic
from services.operations.domain.errors import OperationsError
from services.operations.domain.moments import NotAMoment, parse_moment
from services.operations.domain.republishing import (
    Replay,
    Scope,
    approve,
    planned_of,
    republication_of,
    scope_of,
)
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching, who_acts
from services.operations.entrypoints.output import AsJson, console, local, print_json, print_table, refuse
from services.operations.use_cases.export_history import LogEndsEarly
from services.operations.use_cases.republish import plan_republication, run_republication

republish = typer.Typer(
    no_args_is_help=True, help="Events once more, for a consumer that is new or lost some."
)

ReplayId = Annotated[str, typer.Argument(help="The id that `plan` printed.")]
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Site:
    """A running platform's logs, the operators' own log, and its broker."""

    log: OperatorLog
    sources: dict[str, HttpSource]
    kafka: str | None
    shards: int


@republish.command()
def plan(
    source: Annotated[str, typer.Option(help="The service whose events are published again.")],
    topic: Annotated[str, typer.Option(help="Where to; never a topic that begins with huiji.")],
    shard: Annotated[list[int] | None, typer.Option(min=0, help="Only this shard; may be repeated.")] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this event type; may be repeated.")
    ] = None,
    hospital: Annotated[str | None, typer.Option(help="Only claims of this hospital.")] = None,
    insurer: Annotated[str | None, typer.Option(help="Only plans whose pool has this insurer.")] = None,
    plan_id: Annotated[str | None, typer.Option("--plan", help="Only this plan.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Recorded at this moment or later.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Recorded before this moment.")] = None,
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Count what would be published, about how long it takes, and record the plan; nothing is published."""
    scope = Scope(
        source, topic, frozenset(shard or ()), frozenset(types or ()), hospital, _plans(insurer, plan_id),
        _moment(since, day_begins=True), _moment(until),
    )  # fmt: skip

    who = who_acts(platform, by, "operator")

    async def ask() -> tuple[str, Any, int]:
        async with _site(platform) as site:
            if source not in site.sources:
                raise NoSuchService(source, site.sources)
            return await plan_republication(site.log, site.sources, scope, who, lambda events: None)

    replay_id, planned, events = _answered(ask())
    if as_json:
        print_json(planned.model_dump(mode="json"))
        return
    out = console()
    out.print(
        f"{events} of {planned.reads_events} events of {source} to {topic}, about {planned.expected_seconds} s"
    )
    out.print(f"Somebody else has to approve it: huiji republish approve {replay_id}", soft_wrap=True)


@republish.command("approve")
def approve_replay(
    replay_id: ReplayId, by: ActingBy = "", platform: PlatformFile = None, as_json: AsJson = False
) -> None:
    """Agree, as a second person, to what was planned."""
    who = who_acts(platform, by, "approver")

    async def ask() -> Replay:
        async with _site(platform) as site:
            clock = site.log.clock
            return await site.log.record(replay_id, lambda replay: approve(replay, replay_id, who, clock()))

    replay = _answered(ask())
    _print_one(replay_id, replay, as_json=as_json)


@republish.command()
def run(
    replay_id: ReplayId,
    rate: Annotated[float | None, typer.Option(min=1, help="At most so many events a second.")] = None,
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Publish what was approved; after a kill, what is left of it."""
    who = who_acts(platform, by, "operator")

    async def ask(progress: Progress) -> int:
        async with _site(platform) as site:
            planned = republication_of((await site.log.replays()).get(replay_id, Replay()), replay_id)
            scope = scope_of(planned.scope)
            task = progress.add_task("publishing", total=sum(scope.chosen().values()))
            if site.kafka is None:
                raise NoPlatform("it is not known where the broker is: the platform file has no `kafka`")
            topic = NamedTopic(site.kafka, scope.source, site.shards, scope.topic)
            async with site.log.alone(replay_id):
                # Refused before anything is created: the broker keeps an empty topic for ever.
                await site.log.demand_startable(replay_id)
                try:
                    await topic.start()
                    return await run_republication(
                        site.log, site.sources, topic, replay_id, who, rate,
                        lambda read, published: progress.advance(task, read),
                    )  # fmt: skip
                finally:
                    await topic.stop()

    with bar() as progress:
        published = _answered(ask(progress))
    if as_json:
        print_json({"replay_id": replay_id, "published": published})
    else:
        console().print(f"{published} events published.")


@republish.command("list")
def list_replays(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Every replay that was planned, who asked, who agreed, and what became of it."""

    async def ask() -> dict[str, Replay]:
        async with _site(platform) as site:
            return await site.log.replays()

    rows = [_row(replay_id, replay) for replay_id, replay in _answered(ask()).items()]
    if as_json:
        print_json(rows)
    else:
        print_table(
            _COLUMNS,
            [[*(row[column] for column in _COLUMNS[:-1]), local(row["planned_at"])] for row in rows],
        )


_COLUMNS = ("replay_id", "status", "kind", "touches", "requested_by", "approved_by", "planned_at")


def _row(replay_id: str, replay: Replay) -> dict[str, Any]:
    planned = planned_of(replay, replay_id)
    return {
        "replay_id": replay_id,
        "status": replay.status,
        "kind": planned.kind,
        "touches": ", ".join(planned.touches),
        "requested_by": planned.requested_by,
        "approved_by": replay.approved_by,
        "planned_at": planned.planned_at.isoformat(timespec="seconds"),
    }


def _print_one(replay_id: str, replay: Replay, *, as_json: bool) -> None:
    row = _row(replay_id, replay)
    if as_json:
        print_json(row)
    else:
        console().print(f"{replay_id}: {row['status']} (by {replay.approved_by})", soft_wrap=True)


def _plans(insurer: str | None, plan_id: str | None) -> frozenset[str] | None:
    if insurer is None:
        return None if plan_id is None else frozenset({plan_id})
    plans = frozenset(
        one.id for one in load_plans().values() if any(member.id == insurer for member in one.insurers)
    )
    if not plans:
        raise typer.BadParameter(f"no plan's pool has an insurer {insurer!r}", param_hint="--insurer")
    return plans if plan_id is None else plans & {plan_id}


def _moment(text: str | None, *, day_begins: bool = False) -> datetime | None:
    """A day is its end, but for what begins on it."""
    try:
        if text is None:
            return None
        return parse_moment(f"{text}T00:00" if day_begins and len(text) == len("2026-03-31") else text)
    except NotAMoment as error:
        raise typer.BadParameter(str(error)) from None


@asynccontextmanager
async def _site(platform: PlatformFile) -> AsyncIterator[Site]:
    running = find_platform(platform)
    async with httpx2.AsyncClient(
        timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
    ) as client:
        sources = {name: HttpSource(name, url, client) for name, url in running.services.items()}
        shards = len(await next(iter(sources.values())).heads())
        async with open_operator_log(running.database(), shards) as log:
            yield Site(log, sources, running.kafka, shards)


def _answered(question: Any) -> Any:
    with reaching():
        try:
            return asyncio.run(question)
        except SourceUnreachable:
            raise
        except (OperationsError, EventLogError, LogEndsEarly) as error:
            refuse(str(error), NO)
