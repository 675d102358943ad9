"""`huiji archive`: bodies of closed claims out of the tables, into files. Planned, approved by a second person, run."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.progress import Progress

from libs.contracts import Event
from libs.contracts.operations import ArchivingPlanned
from libs.eventlog import EventLogError
from libs.eventlog.archived import DIRECTORY_VARIABLE
from libs.runtime.clock import new_id
from services.operations.adapters.archive_log import ArchiveLog, open_archive_log
from services.operations.adapters.claims_standing import ends_of, logs_of, space_of
from services.operations.domain.archiving import Archiving, approve, plan_of, withdraw
from services.operations.domain.errors import OperationsError
from services.operations.domain.moments import NotAMoment, parse_moment
from services.operations.entrypoints.archive_showing import (
    print_archivings,
    print_check,
    print_plan,
    print_restored,
    print_space,
    say_where,
)
from services.operations.entrypoints.bars import bar
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching, who_acts
from services.operations.entrypoints.output import AsJson, console, print_json, refuse
from services.operations.use_cases.archive_claims import EXPECTED_PER_SECOND, plan_archiving, run_archiving
from services.operations.use_cases.restore_archived import check_archives, restore_archived

archive = typer.Typer(
    no_args_is_help=True, help="Bodies of closed claims out of the tables, into files that prove themselves."
)

Decide = Callable[[Archiving, str, str, datetime], list[Event]]
ArchivingId = Annotated[str, typer.Argument(help="The id that `plan` printed.")]


@dataclass(frozen=True)
class Site:
    """The database of a platform, and the operators' own log in it."""

    log: ArchiveLog
    database_url: str


