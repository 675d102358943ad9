"""The few shapes Huiji needs of ISO 20022. Amounts are whole fen of CNY; everything is immutable."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

# What banks put at group level on a file whose MsgId they had already: such a refusal speaks of the copy and
# says nothing about the payments of the first file (external status reason codes; mock-bank says DUPL).
DUPLICATE_FILE_CODES = frozenset({"DUPL", "DU01", "AM05"})


@dataclass(frozen=True, slots=True)
class Payment:
    """One credit transfer. `creditor_bank` is the 12-digit CNAPS line number (行号)."""

    end_to_end_id: str
    amount_fen: int
    creditor_name: str
    creditor_account: str
    creditor_bank: str
    remittance: str = ""


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """One pain.001: one debtor account, one execution date. `created_at` must know its time zone."""

    message_id: str
    created_at: datetime
    execution_date: date
    debtor_name: str
    debtor_account: str
    debtor_bank: str
    payments: tuple[Payment, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: an external code ("AC04") and the bank's own words."""

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class TransactionStatus:
    """What a status report says of one payment: ACCP, ACSC, PDNG, RJCT ..."""

    end_to_end_id: str
    status: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A pain.002. `group_status` is None in a further report about single payments of a file accepted before."""

    message_id: str
    created_at: datetime
    original_message_id: str
    group_status: str | None
    group_reasons: tuple[Reason, ...]
    transactions: tuple[TransactionStatus, ...]

    @property
    def refuses_a_copy(self) -> bool:
        """The file was refused only because its MsgId had come before: the first file stands as it was decided."""
        return self.group_status == "RJCT" and any(r.code in DUPLICATE_FILE_CODES for r in self.group_reasons)


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """One booked movement on our account, as a camt.053 or camt.054 tells it.

    A debit with our `end_to_end_id` is a payment that left; a credit with it and a `return_reason` is that payment
    come back. `booked_at` is None when the bank gives the day alone. `bank_reference` names the booking at the bank
    and is what makes a repeated entry recognisable. `original_message_id` is the MsgId of our file.
    """

    bank_reference: str
    end_to_end_id: str | None
    original_message_id: str | None
    amount_fen: int
    direction: Literal["debit", "credit"]
    booked_on: date
    booked_at: datetime | None
    return_reason: str | None
    reversal: bool


@dataclass(frozen=True, slots=True)
class Notification:
    """A camt.054: what was booked on `account` (as the bank names it, IBAN or other)."""

    message_id: str
    created_at: datetime
    account: str
    entries: tuple[BookedEntry, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A camt.053: one account, one day. `opening_fen` and `closing_fen` are signed booked balances."""

    message_id: str
    created_at: datetime
    account: str
    opening_fen: int
    closing_fen: int
    entries: tuple[BookedEntry, ...]
