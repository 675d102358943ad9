"""The tables of what was refused, and of rejections that are still to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import orjson

from services.intake.domain.filing import IngressRecord
from services.intake.domain.refusing import Refusing

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_REJECTIONS = UUID("6b0f8a52-2f6b-5c38-8d0a-3f4de2a1c9b4")
_INSERT = """
insert into refusal (refusal_id, expires_at, received_at)
select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[])
order by 1
on conflict do nothing
returning refusal_id
"""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refusal to be told on the rejections topic."""

    todo_id: int
    rejection_id: str
    refusal_id: str
    hospital_id: str | None
    message: bytes


async def insert_new(
    connection: "Connection", refusals: Sequence[Refusing], now: datetime, unknown_person_days: int
) -> set[str]:
    """Note refusals; returns the ids of those that were not known yet."""
    first = {refusing.refusal_id: refusing for refusing in refusals}
    expires_at = now + timedelta(days=unknown_person_days)
    rows = await connection.fetch(
        _INSERT,
        list(first),
        [expires_at if refusing.person_id is None else None for refusing in first.values()],
        [now] * len(first),
    )
    return {str(row["refusal_id"]) for row in rows}


async def add_rejections(connection: "Connection", refusals: Sequence[Refusing], now: datetime) -> None:
    """Note that the sender of each refused ingress record has to be told."""
    told = [(one, one.sending.record) for one in refusals if one.sending.record is not None]
    await connection.executemany(
        'insert into rejection_todo (refusal_id, partition, "offset", hospital_id, message)'
        " values ($1, $2, $3, $4, $5)",
        [
            (
                refusing.refusal_id,
                record.partition,
                record.offset,
                refusing.hospital_id,
                _message(refusing, record, now),
            )
            for refusing, record in told
        ],
    )


async def next_rejections(connection: "Connection", limit: int) -> list[Rejection]:
    """Lock the oldest rejections to be told; those another replica is telling are passed over."""
    rows = await connection.fetch(
        'select id, refusal_id, partition, "offset", hospital_id, message'
        " from rejection_todo order by id limit $1 for update skip locked",
        limit,
    )
    return [
        Rejection(
            row["id"],
            # The same however often it is told: a reader skips what it knows.
            str(uuid5(_REJECTIONS, f"{row['refusal_id']} {row['partition']} {row['offset']}")),
            str(row["refusal_id"]),
            row["hospital_id"],
            row["message"],
        )
        for row in rows
    ]


async def remove_rejections(connection: "Connection", rejections: Sequence[Rejection]) -> None:
    """These were told."""
    await connection.execute(
        "delete from rejection_todo where id = any ($1::bigint[])", [one.todo_id for one in rejections]
    )


async def next_expired(connection: "Connection", now: datetime, limit: int) -> list[str]:
    """Lock refusals of unknown persons whose time is over."""
    rows = await connection.fetch(
        "select refusal_id from refusal where expires_at <= $1"
        " order by expires_at limit $2 for update skip locked",
        now,
        limit,
    )
    return [str(row["refusal_id"]) for row in rows]


async def forget_expiry(connection: "Connection", refusal_ids: Sequence[str]) -> None:
    """The keys of these refusals are destroyed."""
    await connection.execute(
        "update refusal set expires_at = null where refusal_id = any ($1::uuid[])", list(refusal_ids)
    )


def _message(refusing: Refusing, record: IngressRecord, now: datetime) -> bytes:
    return orjson.dumps(
        {
            "refusal_id": refusing.refusal_id,
            "hospital_id": refusing.hospital_id,
            "submission_id": refusing.submission_id,
            "reference": record.reference,
            "record": {"partition": record.partition, "offset": record.offset},
            "refused_at": now.isoformat(),
            "reasons": [reason.model_dump() for reason in refusing.reasons],
        }
    )
