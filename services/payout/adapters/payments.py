"""Payout's payments: what is to be paid, and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from libs.contracts import Event
from libs.contracts.payout import (
    PaymentCancelled,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)
from libs.eventlog.stage import Instruction
from services.payout.adapters import clawbacks, payees, postings, stays
from services.payout.domain.ids import payment_id_in

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class DuePayment:
    """An instructed payment. `message_id` is of the one file it belongs to, None before it is in any."""

    payment_id: str
    claim_id: str
    person_id: str
    amount_fen: int
    end_to_end_id: str
    creditor: str
    traceparent: str | None
    message_id: str | None


PAYMENTS = (
    "select payment_id, claim_id, person_id, amount_fen, end_to_end_id, creditor, traceparent, message_id"
    " from payment left join payment_file using (file_id)"
)
"""Selects the fields of DuePayment, in order."""

Decided = Sequence[tuple[Sequence[Event], str | None]]
"""Events in order, each decision with the traceparent of what it came from."""


def decided_by(instructions: Sequence[Instruction[C]], decided: Mapping[int, Sequence[Event]]) -> Decided:
    """What a stage decided, as the tables follow it."""
    return [(decided[index], _traceparent(instructions[index])) for index in sorted(decided)]


def _traceparent(instruction: Instruction[C]) -> str | None:
    cause = instruction.cause
    return instruction.traceparent or (cause.traceparent if cause else None)


_Concluded = PaymentCancelled | PaymentSettled | PaymentRejected | PaymentReturned
_STATUSES: Mapping[type[Event], str] = {
    PaymentCancelled: "cancelled",
    PaymentSettled: "settled",
    PaymentRejected: "rejected",
    PaymentReturned: "returned",
}


async def follow(connection: "Connection", decided: Decided, now: datetime) -> None:
    """Bring the tables up to the events, in the transaction that appends them."""
    events = [event for decided_events, _ in decided for event in decided_events]
    if not events:
        return
    held = [
        (event.claim_id, event.person_id, traceparent)
        for decided_events, traceparent in decided
        for event in decided_events
        if isinstance(event, PaymentHeld)
    ]
    instructed = [
        (event, traceparent)
        for decided_events, traceparent in decided
        for event in decided_events
        if isinstance(event, PaymentInstructed)
    ]
    if held:
        await payees.hold(connection, held)
    if instructed:
        await _insert_payments(connection, instructed)
    await _mark(connection, events)
    await clawbacks.follow(connection, events)
    await stays.follow(connection, events)
    await postings.post(connection, events, now)


async def _mark(connection: "Connection", events: Iterable[Event]) -> None:
    # The last of a payment's events counts: one answer may book it and the next return it.
    last = {event.payment_id: _STATUSES[type(event)] for event in events if isinstance(event, _Concluded)}
    if last:
        await connection.execute(
            "update payment set status = concluded.status from unnest($1::text[], $2::text[])"
            " as concluded (payment_id, status) where payment.payment_id = concluded.payment_id",
            list(last),
            list(last.values()),
        )


async def _insert_payments(
    connection: "Connection", instructed: Sequence[tuple[PaymentInstructed, str | None]]
) -> None:
    await connection.execute(
        "insert into payment (payment_id, claim_id, person_id, amount_fen, end_to_end_id, creditor, instructed_at,"
        " traceparent) select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[],"
        " $7::timestamptz[], $8::text[])",
        [event.payment_id for event, _ in instructed],
        [event.claim_id for event, _ in instructed],
        [event.person_id for event, _ in instructed],
        [event.amount_fen for event, _ in instructed],
        [event.end_to_end_id for event, _ in instructed],
        [event.creditor for event, _ in instructed],
        [event.instructed_at for event, _ in instructed],
        [traceparent for _, traceparent in instructed],
    )


async def lock_under_way(connection: "Connection", person_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """The payments of these people that a file carries, by person; the others stay out of files in this transaction.

    Row by row in order of their ids, so that two who lock wait for each other instead of dying.
    """
    rows = await connection.fetch(
        "select payment_id, person_id, file_id from payment where status = 'instructed'"
        " and person_id = any ($1::text[]) order by payment_id for update",
        list(person_ids),
    )
    in_files: dict[str, set[str]] = {}
    for row in rows:
        if row["file_id"] is not None:
            in_files.setdefault(row["person_id"], set()).add(row["payment_id"])
    return {person_id: frozenset(found) for person_id, found in in_files.items()}


async def find_payments(connection: "Connection", end_to_end_ids: Iterable[str]) -> dict[str, DuePayment]:
    """Our payments by EndToEndId; ids that are not ours are absent."""
    payment_ids = [found for each in end_to_end_ids if (found := payment_id_in(each)) is not None]
    rows = await connection.fetch(f"{PAYMENTS} where payment_id = any ($1::text[])", payment_ids)
    return {row["end_to_end_id"]: DuePayment(*row) for row in rows}


async def payments_of_file(connection: "Connection", message_id: str) -> list[DuePayment]:
    """The payments that a file carries."""
    rows = await connection.fetch(f"{PAYMENTS} where message_id = $1 order by payment_id", message_id)
    return [DuePayment(*row) for row in rows]


async def silent_payments(connection: "Connection", silent_since: datetime, limit: int) -> list[DuePayment]:
    """Payments whose file the bank took, of which it has said nothing, asked longest ago."""
    rows = await connection.fetch(
        f"{PAYMENTS} where payment.status = 'instructed' and payment_file.status = 'sent'"
        " and sent_at < $1 and (asked_at is null or asked_at < $1)"
        " order by asked_at nulls first, instructed_at limit $2",
        silent_since,
        limit,
    )
    return [DuePayment(*row) for row in rows]


async def note_asked(connection: "Connection", asked: Iterable[DuePayment], now: datetime) -> None:
    """The bank was asked about these: the others come first next time."""
    await connection.execute(
        "update payment set asked_at = $2 where payment_id = any ($1::text[])",
        [payment.payment_id for payment in asked],
        now,
    )
