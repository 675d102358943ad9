"""A long history from a short one that was really lived: every log and table again and again, under other ids.

Sending a million claims takes hours. Here some thousand are sent and paid; then all that services keep of them is
copied, each copy with the ids of people, claims, decisions, payments and files changed in their first eight digits.
Events get new positions in the shards of their new people, and hash chains that hold (`huiji verify-chain`). The read
model is what its rebuild would make (`huiji rebuild --check`). What is not copied true: seals name keys that open
nothing, so copied people can be decided about but not written to; and insurers' streams say nothing of copied claims.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import get_context

import asyncpg

from libs.eventlog import Recorded
from services.operations.domain.topology import SERVICES
from services.projections.claims.subscriptions import SUBSCRIPTIONS
from tests.benchmarks.copied_events import FIELDS, HEADER, TRAILER, Ends, EventPage
from tests.benchmarks.rebuilt_indexes import only_filled
from tests.benchmarks.renaming import Renamable, ids_and_digests_in

PAGE_EVENTS = 20_000
PAGE_BYTES = 8_000_000
SENT_AT_ONCE = 1_000_000
_TABLES = {
    "privacy": ("person_key",),
    "enrolment": ("coverage",),
    "intake": ("submission",),
    "fraud": ("invoice",),
    "payout": ("payee", "payment_file", "payment", "posting"),
    "charity": ("referral",),
    "projections": (
        "claim", "decision", "payment", "clawback", "adjustment", "referral", "one_stop_difference", "waiting",
    ),
}  # fmt: skip
_COLUMNS = """
select column_name,
       is_identity = 'NO' and coalesce(column_default, '') not like 'nextval%' as is_copied
from information_schema.columns where table_schema = $1 and table_name = $2 order by ordinal_position
"""
_STEPS = """
insert into projections.step (subject, recorded_at, source, shard, position, type, traceparent)
select subject, recorded_at, '{source}', shard, position, type, traceparent from "{source}".event
where type = any ($1::text[]) order by shard, position
"""


@dataclass(frozen=True)
class _Part:
    """What one worker copies: a schema's log, its tables, or the steps of the read model."""

    database_url: str
    schema: str
    what: str
    copies: range


def multiply(database_url: str, copies: range) -> int:
    """Copy the history of a platform that is stopped, once for each number of `copies` (from 1, below 2**32), which
    makes the copy's names; answers how many events its logs have then. A schema's copies are there together or not
    at all; should this be killed, the database is to be thrown away.

    What is a copy already may be copied again with numbers whose bits the first ones have not used.
    """
    logs = [_Part(database_url, service.name, "log", copies) for service in SERVICES]
    tables = [_Part(database_url, schema, "tables", copies) for schema in _TABLES]
    steps = _Part(database_url, "projections", "steps", copies)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        events = sum(pool.map(_copy, logs))
        list(pool.map(_copy, [steps, *tables]))
    asyncio.run(settle_down(database_url))
    return events


def _copy(part: _Part) -> int:
    return asyncio.run(_copy_part(part))


async def _copy_part(part: _Part) -> int:
    connection = await _connect(part.database_url)
    try:
        # Tables are copied in any order, and what is not there yet is not asked for.
        await connection.execute("set session_replication_role = replica")
        await connection.execute("set maintenance_work_mem = '1GB'")
        async with connection.transaction():
            if part.what == "log":
                return await _multiply_log(connection, part.schema, part.copies)
            if part.what == "steps":
                await _multiply_steps(connection)
            else:
                await _multiply_tables(connection, part.schema, part.copies)
        return 0
    finally:
        await connection.close()


async def _connect(database_url: str) -> asyncpg.Connection:
    return await asyncpg.connect(database_url, command_timeout=3_600, server_settings={"timezone": "UTC"})


