"""Events that cannot be processed wait here, with the later ones of their subject, while the rest goes on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from libs.contracts.registry import ContractError, EventUnreadable
from libs.eventlog.envelope import from_json, to_json
from libs.eventlog.event import Recorded

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

BLOCKED = "blocked_by_earlier"
LONGEST_ERROR = 2_000

# An event can come a second time when an operator has moved a checkpoint back; it keeps its place in the queue.
_PARK = """
insert into parked (source, shard, position, subject, type, reason, error, envelope, parked_at)
select *, $9 from unnest(
    $1::text[], $2::integer[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[]
)
on conflict (source, shard, position) do update set
    status = 'parked', reason = excluded.reason, error = excluded.error, parked_at = excluded.parked_at,
    attempts = parked.attempts + 1, resolved_at = null, resolved_by = null, resolution = null
"""


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked event: why, since when, and how often it was tried. `event` is as recorded; `substitute` is the body
    and its schema version that an approved patch reads it with."""

    id: int
    event: Recorded
    reason: str
    error: str
    attempts: int
    status: str
    parked_at: datetime
    substitute: tuple[bytes, int] | None = None

    def to_process(self) -> Recorded:
        """The event with the body that counts."""
        if self.substitute is None:
            return self.event
        body, version = self.substitute
        return replace(self.event, body=body, schema_version=version)


@dataclass(frozen=True, slots=True)
class Poison:
    """Why an event cannot be processed. `error` must not contain personal data."""

    reason: str
    error: str

    @classmethod
    def in_event(cls, event: Recorded, error: BaseException) -> "Poison":
        """Why this event cannot be processed. One that does not fit its contract is unreadable, for the same reason
        everywhere: who reads a part of it only may trip over it later, and differently."""
        try:
            event.decode()
        except EventUnreadable as unreadable:
            return cls.of(unreadable)
        except ContractError:
            pass  # newer or unknown: `error` says what of it was tripped over
        return cls.of(error)

    @classmethod
    def of(cls, error: BaseException) -> "Poison":
        """Reason is the error's code or class. Only errors of ours are trusted to keep values out of their text."""
        code = getattr(error, "code", None)
        ours = type(error).__module__.startswith(("libs.", "services."))
        text = str(error) if ours else f"{type(error).__module__}.{type(error).__name__}"
        return cls(
            reason=code if isinstance(code, str) and ours else type(error).__name__,
            # PostgreSQL takes no NUL in text; failing to park would hold everything up.
            error=text.replace("\0", "")[:LONGEST_ERROR],
        )


async def blocked_subjects(connection: "Connection", subjects: Iterable[str]) -> set[str]:
    """Those of `subjects` that have an event parked."""
    rows = await connection.fetch(
        "select distinct subject from parked where status = 'parked' and subject = any ($1::text[])",
        list(subjects),
    )
    return {row["subject"] for row in rows}


async def park(connection: "Connection", events: Sequence[tuple[Recorded, Poison]], now: datetime) -> None:
    """Park events in the transaction that passes them over."""
    rows = [
        (e.source, e.shard, e.position, e.subject, e.type, poison.reason, poison.error, to_json(e))
        for e, poison in events
    ]
    await connection.execute(_PARK, *(list(column) for column in zip(*rows, strict=True)), now)


async def list_parked(
    connection: "Connection", *, subject: str | None = None, reason: str | None = None, limit: int = 100
) -> list[Parked]:
    """Parked events, oldest first."""
    rows = await connection.fetch(
        "select id, envelope, reason, error, attempts, status, parked_at, substitute, substitute_version from parked"
        " where status = 'parked' and ($1::text is null or subject = $1) and ($2::text is null or reason = $2)"
        " order by id limit $3",
        subject,
        reason,
        limit,
    )
    return [
        Parked(
            row["id"],
            from_json(row["envelope"]),
            row["reason"],
            row["error"],
            row["attempts"],
            row["status"],
            row["parked_at"],
            (row["substitute"], row["substitute_version"]) if row["substitute"] is not None else None,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ParkedReason:
    """What is parked for one reason: how much, of how many subjects, and since when."""

    reason: str
    events: int
    subjects: int
    oldest_parked_at: datetime


async def parked_by_reason(connection: "Connection") -> list[ParkedReason]:
    """Parked events by reason, most first; those that wait behind another have a reason of their own."""
    rows = await connection.fetch(
        "select reason, count(*) as events, count(distinct subject) as subjects, min(parked_at) as oldest"
        " from parked where status = 'parked' group by reason order by events desc, reason"
    )
    return [ParkedReason(*row) for row in rows]


async def parked_subjects(
    connection: "Connection", *, reason: str | None, after: int, limit: int
) -> list[tuple[int, str]]:
    """Subjects by their first parked event, oldest first: its id and the subject. `reason` is that of the first."""
    rows = await connection.fetch(
        "select id, subject from (select distinct on (subject) id, subject, reason from parked"
        " where status = 'parked' order by subject, id) as first"
        " where id > $1 and ($2::text is null or reason = $2) order by id limit $3",
        after,
        reason,
        limit,
    )
    return [(row["id"], row["subject"]) for row in rows]


async def count_parked(connection: "Connection") -> dict[str, int]:
    """How many events are parked, by reason."""
    rows = await connection.fetch(
        "select reason, count(*) as events from parked where status = 'parked' group by reason order by reason"
    )
    return {row["reason"]: row["events"] for row in rows}


async def count_of(connection: "Connection", subject: str) -> int:
    """How many events of a subject are parked."""
    count: int = await connection.fetchval(
        "select count(*) from parked where status = 'parked' and subject = $1", subject
    )
    return count


async def resolve(
    connection: "Connection", ids: Sequence[int], status: str, by: str, resolution: str, now: datetime
) -> int:
    """Mark events that are still parked as retried or discarded; returns how many were.

    The rows stay: nothing an operator did is forgotten.
    """
    rows = await connection.fetch(
        "update parked set status = $2, resolved_by = $3, resolution = $4, resolved_at = $5"
        " where id = any ($1) and status = 'parked' returning id",
        list(ids),
        status,
        by,
        resolution,
        now,
    )
    return len(rows)


async def note_failed_retry(connection: "Connection", parked: Parked, poison: Poison) -> None:
    """A retry failed: keep the newest reason."""
    await connection.execute(
        "update parked set attempts = attempts + 1, reason = $2, error = $3 where id = $1",
        parked.id,
        poison.reason,
        poison.error,
    )
