"""What payout tells each insurer of a pool: its part of every decision, and the statements that settle it.

An insurer's stream stands alone: it says the whole amount, every insurer's share and a running balance, so that the
insurer recomputes its own part and sees that nothing is missing, with no other source.
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from libs.contracts.adjudication import PoolShare, ReversalReason
from libs.contracts.event import Event, Fen
from libs.contracts.payout import LedgerPosting

InsurerId = Annotated[str, Field(description="the insurer's id in the plan file")]


class InsurerEvent(Event):
    """An event of one insurer's stream; `sequence` counts them from 1 without a hole."""

    insurer: InsurerId
    sequence: int = Field(ge=1)
    plan_id: str

    def shard_key(self) -> str:
        return self.insurer

    def subject(self) -> str:
        return f"insurer-{self.insurer}"


class InsurerPartBorne(InsurerEvent):
    """The insurer bears its share of what a decision pays, by the shares of the day of service."""

    claim_id: str
    decision_id: str
    number: int = Field(ge=1)
    supersedes: str | None
    hospital_id: str
    service_date: date
    awarded_fen: Fen = Field(description="what the decision pays of the bill and beside it")
    shares: tuple[PoolShare, ...] = Field(
        description="of every insurer, in the plan file's order; sums to awarded_fen"
    )
    part_fen: Fen
    bears_fen: int = Field(description="what the insurer bears of the plan after this event")
    decided_at: datetime


class InsurerPartReleased(InsurerEvent):
    """A decision stands no longer: the insurer's part of it is taken off again."""

    claim_id: str
    decision_id: str
    number: int = Field(ge=1)
    replaced_by: str | None
    reason: ReversalReason
    part_fen: Fen
    bears_fen: int
    reversed_at: datetime


class InsurerStatementClosed(InsurerEvent):
    """What the insurer owes the pool's account since its last statement of the plan; negative: it gets back."""

    statement_id: str
    through_sequence: int = Field(ge=0, description="the last event of the stream that it counts")
    borne_fen: Fen
    released_fen: Fen
    due_fen: int
    bears_fen: int
    closed_by: str
    closed_at: datetime
    postings: tuple[LedgerPosting, ...]


class InsurerStatementSettled(InsurerEvent):
    """The statement's amount has moved; a person has recorded it by the transfer's reference."""

    statement_id: str
    amount_fen: int = Field(description="the statement's due_fen, negative when the pool paid it back")
    reference: str = Field(max_length=64)
    settled_on: date
    recorded_by: str
    recorded_at: datetime
    postings: tuple[LedgerPosting, ...]
