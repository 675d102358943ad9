"""What each claim waits for, and what the logs have of it: asked of the tables of all services in one database."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from services.operations.domain.archiving import CLAIM, Part

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_WAITING = (Path(__file__).parent / "claims_that_wait.sql").read_text()
_LOGS = """
select nspname as name from pg_namespace
where to_regclass(quote_ident(nspname) || '.event') is not null
  and to_regclass(quote_ident(nspname) || '.archive_block') is not null
order by nspname
"""
_PARKED = "select distinct subject from \"{source}\".parked where status = 'parked'"
# Bodies that are archived already are slips, and short: a length is known without fetching what it is the length of.
_HERE = "(octet_length(body) >= 24 or substr(body, 1, 1) <> '\\x00')"
_PARTS = f"""
select stream_id, subject, max(recorded_at) as last_recorded, count(*) filter (where {_HERE}) as events,
       coalesce(sum(octet_length(body)) filter (where {_HERE}), 0)::bigint as body_bytes
from "{{source}}".event where shard = $1 group by stream_id, subject
"""
_HERE_OF = f"""
select position from "{{source}}".event
where shard = $1 and position <= $2 and stream_id = any ($3::text[]) and subject = any ($4::text[]) and {_HERE}
order by position
"""
_AWAY_OF = f"""
select position from "{{source}}".event
where shard = $1 and ($2::text[] is null or subject = any ($2::text[])) and not {_HERE} order by position
"""


async def logs_of(connection: "Connection") -> list[str]:
    """Every log in the database that this release has prepared; one that it has not cannot be archived."""
    return [row["name"] for row in await connection.fetch(_LOGS)]


async def claims_standing(connection: "Connection", sources: Sequence[str]) -> dict[str, str | None]:
    """By claim id what it waits for, None: for nothing. Raises UndefinedTableError if some tables are elsewhere."""
    standing: dict[str, str | None] = {
        row["claim_id"]: row["waits_for"] for row in await connection.fetch(_WAITING)
    }
    for source in sources:
        for row in await connection.fetch(_PARKED.format(source=source)):
            standing[row["subject"].removeprefix(CLAIM)] = "parked"
    return standing


async def parts_of(connection: "Connection", sources: Sequence[str], shard: int) -> list[Part]:
    """What the logs have in a shard, by stream and subject."""
    return [
        Part(source, *row)
        for source in sources
        for row in await connection.fetch(_PARTS.format(source=source), shard)
    ]


async def ends_of(connection: "Connection", sources: Sequence[str]) -> dict[str, dict[str, int]]:
    """The last position of every shard of every log, as an event has it."""
    return {
        source: {
            str(row["shard"]): row["position"]
            for row in await connection.fetch(f'select shard, position from "{source}".shard order by shard')
        }
        for source in sources
    }


async def positions_here(
    connection: "Connection", source: str, shard: int, end: int, going: Sequence[Part]
) -> list[int]:
    """Of what goes, the events up to `end` whose body is in the table."""
    streams = sorted({part.stream_id for part in going if part.source == source})
    subjects = sorted({part.subject for part in going if part.source == source})
    if not streams:
        return []
    rows = await connection.fetch(_HERE_OF.format(source=source), shard, end, streams, subjects)
    return [row["position"] for row in rows]


async def positions_away(
    connection: "Connection", source: str, shard: int, claims: Sequence[str]
) -> list[int]:
    """The archived events of claims, of all when none is named."""
    subjects = [CLAIM + claim_id for claim_id in claims] or None
    rows = await connection.fetch(_AWAY_OF.format(source=source), shard, subjects)
    return [row["position"] for row in rows]


async def space_of(connection: "Connection", source: str) -> Mapping[str, int]:
    """What was archived of a log: segments, events, bytes of bodies and of files; what is `away` now; the table."""
    row = await connection.fetchrow(
        f"select count(*) as segments, coalesce(sum(events), 0)::bigint as events,"
        f" coalesce(sum(body_bytes), 0)::bigint as body_bytes, coalesce(sum(bytes), 0)::bigint as file_bytes,"
        f" pg_total_relation_size('\"{source}\".event') as table_bytes,"
        f' (select count(*) from "{source}".event where not {_HERE}) as away'
        f' from "{source}".archive_segment'
    )
    assert row is not None, "an aggregate always has a row"
    return dict(row)
