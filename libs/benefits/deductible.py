"""How much of a cost the deductible's balance still takes."""

from libs.benefits.case import Member
from libs.benefits.conditions import Facts
from libs.benefits.ledger import Ledger
from libs.benefits.outcome import DeductibleTaken
from libs.benefits.plan import Liability, Plan
from libs.benefits.terms import AmountRule, Deductible, Term
from libs.money import round_bp

_NONE = DeductibleTaken(0, 0, 0)


def take_deductible(
    plan: Plan, liability: Liability, member: Member, facts: Facts, ledger: Ledger, cost_fen: int
) -> DeductibleTaken:
    """What of `cost_fen` goes to the liability's own or shared deductible, given what the year already took."""
    deductible, used_fen = _deductible_and_used(plan, liability, ledger)
    if deductible is None:
        return _NONE
    required_fen, terms = required(plan, deductible, member, facts)
    if deductible.per == "stay":
        used_fen = 0
    left_fen = max(0, required_fen - used_fen)
    return DeductibleTaken(required_fen, used_fen, min(cost_fen, left_fen), terms)


def required(
    plan: Plan, deductible: Deductible, member: Member, facts: Facts
) -> tuple[int, tuple[Term, ...]]:
    """The deductible of this person (fen) and the terms that made it."""
    terms: tuple[Term, ...] = (deductible,)
    if deductible.amount_fen is not None:
        amount_fen = deductible.amount_fen
    elif member.critical_illness_threshold_fen is not None:
        amount_fen = member.critical_illness_threshold_fen
    else:
        table = plan.critical_illness_thresholds
        assert table is not None, "a plan with a floating deductible is refused without a table"
        # A scheme the table does not name gets the highest threshold: never pay more than any scheme would.
        amount_fen = table.by_scheme.get(member.scheme, max(table.by_scheme.values()))
        terms = (deductible, table)
    amount_fen, rules = apply_amount_rules(amount_fen, deductible.rules, facts)
    return amount_fen, (*terms, *rules)


def apply_amount_rules(
    amount_fen: int, rules: tuple[AmountRule, ...], facts: Facts
) -> tuple[int, tuple[AmountRule, ...]]:
    """The amount after the rules that hold, never below zero, and those rules."""
    held = tuple(rule for rule in rules if rule.when.holds(facts))
    for rule in held:
        amount_fen = _changed(amount_fen, rule)
    return max(0, amount_fen), held


def _changed(amount_fen: int, rule: AmountRule) -> int:
    if rule.set_fen is not None:
        return rule.set_fen
    if rule.times_bp is not None:
        return round_bp(max(0, amount_fen) * rule.times_bp)
    return amount_fen + (rule.add_fen or 0)


def _deductible_and_used(plan: Plan, liability: Liability, ledger: Ledger) -> tuple[Deductible | None, int]:
    if liability.shares_deductible is not None:
        shared = next(each for each in plan.deductibles if each.id == liability.shares_deductible)
        return shared, ledger.shared_deductible(shared.id)
    return liability.deductible, ledger.deductible(liability.id)
