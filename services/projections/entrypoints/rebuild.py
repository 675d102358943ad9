"""Build read models anew: `python -m services.projections.entrypoints.rebuild`, which `huiji rebuild` starts."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import httpx2
import orjson
import typer
from rich.console import Console

from libs.eventlog import EventLogError, Source
from libs.eventlog.database import DATABASE_AWAY, open_pool
from libs.eventlog.serve import HttpSource
from libs.eventlog.tool_logs import log_beside_output
from libs.local_platform.processes import tied_command
from libs.runtime.collector import tune_collector
from libs.runtime.staff import StaffFileUnusable, read_staff
from services.projections.adapters.event_tables import TableSource
from services.projections.adapters.generations import LIVE_SCHEMA, Generation
from services.projections.adapters.priority import share_priority
from services.projections.domain.pace import Pace
from services.projections.entrypoints.rebuild_progress import RebuildProgress, plan_text
from services.projections.errors import NotAnOperator, ProjectionsError, ReadModelUnknown, WorkerFailed
from services.projections.read_model import READ_MODELS, ReadModel
from services.projections.use_cases.fill import PAGE_EVENTS, fill
from services.projections.use_cases.keep_generations import drop_retired, list_generations
from services.projections.use_cases.plan_rebuild import plan_rebuild
from services.projections.use_cases.rebuild import (
    FillShards,
    OpenSources,
    Outcome,
    Request,
    construction_of,
    prepare,
    rebuild,
)

if TYPE_CHECKING:
    from libs.eventlog.database import Pool

_NO = 1
_UNREACHABLE = 3
_NICER_THAN_LIVE = 10
"""Where both want a processor, live has it."""
DEFAULT_LAG_EVENTS = 1_000
_WORKER = "HUIJI_REBUILD_WORKER"
"""Set for a worker: which share of which generation it fills."""

Names = Annotated[list[str] | None, typer.Argument(help=f"Read models: {', '.join(READ_MODELS)}.")]
_DATABASE = "HUIJI_DATABASE_URL"
DatabaseUrl = Annotated[
    str,
    typer.Option(envvar=_DATABASE, help="Where the read models are.", hidden=_DATABASE in os.environ),
]


def main(
    database_url: DatabaseUrl,
    names: Names = None,
    every: Annotated[bool, typer.Option("--all", help="All read models.")] = False,
    rate: Annotated[float | None, typer.Option(min=1, help="At most so many events a second.")] = None,
    lag: Annotated[
        int,
        typer.Option(min=0, help="A fortieth of the speed while live is so many events behind its logs."),
    ] = DEFAULT_LAG_EVENTS,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Fill shards in so many processes.")] = 1,
    page_events: Annotated[
        int, typer.Option(min=1, max=10_000, help="Events of a source read at a time: bounds memory.")
    ] = PAGE_EVENTS,
    over_http: Annotated[
        bool, typer.Option(help="Read the logs that the services serve ($HUIJI_SOURCES), not their tables.")
    ] = False,
    ahead: Annotated[
        bool, typer.Option(help="Up to the ends of the logs, wherever live is; live goes on from there.")
    ] = False,
    check: Annotated[
        bool, typer.Option(help="Compare what the logs say with the live tables; change nothing.")
    ] = False,
    back_to: Annotated[
        int | None, typer.Option(help="Catch a retired generation up and switch back.")
    ] = None,
    drop_kept: Annotated[
        bool, typer.Option("--drop-retired", help="Drop the generations that were replaced.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--list", help="Generations: number, version of the code, state.")
    ] = False,
    plan_only: Annotated[
        bool,
        typer.Option(
            "--plan-only", help="What it would read and touch, and how long it takes; change nothing."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Build read models anew from the logs, beside the live ones, and switch when they have caught up."""
    try:
        by = None if check or show or plan_only else _who_acts()
        request = Request(Pace(rate, lag), check, back_to, page_events, ahead, by)
        if worker := os.environ.get(_WORKER):
            asyncio.run(_work(database_url, json.loads(worker), request, over_http=over_http))
            return
        models = _chosen(names or [], every=every or show or drop_kept)
        if show:
            _print_generations(database_url, models, as_json=as_json)
        elif plan_only:
            plans = [
                asyncio.run(plan_rebuild(database_url, model, request, _sources(over_http)))
                for model in models
            ]
            _say("\n".join(map(plan_text, plans)), list(map(asdict, plans)), as_json)
        elif drop_kept:
            dropped = [asyncio.run(drop_retired(database_url, model)) for model in models]
            _say(
                f"{sum(map(len, dropped))} dropped",
                {"dropped": [n for some in dropped for n in some]},
                as_json,
            )
        else:
            outcomes = [_rebuild(database_url, model, request, processes, over_http) for model in models]
            _conclude(models, outcomes, as_json=as_json)
    except (ProjectionsError, EventLogError) as error:
        _refuse(str(error), _NO)
    except (OSError, *DATABASE_AWAY) as error:
        _refuse(f"the database does not answer: {error}; the same command goes on", _UNREACHABLE)


def _refuse(why: str, status: int) -> NoReturn:
    Console(stderr=True, highlight=False).print(why, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)


def _who_acts() -> str | None:
    """Where the deployment names its staff, an operator has to show a token; else whoever has the database acts."""
    file = os.environ.get("HUIJI_STAFF_FILE")
    if not file:
        return None
    try:
        member = read_staff(Path(file)).member_with(os.environ.get("HUIJI_STAFF_TOKEN", ""))
    except StaffFileUnusable as error:
        raise NotAnOperator(str(error)) from None
    if member is None or "operator" not in member.roles:
        raise NotAnOperator(member.id if member else "whoever asks")
    return member.id


