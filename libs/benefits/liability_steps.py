"""How one liability came to its amount, as nodes of the explanation."""

from typing import NamedTuple

from libs.benefits.node import Node
from libs.benefits.outcome import BandPaid, CapCut, DeductibleTaken, LiabilityOutcome
from libs.benefits.plan import Liability, Plan
from libs.benefits.plan_words import money, percent
from libs.benefits.terms import AmountRule, Cap, CostScale, RatioRule, Term
from libs.money import format_yuan


class Origin(NamedTuple):
    """Where a figure comes from, in the order of `Node`'s fields."""

    clause: str | None
    source: str | None
    grade: str | None
    assumption: bool


def origin_of(plan: Plan, liability: Liability, term: Term) -> Origin:
    """Clause, source, grade and assumption of a term, inherited from liability and plan where it says none."""
    # Terms live as long as their plan, so their identity is a key.
    key = (id(term), liability.id)
    known: Origin | None = plan.origins.get(key)
    if known is None:
        known = plan.origins[key] = _origin(plan, liability, term)
    return known


def _origin(plan: Plan, liability: Liability, term: Term) -> Origin:
    holders = (term, liability, plan)
    source = next((holder.source for holder in holders if holder.source), None)
    # A liability or plan that is assumed as a whole makes every term of it an assumption.
    assumed = any(holder.assumption for holder in holders)
    return Origin(
        clause=term.clause or liability.clause,
        source=source,
        grade="assumption" if assumed else plan.sources[source].grade if source else None,
        assumption=assumed,
    )


def liability_node(plan: Plan, outcome: LiabilityOutcome) -> Node:
    """The liability's payment: bands that add up to the formula's amount, minus what caps and others cut."""
    liability = plan.liability(outcome.liability_id)
    bands = tuple(_band(plan, liability, band) for band in outcome.bands)
    rounding_fen = sum(b.paid_fen for b in outcome.bands) - outcome.paid_fen
    cuts = tuple(_cut(plan, liability, cut) for cut in outcome.cuts if not cut.on_cost)
    rounding_fen -= sum(-cut.result_fen for cut in cuts) + outcome.limited_by_others_fen
    others = _others(outcome)
    if rounding_fen:
        # Rounding up to a unit coarser than the fen never pays more than the cost itself.
        others = (*others, Node("limit", "不超过费用本身", "never above the cost", -rounding_fen))
    return Node(
        "liability",
        liability.name.zh,
        liability.name.en,
        outcome.paid_fen,
        "",
        {"base_fen": outcome.base_fen, "deductible_fen": outcome.deductible.taken_fen},
        *origin_of(plan, liability, liability),
        _steps(plan, liability, outcome),
        (*bands, *cuts, *others),
    )


def _others(outcome: LiabilityOutcome) -> tuple[Node, ...]:
    if not outcome.limited_by_others_fen:
        return ()
    return (
        Node(
            "limit",
            "与其他渠道合计不超过费用",
            "together with other payers never above the cost",
            -outcome.limited_by_others_fen,
        ),
    )


def _steps(plan: Plan, liability: Liability, outcome: LiabilityOutcome) -> tuple[Node, ...]:
    assumed = any(selector.assumption for selector in liability.takes)
    steps = [Node("step", "计入费用", "cost counted", outcome.base_fen, assumption=assumed)]
    steps.extend(_cut(plan, liability, cut) for cut in outcome.cuts if cut.on_cost)
    counted_fen = outcome.base_fen - sum(cut.cut_fen for cut in outcome.cuts if cut.on_cost)
    cost_fen = counted_fen - outcome.scaled_out_fen
    if outcome.scaled_out_fen:
        formula = f"{format_yuan(cost_fen)} - {format_yuan(counted_fen)}"
        steps.append(Node("step", "折算掉的费用", "cost scaled out", -outcome.scaled_out_fen, formula))
    if outcome.deductible.required_fen:
        steps.append(_deductible(plan, liability, outcome.deductible, cost_fen))
    changed = (*outcome.deductible.terms[1:], *outcome.rules)
    steps.extend(_rule(plan, liability, rule) for rule in changed if isinstance(rule, _RULES))
    return tuple(steps)


