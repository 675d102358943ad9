"""A long history from a short one that was really lived: every log and table again and again, under other ids.

Sending a million claims takes hours. Here some thousand are sent and paid; then all that services keep of them is
copied, each copy with the ids of people, claims, decisions, payments and files changed in their first eight digits.
Events get new positions in the shards of their new people, and hash chains that hold (`huiji verify-chain`). What is
not copied true: seals name keys that open nothing, so copied people can be decided about but not written to; and
insurers' streams say nothing of copied claims.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from libs.eventlog import Recorded, shard_of
from libs.eventlog.hash_chain import link
from libs.eventlog.read import follow_shard
from services.operations.domain.topology import SERVICES

COPIED_AT_ONCE = 10_000
_ID = re.compile(
    rb"((?<=HF)[0-9A-F]{32}"
    rb"|(?<![0-9a-zA-Z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    rb"|(?<![0-9a-fA-F])(?:[0-9a-f]{32}|[0-9A-F]{32})(?![0-9a-fA-F]))"
)
_DIGEST = re.compile(rb"(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])")
_TABLES: Mapping[str, tuple[str, ...]] = {
    "privacy": ("person_key",),
    "enrolment": ("coverage",),
    "intake": ("submission",),
    "fraud": ("invoice",),
    "payout": ("payee", "payment_file", "payment", "posting"),
    "charity": ("referral",),
}
_FIELDS = (
    "shard", "position", "stream_id", "version", "event_id", "type", "schema_version", "subject", "recorded_at",
    "caused_by", "traceparent", "body", "hash",
)  # fmt: skip
_COLUMNS = """
select column_name from information_schema.columns
where table_schema = $1 and table_name = $2 and is_identity = 'NO' and coalesce(column_default, '') not like 'nextval%'
order by ordinal_position
"""

Renamed = Callable[[bytes], bytes]


def multiply(database_url: str, copies: range) -> int:
    """Copy the history of a platform that is stopped, once for each number of `copies` (from 1, below 2**32), which
    makes the copy's names; answers how many events its logs have then.

    What is a copy already may be copied again with numbers whose bits the first ones have not used.
    """
    return asyncio.run(_multiply(database_url, copies))


async def _multiply(database_url: str, copies: range) -> int:
    connection = await asyncpg.connect(
        database_url, command_timeout=3_600, server_settings={"timezone": "UTC"}
    )
    total = 0
    try:
        # Tables are copied in any order, and what is not there yet is not asked for.
        await connection.execute("set session_replication_role = replica")
        for service in SERVICES:
            total += await _multiply_log(connection, service.name, copies)
        for schema, tables in _TABLES.items():
            for table in tables:
                await _multiply_table(connection, schema, table, copies)
        for service in SERVICES:
            await _level(connection, service.name)
        await connection.execute("analyze")
    finally:
        await connection.close()
    return total


def _in_copy(copy: int) -> Renamed:
    """An id's name in a copy: its first eight digits changed. Each copy has names of its own."""
    known: dict[bytes, bytes] = {}

    def renamed(name: bytes) -> bytes:
        found = known.get(name)
        if found is None:
            digits = b"%08x" % (int(name[:8], 16) ^ copy)
            found = known[name] = (digits.upper() if name[:32].isupper() else digits) + name[8:]
        return found

    return renamed


@dataclass(slots=True)
class _Template:
    """A recorded event taken apart: what is between its ids, and its ids."""

    recorded: Recorded
    key: list[bytes]
    stream: list[bytes]
    subject: list[bytes]
    body: list[bytes]

    @classmethod
    def of(cls, recorded: Recorded) -> "_Template":
        key = recorded.decode().shard_key().encode()
        stream, subject = recorded.stream_id.encode(), recorded.subject.encode()
        return cls(recorded, _ID.split(key), _ID.split(stream), _ID.split(subject), _ID.split(recorded.body))

    @property
    def is_somebodys(self) -> bool:
        """Whether its stream has an id, which a copy changes; an insurer's stream has a name."""
        return len(self.stream) > 1


