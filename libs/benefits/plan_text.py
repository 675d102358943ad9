"""A plan as text for people: who, when, each liability with deductible, ratio and caps, lists, sources and grades."""

from libs.benefits.case_advice import classes_asked, tags_asked
from libs.benefits.condition_text import condition_words
from libs.benefits.inspection import assumptions_of
from libs.benefits.liability_text import liability_lines, mark_of, total_cap_line
from libs.benefits.node import Language
from libs.benefits.plan import Plan
from libs.benefits.plan_words import in_language, label, money, named_values, percent
from libs.benefits.product_lists import ProductList
from libs.benefits.provisions import CashBenefit, Insurer, Premium

_MOST_ENTRIES_SHOWN = 40


def show_plan(plan: Plan, language: Language) -> str:
    """The plan in one language."""
    lines = [f"{plan.id}  {in_language(plan.name, language)}  ({in_language(plan.city, language)})"]
    lines += _frame(plan, language)
    lines += [_premium(plan, premium, language) for premium in plan.premiums]
    lines += [_insurer(plan, insurer, language) for insurer in plan.insurers]
    lines += _status(plan, language)
    lines += [_exclusions(plan, language)] if plan.exclusions else []
    if plan.hypothetical is not None:
        lines.append(
            f"{label('hypothetical', language)}: {condition_words(plan.hypothetical.when, language)}"
        )
        for layer in plan.hypothetical.layers:
            lines += [f"  {line}" for line in liability_lines(plan, layer, language)]
    for liability in plan.liabilities:
        lines += ["", *liability_lines(plan, liability, language)]
    lines.append("")
    lines += [
        total_cap_line(plan, cap, f"{cap.id} ({', '.join(cap.liabilities)})", language)
        for cap in plan.shared_caps
    ]
    if plan.cap is not None:
        lines.append(total_cap_line(plan, plan.cap, label("plan_cap", language), language))
    lines += [_cash(plan, benefit, language) for benefit in plan.cash_benefits]
    lines += _lists(plan, language)
    lines += _hints(plan, language)
    lines += _origins(plan, language)
    return "\n".join(line.rstrip() for line in lines)


def _frame(plan: Plan, language: Language) -> list[str]:
    unknown = label("period_unknown", language)
    period = f"{plan.valid_from or unknown} – {plan.valid_to or unknown}"
    lines = [
        f"{label('period', language)}: {period}; {label('benefit_year', language)} {plan.benefit_year_starts}"
    ]
    if plan.waiting is not None:
        mark = mark_of(plan, None, plan.waiting, language)
        lines.append(f"{label('waiting', language)}: {plan.waiting.days} {mark}")
    if plan.renewal_grace is not None:
        lines.append(f"{label('grace', language)}: {plan.renewal_grace.until}")
    crossing = plan.crossing_stay
    said = "" if "crossing_stay" in plan.model_fields_set else f" [{label('assumed', language)}]"
    days = (
        ""
        if crossing.at_most_days is None
        else f" ({label('at_most_days', language)}: {crossing.at_most_days})"
    )
    lines.append(
        f"{label('crossing', language)}: {label(f'crossing_{crossing.paid_until}', language)}{days}{said}"
    )
    payers = (("before", plan.payers.before), ("beside", plan.payers.beside), ("after", plan.payers.after))
    lines += [f"{label(f'payers_{when}', language)}: {', '.join(names)}" for when, names in payers if names]
    if plan.rounding.unit_fen != 1 or plan.rounding.mode != "half_up":
        lines.append(f"{label('rounding', language)}: {money(plan.rounding.unit_fen)} ({plan.rounding.mode})")
    if plan.one_stop is not None:
        codes = ", ".join(f"{code} = {liability_id}" for code, liability_id in plan.one_stop.codes.items())
        mark = mark_of(plan, None, plan.one_stop, language)
        tolerance = money(plan.one_stop.tolerance_fen)
        lines.append(f"{label('one_stop', language)} {tolerance}; {codes} {mark}".rstrip())
    return lines