def _deductible(plan: Plan, liability: Liability, deductible: DeductibleTaken, cost_fen: int) -> Node:
    room = _room(deductible.required_fen, deductible.used_fen)
    return Node(
        "step",
        "起付线（本次承担）",
        "deductible (borne now)",
        -deductible.taken_fen,
        f"-min({room}, {format_yuan(cost_fen)})",
        {
            "required_fen": deductible.required_fen,
            "used_fen": deductible.used_fen,
            "left_fen": max(0, deductible.required_fen - deductible.used_fen),
            "cost_fen": cost_fen,
        },
        *origin_of(plan, liability, deductible.terms[-1]),
    )


_RULES = (CostScale, RatioRule, AmountRule)


def _rule(plan: Plan, liability: Liability, rule: CostScale | RatioRule | AmountRule) -> Node:
    zh, en = _change(rule)
    if rule.words is not None:
        zh, en = f"{rule.words.zh}（{zh}）", f"{rule.words.en} ({en})"
    return Node("step", zh, en, 0, "", {}, *origin_of(plan, liability, rule))


def _change(rule: CostScale | RatioRule | AmountRule) -> tuple[str, str]:
    if isinstance(rule, CostScale):
        return f"费用按 {percent(rule.keep_bp)} 计入", f"cost counts at {percent(rule.keep_bp)}"
    if isinstance(rule, AmountRule):
        if rule.set_fen is not None:
            return f"起付线为 {money(rule.set_fen)}", f"deductible is {money(rule.set_fen)}"
        if rule.times_bp is not None:
            return f"起付线乘以 {percent(rule.times_bp)}", f"deductible times {percent(rule.times_bp)}"
        change = f"{(rule.add_fen or 0) / 100:+,g}"
        return f"起付线 {change}", f"deductible {change}"
    if rule.set_bp is not None:
        return f"比例为 {percent(rule.set_bp)}", f"ratio is {percent(rule.set_bp)}"
    if rule.points_bp is not None:
        points = f"{rule.points_bp / 100:+g}"
        return f"比例 {points} 个百分点", f"ratio {points} percentage points"
    if rule.times_bp is not None:
        return f"比例乘以 {percent(rule.times_bp)}", f"ratio times {percent(rule.times_bp)}"
    return "另定分段比例", "other bands"


def _room(limit_fen: int, used_fen: int) -> str:
    """What is left of a limit, as a formula; a lowered limit may have been passed already."""
    return f"{format_yuan(limit_fen)} - {format_yuan(used_fen)}" if used_fen < limit_fen else "0.00"


def _band(plan: Plan, liability: Liability, band: BandPaid) -> Node:
    rate = percent(band.rate_bp)
    return Node(
        "band",
        f"按 {rate} 赔付",
        f"paid at {rate}",
        band.paid_fen,
        f"{format_yuan(band.covered_fen)} × {rate}",
        {"from_fen": band.from_fen, "covered_fen": band.covered_fen, "rate_bp": band.rate_bp},
        *origin_of(plan, liability, liability.pays),
    )


def _cut(plan: Plan, liability: Liability, cut: CapCut) -> Node:
    """A cut as `what the limit leaves - what there was`, which is the (negative) amount of the cut."""
    group = f"({cut.group})" if cut.group is not None else ""
    if isinstance(cut.term, Cap) and cut.term.times is not None:
        formula = ""
        zh, en = f"次数限制{group}", f"limit on how often {group}".rstrip()
    else:
        before_fen = cut.cut_fen + max(0, cut.limit - cut.used)
        formula = f"{_room(cut.limit, cut.used)} - {format_yuan(before_fen)}"
        zh, en = f"超过限额{group}", f"above cap {group}".rstrip()
    if cut.term.words is not None:
        zh, en = f"{cut.term.words.zh}{group}", f"{cut.term.words.en} {group}".rstrip()
    return Node(
        "cap",
        zh,
        en,
        -cut.cut_fen,
        formula,
        {"limit": cut.limit, "used": cut.used},
        *origin_of(plan, liability, cut.term),
    )
