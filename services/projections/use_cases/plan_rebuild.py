"""What a rebuild would read and touch, and about how long it takes. It looks: nothing is made, not even a schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from libs.eventlog.checkpoint import Lane
from libs.eventlog.database import open_pool
from services.projections.adapters import generations
from services.projections.adapters.event_tables import live_positions
from services.projections.adapters.generations import LIVE_SCHEMA, Generation
from services.projections.errors import GenerationUnknown, NeverStarted
from services.projections.read_model import ReadModel
from services.projections.use_cases.rebuild import OpenSources, Request

if TYPE_CHECKING:
    from libs.eventlog.database import Connection, Pool

EXPECTED_EVENTS_PER_SECOND = 50_000
"""What docs/benchmarks.md measures with indexes, with room to spare; while live works it is a twentieth of this."""
_FIRST = 1


@dataclass(frozen=True, slots=True)
class RebuildPlan:
    """`reads`: how many events of each source are still to be read; `shards`: of the deployment's logs."""

    model: str
    version: int
    generation: int
    reads: Mapping[str, int]
    touches: tuple[str, ...]
    expected_seconds: int
    shards: int


async def plan_rebuild(
    database_url: str, model: ReadModel, request: Request, open_sources: OpenSources
) -> RebuildPlan:
    """Raises NeverStarted, GenerationUnknown, and what the sources raise."""
    pool = await open_pool(database_url, LIVE_SCHEMA, size=2)
    try:
        if await pool.fetchval("select to_regclass($1)", f"{LIVE_SCHEMA}.shard") is None:
            raise NeverStarted
        async with pool.acquire() as connection:
            known = await _known(connection, model)
            building = _to_build(model, known, request.back_to)
            reached = await _reached(connection, building)
            shards: int = await connection.fetchval("select count(*) from shard")
        goal = await _goal(pool, model, request, open_sources)
    finally:
        await pool.close()
    reads = dict.fromkeys(sorted(model.subscriptions), 0)
    for lane, position in goal.items():
        reads[lane[0]] += max(0, position - reached.get(lane, 0))
    pace = min(request.pace.events_per_second or EXPECTED_EVENTS_PER_SECOND, EXPECTED_EVENTS_PER_SECOND)
    kept = next(
        (one.schema for one in known if one.status == "live"), generations.schema_of(model.name, _FIRST)
    )
    touches = (
        f"schema {building.schema}: built",
        f"schema {LIVE_SCHEMA}: the tables of {model.name} are replaced",
        f"schema {kept}: the replaced ones are kept there",
    )
    seconds = ceil(sum(reads.values()) / pace) or 1
    return RebuildPlan(model.name, model.version, building.number, reads, touches, seconds, shards)


async def _known(connection: "Connection", model: ReadModel) -> list[Generation]:
    """None where no code that knows of generations has run yet."""
    if await connection.fetchval("select to_regclass($1)", f"{LIVE_SCHEMA}.generation") is None:
        return []
    return await generations.listed(connection, model.name)


def _to_build(model: ReadModel, known: list[Generation], back_to: int | None) -> Generation:
    """As `generations.begin` and `take_up` choose it: one that older code began is given up."""
    if back_to is not None:
        for one in known:
            if one.number == back_to and one.status in ("retired", "building"):
                return one
        raise GenerationUnknown(model.name, back_to)
    stay = [one for one in known if one.status != "building" or one.version == model.version]
    for one in stay:
        if one.status == "building":
            return one
    number = max((one.number for one in stay), default=_FIRST) + 1
    return Generation(
        model.name, number, model.version, generations.schema_of(model.name, number), "building", ()
    )


async def _reached(connection: "Connection", building: Generation) -> dict[Lane, int]:
    """How far an earlier rebuild, or the generation when it was live, has come."""
    if await connection.fetchval("select to_regclass($1)", f'"{building.schema}".checkpoint') is None:
        return {}
    rows = await connection.fetch(f'select source, shard, position from "{building.schema}".checkpoint')
    return {(row["source"], row["shard"]): row["position"] for row in rows}


async def _goal(
    pool: "Pool", model: ReadModel, request: Request, open_sources: OpenSources
) -> dict[Lane, int]:
    sources = open_sources(pool, model)
    async with pool.acquire() as connection:
        goal = await live_positions(connection, sorted(sources))
    if request.ahead:
        for name, source in sources.items():
            for shard, head in (await source.heads()).items():
                goal[name, shard] = max(head, goal.get((name, shard), 0))
    return goal
