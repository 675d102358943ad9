"""Events that cannot be processed wait here, with the later ones of their subject, while the rest goes on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from libs.eventlog.envelope import from_json, to_json
from libs.eventlog.event import Recorded

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

BLOCKED = "blocked_by_earlier"


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked event: why, since when, and how often it was tried."""

    id: int
    event: Recorded
    reason: str
    error: str
    attempts: int
    status: str
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Poison:
    """Why an event cannot be processed. `error` must not contain personal data."""

    reason: str
    error: str

    @classmethod
    def of(cls, error: BaseException) -> "Poison":
        """Reason is the error's code or class. Only errors of ours are trusted to keep values out of their text."""
        code = getattr(error, "code", None)
        ours = type(error).__module__.startswith(("libs.", "services."))
        return cls(
            reason=code if isinstance(code, str) and ours else type(error).__name__,
            error=str(error) if ours else f"{type(error).__module__}.{type(error).__name__}",
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
    await connection.executemany(
        "insert into parked (source, shard, position, subject, type, reason, error, envelope, parked_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        [
            (e.source, e.shard, e.position, e.subject, e.type, poison.reason, poison.error, to_json(e), now)
            for e, poison in events
        ],
    )


async def list_parked(
    connection: "Connection", *, subject: str | None = None, reason: str | None = None, limit: int = 100
) -> list[Parked]:
    """Parked events, oldest first."""
    rows = await connection.fetch(
        "select id, envelope, reason, error, attempts, status, parked_at from parked"
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
        )
        for row in rows
    ]


async def count_parked(connection: "Connection") -> dict[str, int]:
    """How many events are parked, by reason."""
    rows = await connection.fetch(
        "select reason, count(*) as events from parked where status = 'parked' group by reason order by reason"
    )
    return {row["reason"]: row["events"] for row in rows}


async def resolve(
    connection: "Connection", ids: Sequence[int], status: str, by: str, resolution: str, now: datetime
) -> None:
    """Mark parked events as retried or discarded. The rows stay: nothing an operator did is forgotten."""
    await connection.execute(
        "update parked set status = $2, resolved_by = $3, resolution = $4, resolved_at = $5 where id = any ($1)",
        list(ids),
        status,
        by,
        resolution,
        now,
    )


async def note_failed_retry(connection: "Connection", parked: Parked, poison: Poison) -> None:
    """A retry failed: keep the newest reason."""
    await connection.execute(
        "update parked set attempts = attempts + 1, reason = $2, error = $3 where id = $1",
        parked.id,
        poison.reason,
        poison.error,
    )
