"""The fast path of a fork: what a changed plan pays, by column; the engine relives who cannot be told that way."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from libs.benefits import Plan
from libs.benefits.pool import pool_shares
from libs.benefits_columnar import Evaluated, columns_of_bills, evaluate_columns, unsupported_terms
from libs.benefits_columnar.supported import LARGEST_BILL_FEN
from services.adjudication.domain.by_column import CountedBill, counted_bills
from services.adjudication.domain.difference import (
    ADJUDICATED,
    CASH,
    NO_POOL,
    Result,
    Rows,
    differences,
    result_of,
    rows_of,
)
from services.adjudication.domain.fork import Happened, as_recorded, relive
from services.adjudication.domain.state import Person, initial
from services.adjudication.use_cases.replay_fork import Fork


@dataclass(slots=True)
class _Counted:
    """The accounts of one plan: people's benefit years."""

    accounts: list[list[CountedBill]] = field(default_factory=list)

    def results(self, plan: Plan) -> Iterator[tuple[str, Result]]:
        """Every claim with what the plan pays of it."""
        if not self.accounts:
            return
        frames = columns_of_bills([(each.member, each.bill) for each in account] for account in self.accounts)
        found = evaluate_columns(plan, *frames)
        bills = [each for account in self.accounts for each in account]
        for row, each in enumerate(bills):
            yield each.claim_id, _result(plan, found, row, each)


def compare_by_column(fork: Fork, people: Iterable[tuple[str, list[Happened]]]) -> Rows:
    """As `compare_people`, for a fork that differs in plans alone: the same rows in another order."""
    own, changed = fork.own.plans, fork.changed_plan_ids
    counted = {plan_id: _Counted() for plan_id in changed}
    rows, held = Rows(), []
    for stream_id, history in people:
        recorded = as_recorded(initial(stream_id), history)
        years = counted_bills(recorded, fork.changed.plans, changed)
        if years is None or not all(_fits(fork, plan_id, bills) for (plan_id, _), bills in years.items()):
            forked = relive(initial(stream_id), history, fork.changed)
            control = relive(initial(stream_id), history, fork.own) if fork.controlled else None
            rows.add(differences(recorded, forked, control))
            continue
        held.append(recorded)
        for (plan_id, _), bills in years.items():
            counted[plan_id].accounts.append(bills)
    after = {
        claim_id: one for each in changed for claim_id, one in counted[each].results(fork.changed.plans[each])
    }
    again = {claim_id: one for each in changed for claim_id, one in counted[each].results(own[each])}
    for recorded in held:
        rows.add(_rows(recorded, after, again, controlled=fork.controlled))
    return rows


def _rows(
    recorded: Person, after: Mapping[str, Result], again: Mapping[str, Result], *, controlled: bool
) -> Rows:
    """A person's rows; a claim that no changed plan counts stays as it is recorded."""
    rows = Rows()
    for _, claim_id in recorded.in_order_of_service():
        before = result_of(recorded.claim(claim_id))
        control = again.get(claim_id, before)
        equal = control == before if controlled else None
        control_fen = control.benefits_fen if controlled else 0
        rows.add(rows_of(recorded, claim_id, before, after.get(claim_id, before), control_fen, equal))
    return rows


def _fits(fork: Fork, plan_id: str, bills: Sequence[CountedBill]) -> bool:
    """Whether the plan, as it was and as it is changed, and these bills are evaluated by column."""
    both = (fork.own.plans.get(plan_id), fork.changed.plans[plan_id])
    supported = all(plan is not None and not unsupported_terms(plan) for plan in both)
    return supported and max(each.bill.total_fen for each in bills) <= LARGEST_BILL_FEN


def _result(plan: Plan, found: Evaluated, row: int, counted: CountedBill) -> Result:
    plan_fen, cash_fen = int(found.plan_pays[row]), int(found.cash[row])
    patient_fen = int(found.patient_bears[row])
    paid = zip(plan.liabilities, found.paid[:, row].tolist(), strict=True)
    by_liability = {liability.id: fen for liability, fen in paid if fen}
    if cash_fen:
        by_liability[CASH] = cash_fen
    benefits_fen = plan_fen + cash_fen
    assert counted.bill.service_date is not None, "a claim has its day"
    shares = pool_shares(plan, counted.bill.service_date, benefits_fen) if benefits_fen else ()
    by_insurer = {share.insurer: share.amount_fen for share in shares if share.amount_fen}
    return Result(
        ADJUDICATED,
        plan_fen,
        cash_fen,
        patient_fen,
        counted.bill.total_fen - plan_fen - patient_fen,
        by_liability,
        by_insurer or ({NO_POOL: benefits_fen} if benefits_fen else {}),
    )
