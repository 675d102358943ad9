"""What the bank said of our payments before we could follow it: kept until we can.

It speaks of files that our books do not have, because they were restored from a backup: EndToEndIds are derived from
decisions, so a payment that is instructed again is recognised. Or it tells a return before its booking.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

What = Literal["known", "rejected", "booked", "returned"]

# As `domain.ids.payment_id_in`, for the words that wait: what only looks like one of ours is cast to nothing.
_PAYMENT_ID = (
    "case when bank_word.end_to_end_id ~ '^HJ[0-9A-F]{32}$'"
    " then substr(bank_word.end_to_end_id, 3)::uuid::text end"
)


@dataclass(frozen=True, slots=True)
class BankWord:
    """One word of the bank's about an EndToEndId of ours."""

    position: int
    entry: int
    end_to_end_id: str
    what: What
    amount_fen: int | None = None
    bank_reference: str | None = None
    reason_code: str | None = None
    booked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentWord:
    """A word, and the payment of ours that it is about."""

    word: BankWord
    payment_id: str
    person_id: str
    payment_fen: int
    traceparent: str | None


async def note(connection: "Connection", words: Sequence[BankWord]) -> None:
    """Keep them until they can be followed."""
    await connection.executemany(
        "insert into bank_word (position, entry, end_to_end_id, what, amount_fen, bank_reference, reason_code,"
        " booked_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            (
                word.position,
                word.entry,
                word.end_to_end_id,
                word.what,
                word.amount_fen,
                word.bank_reference,
                word.reason_code,
                word.booked_at,
            )
            for word in words
        ],
    )


async def take_up(connection: "Connection", what: Collection[What], limit: int) -> list[PaymentWord]:
    """Such words about payments that exist by now, in the bank's order; each is given once.

    A return is given when its payment is settled: what has not left cannot have come back.
    """
    rows = await connection.fetch(
        "select position, entry, bank_word.end_to_end_id, what, bank_word.amount_fen, bank_reference, reason_code,"
        " booked_at, payment_id, person_id, payment.amount_fen as payment_fen, traceparent"
        f" from bank_word join payment on payment_id = {_PAYMENT_ID} where not taken_up and what <> 'known'"
        " and what = any ($1::text[]) and (what <> 'returned' or payment.status = 'settled')"
        " order by position, entry limit $2 for update of bank_word skip locked",
        what,
        limit,
    )
    if not rows:
        return []
    await connection.executemany(
        "update bank_word set taken_up = true where position = $1 and entry = $2",
        [(row["position"], row["entry"]) for row in rows],
    )
    return [PaymentWord(BankWord(*list(row)[:8]), *list(row)[8:]) for row in rows]


async def matched(connection: "Connection", words: Sequence[BankWord]) -> None:
    """What was read as fitting nothing does fit: nobody has to look at it any more."""
    await connection.executemany(
        "delete from unmatched where position = $1 and entry = $2 and what in ('unknown_payment', 'not_expected')",
        [(word.position, word.entry) for word in words],
    )
