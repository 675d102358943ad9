"""From a case to the decision: bill by bill, liability by liability, each fen accounted for."""

from msgspec.structs import replace

from libs.benefits.caps import Scope
from libs.benefits.case import Bill, Case
from libs.benefits.cash import cash_paid
from libs.benefits.conditions import facts_of
from libs.benefits.cover import outside_cover
from libs.benefits.errors import CaseInvalid
from libs.benefits.hypothetical import as_if_settled
from libs.benefits.ledger import Ledger
from libs.benefits.makers import maker_flows
from libs.benefits.outcome import BillOutcome, LiabilityOutcome, MakerFlow
from libs.benefits.patient_share import kept_parts
from libs.benefits.plan import Liability, Plan
from libs.benefits.portions import layers_of, portions_of
from libs.benefits.result import Evaluation
from libs.benefits.selection import Excluded, Taken, select
from libs.benefits.settle import settle


def evaluate(plan: Plan, case: Case) -> Evaluation:
    """What `plan` pays for the bills of `case`, in the order given, on top of what the year already used.

    Pure. Raises CaseInvalid when dated bills fall into different benefit years: each year has its own balances.
    """
    years = {
        plan.benefit_year_start(bill.service_date) for bill in case.bills if bill.service_date is not None
    }
    if len(years) > 1:
        raise CaseInvalid(f"bills of several benefit years: {', '.join(str(year) for year in sorted(years))}")
    ledger = Ledger(plan, case.used)
    bills = tuple(_evaluate_bill(plan, case, bill, ledger) for bill in case.bills)
    return Evaluation(plan, case, bills, ledger.usage())


def _evaluate_bill(plan: Plan, case: Case, bill: Bill, ledger: Ledger) -> BillOutcome:
    layers = layers_of(bill, plan.payers)
    before_fen, beside_fen = sum(layers.before.values()), sum(layers.beside.values())
    facts = facts_of(case.member, bill, plan.default_tier)
    portions, excluded = outside_cover(plan, case.member, bill, portions_of(bill, before_fen))
    outside = bool(excluded) and not portions
    if plan.hypothetical is not None and plan.hypothetical.when.holds(facts):
        portions, as_if = as_if_settled(
            plan, plan.hypothetical, case.member, bill, facts, portions, before_fen
        )
        excluded = [*excluded, *as_if]
    selection = select(plan, bill, facts, portions)
    outcomes: dict[str, LiabilityOutcome] = {}
    makers: list[MakerFlow] = []
    limit_fen = bill.total_fen - before_fen - beside_fen
    for liability in plan.evaluation_order:
        taken = selection.taken.get(liability.id, [])
        if liability.residue_of is not None:
            taken = _take_residue(liability, outcomes)
        if taken:
            outcome = settle(Scope(plan, liability, bill, facts, ledger), case.member, taken, limit_fen)
            outcomes[liability.id] = outcome
            makers.extend(maker_flows(plan, bill, taken, outcome.paid_fen))
            limit_fen -= outcome.paid_fen
    liabilities = tuple(outcomes.values())
    all_excluded: tuple[Excluded, ...] = (*excluded, *selection.excluded)
    return BillOutcome(
        bill_id=bill.id,
        total_fen=bill.total_fen,
        before_fen=before_fen,
        beside_fen=beside_fen,
        # Payers after the plan see only what it left; what they were recorded with may come from before it paid.
        after_fen=min(sum(layers.after.values()), limit_fen),
        plan_pays_fen=sum(outcome.paid_fen for outcome in liabilities),
        liabilities=liabilities,
        excluded=all_excluded,
        not_itemised=selection.not_itemised,
        cash=() if outside else cash_paid(plan, bill, facts, ledger),
        makers=tuple(makers),
    )


def _take_residue(liability: Liability, outcomes: dict[str, LiabilityOutcome]) -> list[Taken]:
    """Hands over the parts named in the liability's residue; each source notes what it handed on and to whom."""
    residue = liability.residue_of
    assert residue is not None
    total_fen = 0
    for source_id in residue.liabilities:
        source = outcomes.get(source_id)
        if source is None:
            continue
        parts = kept_parts(source)
        handed = tuple((part, liability.id, parts[part]) for part in residue.parts if parts.get(part))
        outcomes[source_id] = replace(source, handed_on=(*source.handed_on, *handed))
        total_fen += sum(amount for _, _, amount in handed)
    return [Taken(None, total_fen)] if total_fen else []
