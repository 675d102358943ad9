"""A plan as text for people: each liability with its clause, terms, sources and what is assumed."""

from libs.benefits.inspection import assumptions_of
from libs.benefits.liability_steps import percent
from libs.benefits.node import Language
from libs.benefits.plan import Liability, Plan
from libs.benefits.provisions import Premium
from libs.benefits.terms import Band, Deductible, RatioRule, Selector, Term, Words
from libs.money import format_yuan

_LABELS = {
    "premium": Words(zh="保费", en="premium"),
    "deductible": Words(zh="起付线", en="deductible"),
    "ratio": Words(zh="比例", en="ratio"),
    "cap": Words(zh="限额", en="cap"),
    "floating": Words(zh="随大病保险起付标准", en="the critical-illness threshold"),
    "unknown": Words(zh="未公布", en="not published"),
    "above": Words(zh="以上", en="above"),
    "up_to": Words(zh="至", en="to"),
    "takes": Words(zh="计入", en="takes"),
    "residue": Words(zh="承接余额", en="takes over from"),
    "lists": Words(zh="清单", en="lists"),
    "gross": Words(zh="按费用总额分段", en="bands on the gross cost"),
    "excess": Words(zh="按超出起付线部分分段", en="bands on the excess over the deductible"),
    "assumed": Words(zh="假定（未公布）", en="assumed (not published)"),
    "sources": Words(zh="来源", en="sources"),
}


def show_plan(plan: Plan, language: Language) -> str:
    """The plan in one language."""
    lines = [f"{plan.id}  {_in(plan.name, language)}  ({_in(plan.city, language)})"]
    lines.extend(_premium(premium, language) for premium in plan.premiums)
    for liability in plan.liabilities:
        lines.extend(_liability(liability, plan, language))
    total_caps = (*plan.shared_caps, *((plan.cap,) if plan.cap is not None else ()))
    lines.extend(
        f"{_label('cap', language)} {format_yuan(cap.amount_fen)}{_words(cap, language)}"
        for cap in total_caps
    )
    if plan.lists:
        lines.append(f"{_label('lists', language)}:")
    lines.extend(
        f"  {list_id}: {_in(each.name, language)} ({len(each.entries)})"
        for list_id, each in plan.lists.items()
    )
    assumed = assumptions_of(plan, language)
    if assumed:
        lines.append(f"{_label('assumed', language)}:")
        lines.extend(f"  {each}" for each in assumed)
    lines.append(f"{_label('sources', language)}:")
    lines.extend(
        f"  {key} [{source.grade}] {source.title} {source.url or ''}" for key, source in plan.sources.items()
    )
    lines.extend(_in(note, language) for note in plan.notes)
    lines.append(f"sha256 {plan.digest}")
    return "\n".join(line.rstrip() for line in lines)


def _in(words: Words, language: Language) -> str:
    return words.zh if language == "zh" else words.en


def _label(key: str, language: Language) -> str:
    return _in(_LABELS[key], language)


def _words(term: Term, language: Language) -> str:
    return f"  {_in(term.words, language)}" if term.words is not None else ""


def _premium(premium: Premium, language: Language) -> str:
    amount = _label("unknown", language) if premium.amount_fen is None else format_yuan(premium.amount_fen)
    return f"{_label('premium', language)} {_in(premium.name, language)} ({premium.tier}): {amount}"


def _liability(liability: Liability, plan: Plan, language: Language) -> list[str]:
    lines = [f"§{liability.clause or liability.id} {_in(liability.name, language)} ({liability.id})"]
    if liability.words is not None:
        lines.append(f"  {_in(liability.words, language)}")
    lines.extend(_takes(selector, language) for selector in liability.takes)
    if liability.residue_of is not None:
        parts = ", ".join(liability.residue_of.parts)
        lines.append(
            f"  {_label('residue', language)} {', '.join(liability.residue_of.liabilities)}: {parts}"
        )
    shared = next((pot for pot in plan.deductibles if pot.id == liability.shares_deductible), None)
    deductible = liability.deductible or shared
    if deductible is not None:
        lines.append(f"  {_label('deductible', language)} {_deductible(deductible, language)}")
        for rule in deductible.rules:
            changed = format_yuan(rule.set_fen if rule.set_fen is not None else rule.add_fen or 0)
            lines.append(f"    {changed}{_words(rule, language)}")
    pays = liability.pays
    measured = f"  ({_label(pays.measured_on, language)})" if pays.measured_on else ""
    lines.append(f"  {_label('ratio', language)} {_bands(pays.all_bands, language)}{measured}")
    lines.extend(f"    {_ratio_rule(each, language)}{_words(each, language)}" for each in pays.rules)
    for cap in liability.caps:
        limit = format_yuan(cap.amount_fen) if cap.amount_fen is not None else f"{cap.times} x"
        lines.append(f"  {_label('cap', language)} {limit}{_words(cap, language)}")
    if liability.cap is not None:
        lines.append(f"  {_label('cap', language)} {format_yuan(liability.cap.amount_fen)}")
    lines.extend(f"  -{_words(each, language)}" for each in (*liability.scales, *liability.exclusions))
    return lines


def _takes(selector: Selector, language: Language) -> str:
    buckets = ", ".join(f"{bucket} {percent(share)}" for bucket, share in selector.buckets.items())
    filters = {
        "visits": selector.visits,
        "categories": selector.categories,
        "lists": selector.lists,
        "not_lists": selector.not_lists,
    }
    shown = "; ".join(f"{name}: {', '.join(values)}" for name, values in filters.items() if values)
    return f"  {_label('takes', language)} {buckets}{'; ' if shown else ''}{shown}"


def _deductible(deductible: Deductible, language: Language) -> str:
    if deductible.amount_fen is None:
        return _label("floating", language)
    return f"{format_yuan(deductible.amount_fen)}{_words(deductible, language)}"


def _bands(bands: tuple[Band, ...], language: Language) -> str:
    if len(bands) == 1:
        return percent(bands[0].ratio_bp)
    return ", ".join(f"{percent(band.ratio_bp)} {_band_end(band, language)}" for band in bands)


def _band_end(band: Band, language: Language) -> str:
    if band.up_to_fen is None:
        return _label("above", language)
    return f"{_label('up_to', language)} {format_yuan(band.up_to_fen)}"


def _ratio_rule(rule: RatioRule, language: Language) -> str:
    if rule.bands is not None:
        return _bands(rule.bands, language)
    if rule.set_bp is not None:
        return percent(rule.set_bp)
    if rule.times_bp is not None:
        return f"× {percent(rule.times_bp)}"
    points_bp = rule.points_bp or 0
    return f"{'-' if points_bp < 0 else '+'}{percent(abs(points_bp))}"