async def _multiply_log(connection: asyncpg.Connection, schema: str, copies: range) -> int:
    ends = Ends()
    for row in await connection.fetch(f'select shard, position, hash from "{schema}".shard'):
        ends.position[row["shard"]], ends.hash[row["shard"]] = row["position"], row["hash"]
    lived = dict(ends.position)
    async with only_filled(connection, schema, "event") as short:
        await connection.execute(
            f'insert into "{schema}".event select * from {short} order by shard, position'
        )
        for shard, until in lived.items():
            for after in range(0, until, PAGE_EVENTS):
                page = await _page(connection, schema, short, shard, after)
                if page is None:
                    continue
                for copy in copies:
                    await connection.copy_to_table(
                        "event", schema_name=schema, columns=FIELDS, format="binary", freeze=True,
                        source=_chunks(HEADER, page.copy(copy, ends), TRAILER),
                    )  # fmt: skip
    for shard, position in ends.position.items():
        await connection.execute(
            f'update "{schema}".shard set position = $2, hash = $3 where shard = $1',
            shard, position, ends.hash[shard],
        )  # fmt: skip
    return sum(ends.position.values())


async def _page(
    connection: asyncpg.Connection, schema: str, table: str, shard: int, after: int
) -> EventPage | None:
    """Events of a shard that are somebody's: their stream has an id, which a copy changes; an insurer's has a name."""
    rows = await connection.fetch(
        f"select {', '.join(FIELDS)} from {table} where shard = $1 and position > $2 and position <= $3"
        " order by position",
        shard, after, after + PAGE_EVENTS,
    )  # fmt: skip
    events = [Recorded(schema, *row) for row in rows]
    keys: dict[str, bytes] = {}
    for event in events:
        if event.stream_id not in keys:
            keys[event.stream_id] = event.decode().shard_key().encode()
    return EventPage.of_somebodys(events, keys)


async def _multiply_steps(connection: asyncpg.Connection) -> None:
    """The claims' ways through the services: as much of the logs as says something to the read model."""
    async with only_filled(connection, "projections", "step"):
        for source, types in SUBSCRIPTIONS.items():
            await connection.execute(_STEPS.format(source=source), sorted(types))


async def _multiply_tables(connection: asyncpg.Connection, schema: str, copies: range) -> None:
    for table in _TABLES[schema]:
        described = await connection.fetch(_COLUMNS, schema, table)
        copied = [row["column_name"] for row in described if row["is_copied"]]
        out = BytesIO()
        await connection.copy_from_table(table, schema_name=schema, columns=copied, output=out)
        at = copied.index("submission_id") if "submission_id" in copied else None
        for page in _pages_of_lines(out.getvalue(), at):
            for copy in copies:
                await connection.copy_to_table(
                    table, schema_name=schema, columns=copied, source=_chunks(page.copy(copy).tobytes())
                )


def _pages_of_lines(text: bytes, submission_at: int | None) -> Iterator[Renamable]:
    """A hospital's own number is unique, too: it gets the copy's number behind it."""
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + PAGE_BYTES) + 1 or len(text)
        page = text[start:end]
        more: list[int] = []
        if submission_at is not None:
            page, more = _with_suffixes(page, submission_at)
        yield Renamable(page, [*ids_and_digests_in(page), *more])
        start = end


def _with_suffixes(page: bytes, at: int) -> tuple[bytes, list[int]]:
    lines, suffixes, length = [], [], 0
    for line in page.splitlines(keepends=True):
        fields = line.split(b"\t")
        before = sum(map(len, fields[: at + 1])) + at
        fields[at] += b"-00000000"
        suffixes.append(length + before + 1)
        lines.append(b"\t".join(fields))
        length += len(lines[-1])
    return b"".join(lines), suffixes


async def _chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        for start in range(0, len(part), SENT_AT_ONCE):
            yield part[start : start + SENT_AT_ONCE]


async def settle_down(database_url: str) -> None:
    """Everything is heard and published: the relay goes on after it, on topics that begin there. And everything is
    swept and analysed, as it would be by now, lest that is done beside what is measured."""
    connection = await _connect(database_url)
    try:
        for service in SERVICES:
            await _level(connection, service.name)
        await connection.execute("vacuum (analyze)")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


async def _level(connection: asyncpg.Connection, schema: str) -> None:
    await connection.execute(f'set search_path to "{schema}"')
    await connection.execute(
        "update relay set position = shard.position, broker_offset = -1 from shard where shard.shard = relay.shard"
    )
    for source in await connection.fetch("select distinct source from checkpoint"):
        await connection.execute(
            f'update checkpoint set position = head.position from "{source["source"]}".shard as head'
            " where checkpoint.source = $1 and head.shard = checkpoint.shard",
            source["source"],
        )