def _put_together(parts: list[bytes], renamed: Renamed) -> bytes:
    return b"".join([renamed(part) if index % 2 else part for index, part in enumerate(parts)])


@dataclass(slots=True)
class _Ends:
    """Where each shard ends by now."""

    position: dict[int, int] = field(default_factory=dict)
    hash: dict[int, bytes] = field(default_factory=dict)

    def append(self, event: Recorded) -> Recorded:
        """The event at the end of its shard."""
        previous, position = self.hash[event.shard], self.position[event.shard] + 1
        placed = replace(event, position=position)
        linked = replace(placed, hash=link(previous, placed))
        self.position[event.shard], self.hash[event.shard] = position, linked.hash
        return linked


async def _multiply_log(connection: asyncpg.Connection, schema: str, copies: range) -> int:
    await connection.execute(f'set search_path to "{schema}"')
    ends = _Ends()
    for row in await connection.fetch("select shard, position, hash from shard"):
        ends.position[row["shard"]], ends.hash[row["shard"]] = row["position"], row["hash"]
    templates = [
        _Template.of(recorded)
        for shard in sorted(ends.position)
        async for page in follow_shard(connection, schema, shard)
        for recorded in page
    ]
    copied = _copied([each for each in templates if each.is_somebodys], ends, copies)
    while rows := list(islice(copied, COPIED_AT_ONCE)):
        await connection.copy_records_to_table("event", records=rows, columns=_FIELDS)
    for shard, position in ends.position.items():
        await connection.execute(
            "update shard set position = $2, hash = $3 where shard = $1", shard, position, ends.hash[shard]
        )
    return sum(ends.position.values())


def _copied(templates: list[_Template], ends: _Ends, copies: range) -> Iterator[tuple[Any, ...]]:
    shards = len(ends.position)
    for copy in copies:
        renamed = _in_copy(copy)
        for template in templates:
            recorded = template.recorded
            made = replace(
                recorded,
                shard=shard_of(_put_together(template.key, renamed).decode(), shards),
                stream_id=_put_together(template.stream, renamed).decode(),
                event_id=_renamed_uuid(recorded.event_id, copy),
                subject=_put_together(template.subject, renamed).decode(),
                caused_by=_renamed_uuid(recorded.caused_by, copy) if recorded.caused_by else None,
                body=_put_together(template.body, renamed),
            )
            event = ends.append(made)
            yield tuple(getattr(event, name) for name in _FIELDS)


def _renamed_uuid(known: UUID, copy: int) -> UUID:
    return UUID(int=known.int ^ (copy << 96))


async def _multiply_table(connection: asyncpg.Connection, schema: str, table: str, copies: range) -> None:
    columns = [row[0] for row in await connection.fetch(_COLUMNS, schema, table)]
    out = BytesIO()
    await connection.copy_from_table(table, schema_name=schema, columns=columns, output=out)
    at = columns.index("submission_id") if "submission_id" in columns else None
    for copy in copies:
        renamed = _in_copy(copy)
        text = out.getvalue()
        for pattern in (_ID, _DIGEST):
            text = _put_together(pattern.split(text), renamed)
        if at is not None:
            text = b"".join(_with_suffix(line, at, copy) for line in text.splitlines(keepends=True))
        await connection.copy_to_table(table, schema_name=schema, columns=columns, source=BytesIO(text))


def _with_suffix(line: bytes, at: int, copy: int) -> bytes:
    """A hospital's own number is unique, too."""
    fields = line.split(b"\t")
    fields[at] += b"-%x" % copy
    return b"\t".join(fields)


async def _level(connection: asyncpg.Connection, schema: str) -> None:
    """Everything is heard and published: the relay goes on after it, on topics that begin there."""
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