@archive.command()
def plan(
    before: Annotated[
        str, typer.Option(help="Claims of which something was recorded since then stay; a day is its begin.")
    ],
    directory: Annotated[
        Path | None,
        typer.Option(
            envvar=DIRECTORY_VARIABLE,
            help="Where the files go: every service and tool has to see it, under the same path.",
        ),
    ] = None,
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Count what would be put away, why other claims stay, about how long it takes; nothing is put away."""
    if directory is None:
        raise typer.BadParameter(f"say where, or set ${DIRECTORY_VARIABLE}", param_hint="--directory")
    moment, place = _moment(before), directory.absolute()
    say_where(str(place))
    who = who_acts(platform, by, "operator")
    archiving_id = str(new_id())

    async def ask(progress: Progress) -> Any:
        task = progress.add_task("counting", total=None)
        async with _site(platform) as site:
            return await plan_archiving(
                site.log, site.database_url, archiving_id, moment or site.log.clock(), place, who,
                lambda shard, shards: progress.update(task, completed=shard, total=shards),
            )  # fmt: skip

    with bar() as progress:
        planned = _answered(ask(progress))
    if as_json:
        print_json(planned.model_dump(mode="json"))
        return
    print_plan(planned, EXPECTED_PER_SECOND)


@archive.command("approve")
def approve_archiving(
    archiving_id: ArchivingId, by: ActingBy = "", platform: PlatformFile = None, as_json: AsJson = False
) -> None:
    """Agree, as a second person, to what was planned."""
    _decide(approve, archiving_id, who_acts(platform, by, "approver"), platform, as_json)


@archive.command("withdraw")
def withdraw_archiving(
    archiving_id: ArchivingId, by: ActingBy = "", platform: PlatformFile = None, as_json: AsJson = False
) -> None:
    """Take back a plan, approved or not, of which nothing was put away yet; it is in nobody's todo any more."""
    _decide(withdraw, archiving_id, who_acts(platform, by, "operator"), platform, as_json)


def _decide(decide: Decide, archiving_id: str, who: str, platform: PlatformFile, as_json: bool) -> None:
    async def ask() -> Archiving:
        async with _site(platform) as site:
            clock = site.log.clock
            return await site.log.record(archiving_id, lambda each: decide(each, archiving_id, who, clock()))

    print_archivings({archiving_id: _answered(ask())}, as_json=as_json)


@archive.command()
def run(
    archiving_id: ArchivingId, by: ActingBy = "", platform: PlatformFile = None, as_json: AsJson = False
) -> None:
    """Put away what was approved; after a kill, what is left of it."""
    who = who_acts(platform, by, "operator")

    async def look() -> ArchivingPlanned:
        async with _site(platform) as site:
            return plan_of((await site.log.archivings()).get(archiving_id, Archiving()), archiving_id)

    planned = _answered(look())
    say_where(planned.directory)

    async def ask(progress: Progress) -> Any:
        task = progress.add_task("putting away", total=sum(planned.events.values()))
        async with _site(platform) as site:
            return await run_archiving(
                site.log, site.database_url, archiving_id, who, lambda events: progress.advance(task, events)
            )

    with bar() as progress:
        finished = _answered(ask(progress))
    if as_json:
        print_json(finished.model_dump(mode="json"))
        return
    files = sum(map(len, finished.segments.values()))
    console().print(f"The bodies of {sum(finished.events.values())} events lie in {files} files now.")


@archive.command()
def restore(
    claim: Annotated[list[str] | None, typer.Option(help="Of this claim; may be repeated.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Of every claim.")] = False,
    by: ActingBy = "",
    platform: PlatformFile = None,
    as_json: AsJson = False,
) -> None:
    """Bring bodies back into their logs, each after its hash was found to fit; status 1 names those that do not."""
    claims = claim or []
    if bool(claims) == everything:
        raise typer.BadParameter("say --claim CLAIM_ID, or --all", param_hint="--claim")
    who = who_acts(platform, by, "operator")

    async def ask(progress: Progress) -> Any:
        task = progress.add_task("bringing back", total=None)
        async with _site(platform) as site:
            return await restore_archived(
                site.log, site.database_url, str(new_id()), claims, who,
                lambda events: progress.advance(task, events),
            )  # fmt: skip

    with bar() as progress:
        restored = _answered(ask(progress))
    print_restored(restored, as_json=as_json)
    raise typer.Exit(NO if restored.misfits else 0)


@archive.command()
def check(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Read every file, and hold every body against its event's hash; status 1 names what is hit."""

    async def ask(progress: Progress) -> Any:
        task = progress.add_task("checking", total=None)
        url = find_platform(platform).database()
        return await check_archives(url, lambda events: progress.advance(task, events))

    with bar() as progress:
        found = _answered(ask(progress))
    print_check(found, as_json=as_json)
    raise typer.Exit(0 if all(one.whole for one in found.values()) else NO)


@archive.command()
def status(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """How much of each log lies in the archive, and what the table takes."""

    async def ask() -> Any:
        connection = await asyncpg.connect(find_platform(platform).database())
        try:
            return {log: await space_of(connection, log) for log in await logs_of(connection)}
        finally:
            await connection.close()

    print_space(_answered(ask()), as_json=as_json)


@archive.command("list")
def list_archivings(platform: PlatformFile = None, as_json: AsJson = False) -> None:
    """Every archiving that was planned, who asked, who agreed, and what became of it."""

    async def ask() -> dict[str, Archiving]:
        async with _site(platform) as site:
            return await site.log.archivings()

    print_archivings(_answered(ask()), as_json=as_json)


def _moment(text: str) -> datetime | None:
    """A day is its begin: what was recorded on it stays. None: now."""
    try:
        return parse_moment(f"{text}T00:00" if len(text) == len("2026-03-31") else text)
    except NotAMoment:
        told = f"{text!r} is no moment: 2026-03-31 (its begin), 2026-03-31T14:00 (Shanghai), 2026-03-31T06:00Z, or now"
        raise typer.BadParameter(told, param_hint="--before") from None


@asynccontextmanager
async def _site(platform: PlatformFile) -> AsyncIterator[Site]:
    url = find_platform(platform).database()
    connection = await asyncpg.connect(url)
    try:
        ends = await ends_of(connection, await logs_of(connection))
    finally:
        await connection.close()
    if not ends:
        refuse("the database has no log that this release has prepared: start its services first", NO)
    async with open_archive_log(url, len(next(iter(ends.values())))) as log:
        yield Site(log, url)


def _answered(question: Any) -> Any:
    with reaching():
        try:
            return asyncio.run(question)
        except asyncpg.UndefinedTableError as error:
            refuse(f"all services have to keep their tables in one database: {error}", NO)
        except (OperationsError, EventLogError) as error:
            refuse(str(error), NO)
