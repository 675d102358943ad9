"""Decisions become payments, coverages tell where to pay, an erased person is forgotten."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.enrolment import CoverageActivated, ErasureCompleted, PersonErased
from libs.eventlog import Handler, Recorded, UnitOfWork
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import payees, payments
from services.payout.domain.payments import ClaimPayments, Command, PayDecision

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    "adjudication": frozenset({ClaimAdjudicated.__name__}),
    "enrolment": frozenset({CoverageActivated.__name__, PersonErased.__name__, ErasureCompleted.__name__}),
}


def hear_events(
    stage: Stage[ClaimPayments, Command],
    forget_key: Callable[[str], None],
    payments_due: Callable[[], None],
    account_known: Callable[[], None],
) -> Handler:
    """The consumer's handler. The last two are called when there is something to send, or perhaps to release."""

    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        await _note_people(work, events, forget_key, account_known)
        decisions = [
            (recorded, decision)
            for recorded in events
            if isinstance(decision := recorded.decode(), ClaimAdjudicated)
            and decision.plan_pays_fen + decision.cash_benefits_fen > 0
        ]
        if not decisions:
            return
        accounts = await payees.find(work.connection, {decision.person_id for _, decision in decisions})
        pay: list[Instruction[Command]] = [
            Instruction(
                f"claim-{decision.claim_id}",
                PayDecision(decision, accounts.get(decision.person_id), work.now),
                recorded,
            )
            for recorded, decision in decisions
        ]
        decided = await stage.apply(work, pay)
        await payments.follow(work.connection, payments.decided_by(pay, decided), work.now)
        work.after_commit(payments_due)

    return handle


async def _note_people(
    work: UnitOfWork,
    events: Sequence[Recorded],
    forget_key: Callable[[str], None],
    account_known: Callable[[], None],
) -> None:
    """Coverages and erasures, in their order: what counts for a person is the last of them."""
    coverages: dict[str, list[CoverageActivated]] = {}
    erased: set[str] = set()
    for recorded in events:
        match recorded.decode():
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
