"""What payout can be told about one person: decisions heard, the bank's word, and what operators record."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from libs.contracts.adjudication import AdjudicationReversed, ClaimDenied
from libs.contracts.rulings import AppealConcluded, AppealOpened
from services.payout.domain.heard import Adjudicated

WriteOffReason = Literal["deceased", "hardship", "not_worth_collecting", "our_mistake", "uncollectable"]


@dataclass(frozen=True, slots=True)
class PayDecision:
    """Adjudication has decided, or decided anew. `creditor`: the person's sealed identity, None without account.

    `in_files`: the person's payments whose content a file has fixed. They cannot be cancelled any more, and while
    this is decided no other is put into a file.
    """

    decision: Adjudicated | ClaimDenied
    creditor: str | None
    in_files: AbstractSet[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class WithdrawEntitlement:
    """A decision was reversed and nothing takes its place."""

    reversed: AdjudicationReversed
    creditor: str | None
    in_files: AbstractSet[str]
    now: datetime


@dataclass(frozen=True, slots=True)
class ReleaseHeld:
    """An account became known for what is held of a claim."""

    claim_id: str
    creditor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Settle:
    """The bank booked the payment."""

    payment_id: str
    amount_fen: int
    bank_reference: str
    booked_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Reject:
    """The bank will not pay."""

    payment_id: str
    reason_code: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Return:
    """A booked payment came back."""

    payment_id: str
    amount_fen: int
    bank_reference: str
    reason_code: str
    now: datetime


@dataclass(frozen=True, slots=True)
class RecordRepayment:
    """The person has paid back. `reference`, of the transfer or receipt, makes the record unique."""

    clawback_id: str
    amount_fen: int
    reference: str
    repaid_on: date
    recorded_by: str
    now: datetime


@dataclass(frozen=True, slots=True)
class WriteOff:
    """A person gives up what is open of a clawback."""

    clawback_id: str
    reason: WriteOffReason
    written_off_by: str
    now: datetime


@dataclass(frozen=True, slots=True)
class HearAppeal:
    """An appeal was opened or concluded."""

    appeal: AppealOpened | AppealConcluded
    now: datetime


@dataclass(frozen=True, slots=True)
class ProposePayAgain:
    """Staff proposes to pay what could not be paid to the account in `creditor` (sealed)."""

    payment_id: str
    creditor: str
    by: str
    now: datetime


@dataclass(frozen=True, slots=True)
class ApprovePayAgain:
    """Somebody else of the staff agrees to the newest proposal."""

    payment_id: str
    by: str
    now: datetime


Command = (
    HearAppeal
    | ProposePayAgain
    | ApprovePayAgain
    | PayDecision
    | WithdrawEntitlement
    | ReleaseHeld
    | Settle
    | Reject
    | Return
    | RecordRepayment
    | WriteOff
)
