"""What payout knows of one insurer: what it bears of each plan, and the statements that settle it.

The premium is the insurers' own affair; what a statement asks for is the insurer's part of what the pool has awarded
since its last one, to be paid into the pool's account (features 80 and 81).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct, field
from msgspec.structs import replace

from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed, PoolShare, ReversalReason
from libs.contracts.city_time import CITY_ZONE
from libs.contracts.insurers import (
    InsurerPartBorne,
    InsurerPartReleased,
    InsurerStatementClosed,
    InsurerStatementSettled,
)
from services.payout.domain import ledger
from services.payout.domain.errors import NothingToState, SettledInFuture, StatementDiffers, StatementUnknown
from services.payout.domain.heard import Adjudicated, HeardShare, heard_shares

_STATEMENTS = UUID("6d0f7f3c-52b1-4f0c-9d6e-1b8a52c7e904")


class Bearing(Struct, frozen=True):
    """What an insurer bears of a plan: in all, and since its last statement."""

    bears_fen: int = 0
    borne_fen: int = 0
    released_fen: int = 0


class Statement(Struct, frozen=True):
    """A closed statement; `reference` of the transfer once it has moved."""

    plan_id: str
    due_fen: int
    reference: str | None = None


class InsurerBooks(Struct, frozen=True):
    """One insurer's stream, folded."""

    insurer: str
    sequence: int = 0
    plans: Mapping[str, Bearing] = field(default_factory=dict)
    statements: Mapping[str, Statement] = field(default_factory=dict)


class Award(Struct, frozen=True, tag_field="kind", tag="award"):
    """A decision awards something of a pool that the insurer is in."""

    plan_id: str
    claim_id: str
    decision_id: str
    number: int
    supersedes: str | None
    hospital_id: str
    service_date: date
    awarded_fen: int
    shares: tuple[HeardShare, ...]
    decided_at: datetime


class Reversal(Struct, frozen=True, tag_field="kind", tag="reversal"):
    """Such a decision stands no longer."""

    plan_id: str
    claim_id: str
    decision_id: str
    number: int
    replaced_by: str | None
    reason: ReversalReason
    shares: tuple[HeardShare, ...]
    reversed_at: datetime


@dataclass(frozen=True, slots=True)
class CloseStatement:
    """A person closes the insurer's statement of a plan."""

    plan_id: str
    by: str
    now: datetime


@dataclass(frozen=True, slots=True)
class SettleStatement:
    """A person records that the statement's amount has moved."""

    statement_id: str
    reference: str
    settled_on: date
    by: str
    now: datetime


InsurerCommand = Award | Reversal | CloseStatement | SettleStatement


def shared_by(event: Adjudicated | AdjudicationReversed) -> Award | Reversal | None:
    """What the insurers of a pool are to be told of a decision; None when no pool bears anything."""
    if event.plan_id is None or not any(share.amount_fen for share in event.pool_shares):
        return None
    if isinstance(event, AdjudicationReversed):
        return Reversal(
            plan_id=event.plan_id,
            claim_id=event.claim_id,
            decision_id=event.decision_id,
            number=event.number,
            replaced_by=event.replaced_by,
            reason=event.reason,
            shares=heard_shares(event),
            reversed_at=event.reversed_at,
        )
    return Award(
        plan_id=event.plan_id,
        claim_id=event.claim_id,
        decision_id=event.decision_id,
        number=event.number,
        supersedes=event.supersedes,
        hospital_id=event.hospital_id,
        service_date=event.service_date,
        awarded_fen=event.plan_pays_fen + event.cash_benefits_fen,
        shares=heard_shares(event),
        decided_at=event.decided_at,
    )


def initial(stream_id: str) -> InsurerBooks:
    """The state before an insurer's first event."""
    return InsurerBooks(stream_id.removeprefix("insurer-"))


def decide(books: InsurerBooks, command: InsurerCommand) -> Sequence[Event]:
    """What happens. Raises NothingToState, StatementUnknown, StatementDiffers or SettledInFuture."""
    match command:
        case Award():
            return [_borne(books, command)]
        case Reversal():
            return [_released(books, command)]
        case CloseStatement():
            return [_closed(books, command)]
        case SettleStatement():
            return _settled(books, command)


