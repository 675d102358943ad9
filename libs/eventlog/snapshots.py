"""Snapshots: what a long stream's events were folded to, so that who does not know the stream need not read them all.

Optional, and never needed: without any of them everything is as it is with them. One row per stream, written in the
transaction of the events that it is about, after them: their shards are locked then. It is only read by the same fold
(`fold_version`), while its bytes are what was written (`digest`), and where the log has the event that it was taken at
(`hash`). Who is given none of a stream reads its events from the first one on.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
import structlog

from libs.contracts.registry import ContractError
from libs.eventlog.event import Recorded
from libs.eventlog.read import to_recorded
from libs.eventlog.state_codec import StateCodec

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

logger = structlog.get_logger(__name__)

S = TypeVar("S")

_TAILS = (Path(__file__).parent / "tails_after_snapshots.sql").read_text()

FROM_FIRST_EVENT = -1
"""Where a stream is to be read from its first event, whatever is kept of it; from 0 on its snapshot will do."""

# What an operator has amended is folded from its first event for good (`amended`).
_WRITE = """
insert into snapshot (stream_id, version, fold_version, hash, state, digest)
select * from unnest($1::text[], $2::integer[], $3::integer[], $4::bytea[], $5::bytea[], $6::bytea[])
on conflict (stream_id) do update set
    version = excluded.version, fold_version = excluded.fold_version, hash = excluded.hash,
    state = excluded.state, digest = excluded.digest
