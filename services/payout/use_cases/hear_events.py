"""Decisions become payments, coverages tell where to pay, an erased person is forgotten."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.enrolment import CoverageActivated, PersonErased
from libs.eventlog import Handler, Recorded, UnitOfWork
from libs.eventlog.stage import Instruction, Stage
from services.payout.adapters import payees, payments
from services.payout.domain.payments import ClaimPayments, Command, PayDecision, ReleaseHeld

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    "adjudication": frozenset({ClaimAdjudicated.__name__}),
    "enrolment": frozenset({CoverageActivated.__name__, PersonErased.__name__}),
}


def hear_events(
    stage: Stage[ClaimPayments, Command], forget_key: Callable[[str], None], wake: Callable[[], None]
) -> Handler:
    """The consumer's handler. `wake` is called when there is something to send."""

    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        released = await _note_people(work, events, forget_key)
        decisions = [
            (recorded, decision)
            for recorded in events
            if isinstance(decision := recorded.decode(), ClaimAdjudicated)
            and decision.plan_pays_fen + decision.cash_benefits_fen > 0
        ]
        accounts = await payees.find(work.connection, {decision.person_id for _, decision in decisions})
        pay: list[Instruction[Command]] = [
            Instruction(
                f"claim-{decision.claim_id}",
                PayDecision(decision, accounts.get(decision.person_id), work.now),
                recorded,
            )
            for recorded, decision in decisions
        ]
        decided = await stage.apply(work, [*released, *pay])
        followed = [event for index in sorted(decided) for event in decided[index]]
        if followed:
            await payments.follow(work.connection, followed, work.now)
            work.after_commit(wake)

    return handle


async def _note_people(
    work: UnitOfWork, events: Sequence[Recorded], forget_key: Callable[[str], None]
) -> list[Instruction[Command]]:
    """Coverages and erasures, in order; returns what their accounts release."""
    coverages: dict[str, tuple[Recorded, CoverageActivated]] = {}
    erased: set[str] = set()
    for recorded in events:
        match recorded.decode():
            case CoverageActivated() as coverage:
                coverages[coverage.person_id] = (recorded, coverage)
                erased.discard(coverage.person_id)
            case PersonErased(person_id=person_id):
                coverages.pop(person_id, None)
                erased.add(person_id)
            case _:
                continue
    if erased:
        await payees.forget(work.connection, erased)
        for person_id in erased:
            work.after_commit(partial(forget_key, person_id))
    if not coverages:
        return []
    await payees.remember(work.connection, [coverage for _, coverage in coverages.values()])
    return [
        Instruction(
            f"claim-{claim_id}",
            ReleaseHeld(coverages[person_id][1].identity, work.now),
            coverages[person_id][0],
        )
        for claim_id, person_id in await payees.held_claims(work.connection, coverages)
    ]
