"""Decisions become what claims are due, coverages tell where to pay, an erased person is forgotten."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimDenied
from libs.contracts.enrolment import CoverageActivated, ErasureCompleted, PersonErased
from libs.contracts.rulings import AppealConcluded, AppealOpened
from libs.eventlog import Handler, Recorded, UnitOfWork
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import insurers, payees, payments
from services.payout.adapters.insurers import Noted
from services.payout.domain.account import Account
from services.payout.domain.commands import Command, HearAppeal, PayDecision, WithdrawEntitlement
from services.payout.domain.heard import VIEWS, HeardAdjudicated
from services.payout.domain.insurer import shared_by

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    "adjudication": frozenset(
        {
            ClaimAdjudicated.__name__,
            ClaimDenied.__name__,
            AdjudicationReversed.__name__,
            AppealOpened.__name__,
            AppealConcluded.__name__,
        }
    ),
    "enrolment": frozenset({CoverageActivated.__name__, PersonErased.__name__, ErasureCompleted.__name__}),
}

_MovesMoney = HeardAdjudicated | ClaimDenied | AdjudicationReversed
_Appeal = AppealOpened | AppealConcluded


def hear_events(
    stage: Stage[Account, Command],
    forget_key: Callable[[str], None],
    payments_due: Callable[[], None],
    account_known: Callable[[], None],
    insurers_concerned: Callable[[], None],
) -> Handler:
    """The consumer's handler. The last three are called when there is something to send, release or tell."""

    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        decoded = [(one, VIEWS.read(one.type, one.schema_version, one.body)) for one in events]
        await _note_people(work, [event for _, event in decoded], forget_key, account_known)
        await _note_insurers(work, decoded, insurers_concerned)
        moving = [
            (recorded, event)
            for recorded, event in decoded
            if isinstance(event, _Appeal) or (isinstance(event, _MovesMoney) and _moves_money(event))
        ]
        if not moving:
            return
        accounts = await payees.find(work.connection, {event.person_id for _, event in moving})
        # A first decision takes nothing away, so it need not know what is on its way already.
        again = {event.person_id for _, event in moving if _takes_away(event)}
        in_files = await payments.lock_under_way(work.connection, again) if again else {}
        instructions = [
            Instruction(
                f"person-{event.person_id}",
                _command(
                    event, accounts.get(event.person_id), in_files.get(event.person_id, frozenset()), work.now
                ),
                recorded,
            )
            for recorded, event in moving
        ]
        decided = await stage.apply(work, instructions)
        await payments.follow(work.connection, payments.decided_by(instructions, decided), work.now)
        work.after_commit(payments_due)

    return handle


def _moves_money(event: _MovesMoney) -> bool:
    """Of a reversed decision that has a successor nothing moves before the successor is heard."""
    match event:
        case AdjudicationReversed():
            return event.replaced_by is None
        case ClaimDenied():
            return event.number > 1
        case HeardAdjudicated():
            return event.number > 1 or event.plan_pays_fen + event.cash_benefits_fen > 0


def _takes_away(event: _MovesMoney | _Appeal) -> bool:
    match event:
        case AdjudicationReversed():
            return True
        case HeardAdjudicated() | ClaimDenied():
            return event.number > 1
        case AppealOpened() | AppealConcluded():
            return False


def _command(
    event: _MovesMoney | _Appeal, creditor: str | None, in_files: frozenset[str], now: datetime
) -> Command:
    match event:
        case AdjudicationReversed():
            return WithdrawEntitlement(event, creditor, in_files, now)
        case HeardAdjudicated() | ClaimDenied():
            return PayDecision(event, creditor, in_files, now)
        case AppealOpened() | AppealConcluded():
            return HearAppeal(event, now)


async def _note_insurers(
    work: UnitOfWork, decoded: Sequence[tuple[Recorded, Event]], insurers_concerned: Callable[[], None]
) -> None:
    """What the insurers of a pool bear, by every decision and reversal in their order."""
    shared = [
        Noted(about, recorded.traceparent)
        for recorded, event in decoded
        if isinstance(event, HeardAdjudicated | AdjudicationReversed) and (about := shared_by(event))
    ]
    if shared:
        await insurers.note(work.connection, shared)
        work.after_commit(insurers_concerned)


async def _note_people(
    work: UnitOfWork,
    events: Sequence[Event],
    forget_key: Callable[[str], None],
    account_known: Callable[[], None],
) -> None:
    """Coverages and erasures, in their order: what counts for a person is the last of them."""
    coverages: dict[str, list[CoverageActivated]] = {}
    erased: set[str] = set()
    for event in events:
        match event:
            case CoverageActivated() as coverage:
                coverages.setdefault(coverage.person_id, []).append(coverage)
            case PersonErased(person_id=person_id):
                coverages.pop(person_id, None)
                erased.add(person_id)
                work.after_commit(partial(forget_key, person_id))
            case ErasureCompleted(person_id=person_id):
                # Until now the key still opened, so it may have been read and kept again.
                work.after_commit(partial(forget_key, person_id))
            case _:
                continue
    if erased:
        await payees.forget(work.connection, erased)
    if coverages:
        await payees.remember(work.connection, [one for known in coverages.values() for one in known])
        work.after_commit(account_known)
