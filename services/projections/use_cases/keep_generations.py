"""Which generations of a read model are kept, and dropping those that were replaced."""

from typing import TYPE_CHECKING, Any

from libs.eventlog.database import open_pool
from services.projections.adapters import generations
from services.projections.adapters.generations import LIVE_SCHEMA
from services.projections.read_model import ReadModel
from services.projections.use_cases.rebuild import prepare

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def list_generations(database_url: str, model: ReadModel) -> list[dict[str, Any]]:
    """All generations, oldest first, and whether each was filled by this version of the code."""
    pool = await open_pool(database_url, LIVE_SCHEMA, size=2)
    try:
        await prepare(pool, model)
        async with pool.acquire() as connection:
            return await described(connection, model)
    finally:
        await pool.close()


async def described(connection: "Connection", model: ReadModel) -> list[dict[str, Any]]:
    """The same, over a connection to the live schema."""
    return [
        {
            "model": one.model,
            "generation": one.number,
            "status": one.status,
            "version": one.version,
            "current": one.version == model.version,
            "switched_by": one.switched_by,
            "schema": LIVE_SCHEMA if one.status == "live" else one.schema,
        }
        for one in await generations.listed(connection, model.name)
    ]


async def drop_retired(database_url: str, model: ReadModel) -> list[int]:
    """Drop the generations that were replaced; their numbers."""
    pool = await open_pool(database_url, LIVE_SCHEMA, size=2)
    try:
        await prepare(pool, model)
        async with pool.acquire() as connection:
            retired = [
                one for one in await generations.listed(connection, model.name) if one.status == "retired"
            ]
            for one in retired:
                await generations.remove(connection, one)
    finally:
        await pool.close()
    return [one.number for one in retired]