def evolve(books: InsurerBooks, event: Event) -> InsurerBooks:
    """The state after `event`."""
    match event:
        case InsurerPartBorne():
            bearing = _bearing(books, event.plan_id)
            after = replace(bearing, bears_fen=event.bears_fen, borne_fen=bearing.borne_fen + event.part_fen)
        case InsurerPartReleased():
            bearing = _bearing(books, event.plan_id)
            after = replace(
                bearing, bears_fen=event.bears_fen, released_fen=bearing.released_fen + event.part_fen
            )
        case InsurerStatementClosed():
            after = Bearing(bears_fen=event.bears_fen)
            statement = Statement(event.plan_id, event.due_fen)
            books = replace(books, statements={**books.statements, event.statement_id: statement})
        case InsurerStatementSettled():
            after = _bearing(books, event.plan_id)
            moved = replace(books.statements[event.statement_id], reference=event.reference)
            books = replace(books, statements={**books.statements, event.statement_id: moved})
        case _:
            raise AssertionError(f"not an event of an insurer: {type(event).__name__}")
    return replace(books, sequence=event.sequence, plans={**books.plans, event.plan_id: after})


def _borne(books: InsurerBooks, award: Award) -> InsurerPartBorne:
    part_fen = _part(books, award.shares)
    return InsurerPartBorne(
        **_about(books, award.plan_id),
        claim_id=award.claim_id,
        decision_id=award.decision_id,
        number=award.number,
        supersedes=award.supersedes,
        hospital_id=award.hospital_id,
        service_date=award.service_date,
        awarded_fen=award.awarded_fen,
        shares=_published(award.shares),
        part_fen=part_fen,
        bears_fen=_bearing(books, award.plan_id).bears_fen + part_fen,
        decided_at=award.decided_at,
    )


def _released(books: InsurerBooks, gone: Reversal) -> InsurerPartReleased:
    part_fen = _part(books, gone.shares)
    return InsurerPartReleased(
        **_about(books, gone.plan_id),
        claim_id=gone.claim_id,
        decision_id=gone.decision_id,
        number=gone.number,
        replaced_by=gone.replaced_by,
        reason=gone.reason,
        part_fen=part_fen,
        bears_fen=_bearing(books, gone.plan_id).bears_fen - part_fen,
        reversed_at=gone.reversed_at,
    )


def _closed(books: InsurerBooks, command: CloseStatement) -> InsurerStatementClosed:
    bearing = _bearing(books, command.plan_id)
    if not (bearing.borne_fen or bearing.released_fen):
        raise NothingToState(books.insurer, command.plan_id)
    due_fen = bearing.borne_fen - bearing.released_fen
    return InsurerStatementClosed(
        **_about(books, command.plan_id),
        statement_id=str(uuid5(_STATEMENTS, f"{books.insurer}/{command.plan_id}/{books.sequence}")),
        through_sequence=books.sequence,
        borne_fen=bearing.borne_fen,
        released_fen=bearing.released_fen,
        due_fen=due_fen,
        bears_fen=bearing.bears_fen,
        closed_by=command.by,
        closed_at=command.now,
        postings=ledger.on_stated(command.plan_id, due_fen),
    )


def _settled(books: InsurerBooks, command: SettleStatement) -> list[Event]:
    statement = books.statements.get(command.statement_id)
    if statement is None:
        raise StatementUnknown(command.statement_id)
    if statement.reference == command.reference:
        return []
    if statement.reference is not None:
        raise StatementDiffers(command.statement_id)
    if command.settled_on > command.now.astimezone(CITY_ZONE).date():
        raise SettledInFuture
    return [
        InsurerStatementSettled(
            **_about(books, statement.plan_id),
            statement_id=command.statement_id,
            amount_fen=statement.due_fen,
            reference=command.reference,
            settled_on=command.settled_on,
            recorded_by=command.by,
            recorded_at=command.now,
            postings=ledger.on_statement_settled(statement.plan_id, statement.due_fen),
        )
    ]


def _about(books: InsurerBooks, plan_id: str) -> dict[str, Any]:
    """The fields that every event of an insurer starts with."""
    return {"insurer": books.insurer, "sequence": books.sequence + 1, "plan_id": plan_id}


@lru_cache(maxsize=1)
def _published(shares: tuple[HeardShare, ...]) -> tuple[PoolShare, ...]:
    """As events state them. The insurers of a decision are told of it one after the other, all in the same words."""
    return tuple(
        PoolShare(insurer=share.insurer, share_bp=share.share_bp, amount_fen=share.amount_fen)
        for share in shares
    )


def _part(books: InsurerBooks, shares: Sequence[HeardShare]) -> int:
    return sum(share.amount_fen for share in shares if share.insurer == books.insurer)


def _bearing(books: InsurerBooks, plan_id: str) -> Bearing:
    return books.plans.get(plan_id, Bearing())