where snapshot.fold_version <> 0
"""
_AMENDED = """
insert into snapshot (stream_id, version, fold_version, hash, state, digest) values ($1, 0, 0, '', '', '')
on conflict (stream_id) do update set version = 0, fold_version = 0, hash = '', state = '', digest = ''
"""


class Draft(msgspec.Struct, frozen=True):
    """A state to be kept, at the version of an event that the same transaction records."""

    stream_id: str
    version: int
    fold_version: int
    state: bytes


class Snapshot(msgspec.Struct, frozen=True):
    """A draft in the table. `hash`: the chain hash of the event at its version; `digest` covers draft and hash.

    `linked`: whether the log has that event.
    """

    draft: Draft
    hash: bytes
    digest: bytes
    linked: bool

    @property
    def is_whole(self) -> bool:
        """Whether it is as it was written, or at least whoever changed it has made a new digest."""
        return self.digest == digest_of(self.draft, self.hash)


def digest_of(draft: Draft, chained: bytes) -> bytes:
    """SHA-256 over all that a snapshot says."""
    about = f"huiji-snapshot-1\n{draft.stream_id}\n{draft.version}\n{draft.fold_version}\n"
    return hashlib.sha256(about.encode() + chained + draft.state).digest()


class SnapshotPolicy(msgspec.Struct, frozen=True):
    """When snapshots are taken: whenever a stream passes a multiple of `every` events and is at least `longer_than`."""

    every: int
    longer_than: int = 0

    def is_due(self, before: int, after: int) -> bool:
        """Whether a stream that grows from version `before` to `after` passes a threshold."""
        return after // self.every > before // self.every and after >= self.longer_than


class Snapshots(Generic[S]):
    """How one service keeps snapshots of its states, and how many it has taken, used and passed over.

    `fold_version` is a constant of the service, raised with whatever changes what the same events are folded to.
    """

    def __init__(self, codec: StateCodec[S], fold_version: int, policy: SnapshotPolicy) -> None:
        self._codec = codec
        self.fold_version = fold_version
        self.policy = policy
        self.taken_total = 0
        self.used_total = 0
        self.passed_over_total = 0

    def draft(self, stream_id: str, version: int, state: S) -> Draft:
        """A state as it is kept."""
        self.taken_total += 1
        return Draft(stream_id, version, self.fold_version, self._codec.encode(state))

    def open(self, snapshot: Snapshot) -> S | None:
        """The state in it; None, which is logged, when it is not to be believed or cannot be read."""
        draft = snapshot.draft
        if not snapshot.linked:
            reason = "not_of_this_log"
        elif not snapshot.is_whole:
            reason = "not_as_written"
        elif (state := self.read(draft)) is not None:
            self.used_total += 1
            return state
        else:
            reason = "unreadable"
        self.passed_over_total += 1
        logger.warning("snapshot_passed_over", stream=draft.stream_id, version=draft.version, reason=reason)
        return None

    def read(self, draft: Draft) -> S | None:
        """The state that was kept; None when its bytes are none."""
        try:
            return self._codec.decode(draft.state)
        except (msgspec.MsgspecError, ContractError, ValueError):
            return None


async def write_snapshots(
    connection: "Connection", drafts: Iterable[Draft], recorded: Iterable[Recorded]
) -> None:
    """Keep drafts at events that this transaction has `recorded`, of each stream the newest, in one statement."""
    hashes = {(event.stream_id, event.version): event.hash for event in recorded}
    newest = {draft.stream_id: draft for draft in drafts}
    rows = []
    for draft in newest.values():
        chained = hashes[draft.stream_id, draft.version]
        rows.append(
            (
                draft.stream_id,
                draft.version,
                draft.fold_version,
                chained,
                draft.state,
                digest_of(draft, chained),
            )
        )
    await connection.execute(_WRITE, *map(list, zip(*rows, strict=True)))


async def never_snapshot(connection: "Connection", stream_id: str) -> None:
    """Take back what is kept of a stream, and keep nothing of it any more. Its shard must be locked."""
    await connection.execute(_AMENDED, stream_id)


async def read_tails_after_snapshots(
    connection: "Connection", source: str, after: Mapping[str, int], fold_version: int
) -> tuple[list[Snapshot], list[Recorded]]:
    """As `read_tails`, but of a stream of which nothing is known (0) the snapshot and the events after it.

    Of a snapshot that is not linked to the log all of the stream's events are there.
    """
    rows = await connection.fetch(_TAILS, list(after), list(after.values()), fold_version)
    found: list[Snapshot] = []
    events: list[tuple[Any, ...]] = []
    for row in rows:
        *event, digest, linked = row
        if digest is None:
            events.append(tuple(event))
        else:
            draft = Draft(row["stream_id"], row["version"], row["schema_version"], row["body"])
            found.append(Snapshot(draft, row["hash"], digest, linked))
    return found, await to_recorded(connection, source, events)


async def snapshot_streams(connection: "Connection") -> list[str]:
    """The streams of which there is a snapshot, in order."""
    rows = await connection.fetch("select stream_id from snapshot where fold_version > 0 order by stream_id")
    return [row["stream_id"] for row in rows]


async def read_snapshot(connection: "Connection", stream_id: str) -> Snapshot | None:
    """The snapshot of a stream, of whichever fold."""
    row = await connection.fetchrow(
        "select *, exists (select from event where event.stream_id = snapshot.stream_id"
        " and event.version = snapshot.version and event.hash = snapshot.hash) as linked"
        " from snapshot where stream_id = $1 and fold_version > 0",
        stream_id,
    )
    if row is None:
        return None
    draft = Draft(row["stream_id"], row["version"], row["fold_version"], row["state"])
    return Snapshot(draft, row["hash"], row["digest"], row["linked"])


async def drop_snapshots(connection: "Connection", stream_id: str | None = None) -> int:
    """Delete the snapshot of a stream, or all (None); which streams are amended stays known. Answers how many."""
    done = await connection.execute(
        "delete from snapshot where fold_version > 0 and stream_id = coalesce($1, stream_id)", stream_id
    )
    return int(done.split()[-1])


async def count_snapshots(connection: "Connection") -> list[dict[str, int]]:
    """By fold version how many there are, of how many bytes, and the longest stream's; 0: streams that are amended."""
    rows = await connection.fetch(
        "select fold_version, count(*) as snapshots, sum(length(state))::bigint as bytes, max(version) as longest"
        " from snapshot group by fold_version order by fold_version"
    )
    return [dict(row) for row in rows]