def _shown() -> dict[str, str]:
    token = os.environ.get("HUIJI_STAFF_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _chosen(names: list[str], *, every: bool) -> list[ReadModel]:
    if not names and not every:
        raise ReadModelUnknown(f"which read model? {', '.join(READ_MODELS)}, or --all")
    unknown = set(names) - set(READ_MODELS)
    if unknown:
        raise ReadModelUnknown(
            f"no read model is called {', '.join(sorted(unknown))}; there is {', '.join(READ_MODELS)}"
        )
    return [READ_MODELS[name] for name in names] if names else list(READ_MODELS.values())


def _rebuild(
    database_url: str, model: ReadModel, request: Request, processes: int, over_http: bool
) -> Outcome:
    fill_elsewhere = _in_processes(processes, over_http) if processes > 1 else None
    with RebuildProgress(model.name) as progress:
        return asyncio.run(
            rebuild(database_url, model, request, _sources(over_http), fill_elsewhere, progress)
        )


def _sources(over_http: bool) -> OpenSources:
    urls: Mapping[str, str] = json.loads(os.environ.get("HUIJI_SOURCES", "{}"))

    def open_sources(live: "Pool", model: ReadModel) -> Mapping[str, Source]:
        if not over_http:
            return {name: TableSource(live, name, model.handled_types) for name in model.subscriptions}
        missing = sorted(set(model.subscriptions) - set(urls))
        if missing:
            raise ProjectionsError(f"$HUIJI_SOURCES does not say where {', '.join(missing)} serve their logs")
        client = httpx2.AsyncClient(timeout=60, trust_env=False, headers=_shown())
        return {name: HttpSource(name, urls[name], client) for name in model.subscriptions}

    return open_sources


def _in_processes(count: int, over_http: bool) -> FillShards:
    """Start this program again for each share of the shards; all end with this process, however it ends."""

    async def fill_elsewhere(generation: Generation, shards: int) -> None:
        started = []
        try:
            for index in range(min(count, shards)):
                share = {
                    "model": generation.model,
                    "schema": generation.schema,
                    "shards": list(range(index, shards, count)),
                    "of": min(count, shards),
                }
                command = (sys.executable, "-m", "services.projections.entrypoints.rebuild", *sys.argv[1:])
                started.append(
                    await asyncio.create_subprocess_exec(
                        *tied_command(command, signal.SIGKILL),
                        env={**os.environ, _WORKER: json.dumps(share)},
                    )
                )
            for status in await asyncio.gather(*(process.wait() for process in started)):
                if status:
                    raise WorkerFailed(status)
        finally:
            for process in started:
                if process.returncode is None:
                    process.kill()

    return fill_elsewhere


async def _work(database_url: str, share: Mapping[str, object], request: Request, *, over_http: bool) -> None:
    model = READ_MODELS[str(share["model"])]
    schema, shards, workers = str(share["schema"]), share["shards"], share["of"]
    assert isinstance(shards, list) and isinstance(workers, int), "set by this module"
    pool = await open_pool(database_url, LIVE_SCHEMA, size=4, on_connect=share_priority)
    try:
        count = await prepare(pool, model)
        generation = Generation(model.name, 0, model.version, schema, "building", ())
        async with construction_of(
            database_url, pool, count, model, generation, _sources(over_http), request
        ) as site:
            await fill(site, shards, request.pace.shared_by(workers))
    finally:
        await pool.close()


def _conclude(models: list[ReadModel], outcomes: list[Outcome], *, as_json: bool) -> None:
    words = []
    for model, outcome in zip(models, outcomes, strict=True):
        if outcome.replaced is not None:
            words.append(
                f"{model.name}: generation {outcome.generation} is live ({outcome.events} events);"
                f" generation {outcome.replaced} is kept until --drop-retired"
            )
        elif outcome.differences:
            tables = "; ".join(
                f"{table}: {mine} rows only live, {built} only in the logs"
                for table, (mine, built) in outcome.differences.items()
            )
            words.append(f"{model.name} is not what the logs say: {tables}")
        else:
            words.append(f"{model.name} equals what the logs say ({outcome.events} events)")
    rows = [
        {
            "model": model.name,
            "generation": outcome.generation,
            "events": outcome.events,
            "replaced": outcome.replaced,
            "differences": outcome.differences,
            "seconds": round(outcome.seconds, 3),
        }
        for model, outcome in zip(models, outcomes, strict=True)
    ]
    _say("\n".join(words), rows, as_json)
    raise typer.Exit(_NO if any(outcome.differences for outcome in outcomes) else 0)


def _print_generations(database_url: str, models: list[ReadModel], *, as_json: bool) -> None:
    rows = [row for model in models for row in asyncio.run(list_generations(database_url, model))]
    words = [
        f"{row['model']}: generation {row['generation']} is {row['status']}, filled by version {row['version']}"
        f" of the code ({'this one' if row['current'] else 'not this one'}), in schema {row['schema']}"
        f"{', switched by ' + row['switched_by'] if row['switched_by'] else ''}"
        for row in rows
    ]
    _say("\n".join(words), rows, as_json)


def _say(words: str, value: object, as_json: bool) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() if as_json else words)


if __name__ == "__main__":
    tune_collector()
    log_beside_output()
    os.nice(_NICER_THAN_LIVE)
    typer.run(main)