def _premium(plan: Plan, premium: Premium, language: Language) -> str:
    amount = label("unknown", language) if premium.amount_fen is None else money(premium.amount_fen)
    who = f"  {condition_words(premium.when, language)}" if premium.when is not None else ""
    payer = f"; {label('paid_by', language)} {premium.paid_by}" if premium.paid_by else ""
    mark = mark_of(plan, None, premium, language) if premium.amount_fen is not None else ""
    name = in_language(premium.name, language)
    return f"{label('premium', language)} {name} ({premium.tier}): {amount}{who}{payer} {mark}".rstrip()


def _insurer(plan: Plan, insurer: Insurer, language: Language) -> str:
    lead = f", {label('lead', language)}" if insurer.lead else ""
    days = (
        f"  {insurer.first_day or ''} – {insurer.last_day or ''}"
        if insurer.first_day or insurer.last_day
        else ""
    )
    mark = mark_of(plan, None, insurer, language)
    name = in_language(insurer.name, language)
    return (
        f"{label('insurer', language)} {name} ({insurer.id}{lead}): {percent(insurer.share_bp)}{days} {mark}"
    )


def _status(plan: Plan, language: Language) -> list[str]:
    lines = []
    for rule in plan.status_rules:
        tiers = f" ({', '.join(rule.tiers)})" if rule.tiers else ""
        words = in_language(rule.words, language) if rule.words is not None else rule.gives
        immune = f"; {label('immune', language)}" if rule.immune_after_continuous else ""
        mark = mark_of(plan, None, rule, language)
        lines.append(f"{label('status', language)} → {rule.gives}{tiers}: {words}{immune} {mark}")
    return lines


def _exclusions(plan: Plan, language: Language) -> str:
    named = [in_language(each.words, language) if each.words else each.id for each in plan.exclusions]
    return f"{label('excluded', language)}: {'; '.join(named)}"


def _cash(plan: Plan, benefit: CashBenefit, language: Language) -> str:
    amount = money(benefit.amount_fen or benefit.per_day_fen or 0)
    per_day = f" {label('per_day', language)}" if benefit.per_day_fen is not None else ""
    first = (
        f"; {label('first_at_least', language)} {money(benefit.first_at_least_fen)}"
        if benefit.first_at_least_fen
        else ""
    )
    most = f"; {label('at_most', language)} {money(benefit.at_most_fen)}"
    asked = condition_words(benefit.when, language)
    mark = mark_of(plan, None, benefit, language)
    name = in_language(benefit.name, language)
    return f"{label('cash', language)} {name} ({benefit.id}): {amount}{per_day}{first}{most}  {asked} {mark}"


def _lists(plan: Plan, language: Language) -> list[str]:
    lines = [f"{label('lists', language)}:"] if plan.lists else []
    for list_id, product_list in plan.lists.items():
        lines.append(f"  {list_id}: {in_language(product_list.name, language)}")
        lines.append(f"    {_entries(product_list, language)}")
        lines += (
            [f"    {in_language(product_list.words, language)}"] if product_list.words is not None else []
        )
    return lines


def _entries(product_list: ProductList, language: Language) -> str:
    if not product_list.entries:
        return label("by_tag", language)
    shown = [entry.name for entry in product_list.entries[:_MOST_ENTRIES_SHOWN]]
    more = len(product_list.entries) - len(shown)
    return named_values(shown, language) + (f" … {label('more', language)} {more}" if more else "")


def _hints(plan: Plan, language: Language) -> list[str]:
    hints = (("asks", tags_asked(plan)), ("classes", classes_asked(plan)))
    return [f"{label(key, language)}: {', '.join(names)}" for key, names in hints if names]


def _origins(plan: Plan, language: Language) -> list[str]:
    assumed = assumptions_of(plan, language)
    lines = [f"{label('assumptions', language)}:", *(f"  {each}" for each in assumed)] if assumed else []
    lines.append(f"{label('sources', language)}:")
    lines += [
        f"  {key} [{source.grade}] {source.title} {source.url or ''}" for key, source in plan.sources.items()
    ]
    if plan.examples:
        lines.append(f"{label('examples', language)}:")
    for example in plan.examples:
        kind = label("derived" if example.derived else "published", language)
        total = money(example.expected.total_fen)
        lines.append(f"  {example.id} [{kind}] {in_language(example.title, language)}: {total}")
    if plan.notes:
        lines += [
            f"{label('notes', language)}:",
            *(f"  {in_language(note, language)}" for note in plan.notes),
        ]
    return [*lines, f"sha256 {plan.digest}"]
