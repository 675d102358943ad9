"""A liability as text for people: what it takes, deductible, ratio, caps, exclusions, each with source and grade."""

from libs.benefits.condition_text import condition_words
from libs.benefits.node import Language
from libs.benefits.plan import Liability, Plan
from libs.benefits.plan_words import in_language, label, money, named_values, percent
from libs.benefits.terms import (
    AmountRule,
    Band,
    Cap,
    Deductible,
    Exclusion,
    RatioRule,
    Selector,
    SharedDeductible,
    Term,
    TotalCap,
)


def liability_lines(plan: Plan, liability: Liability, language: Language) -> list[str]:
    """The liability in one language, a term a line."""
    writer = _Writer(plan, liability, language)
    return [writer.heading(), *(f"  {line}" for line in writer.terms())]


def total_cap_line(plan: Plan, cap: TotalCap, name: str, language: Language) -> str:
    """A cap over several liabilities or the plan, with what changes it."""
    writer = _Writer(plan, None, language)
    return f"{label('cap', language)} {name}: {'; '.join(writer.total_cap(cap))}"


def mark_of(plan: Plan, liability: Liability | None, term: Term, language: Language) -> str:
    """Where a term comes from: `[S1 A]`, or that it is assumed, and what of it."""
    holders = [term, liability, plan]
    source = next((holder.source for holder in holders if holder is not None and holder.source), None)
    grade = f"{source} {plan.sources[source].grade}" if source else ""
    if any(holder.assumption for holder in holders if holder is not None):
        assumed = label("assumed", language)
        said = f": {in_language(term.assumes, language)}" if term.assumes is not None else ""
        return f"[{assumed}{said}]"
    return f"[{grade}]" if grade else ""


class _Writer:
    def __init__(self, plan: Plan, liability: Liability | None, language: Language) -> None:
        self.plan, self.liability, self.language = plan, liability, language

    def heading(self) -> str:
        liability = self.liability
        assert liability is not None
        clause = f"§{liability.clause} " if liability.clause else ""
        return f"{clause}{in_language(liability.name, self.language)} ({liability.id}) {self.mark(liability)}"

    def terms(self) -> list[str]:
        liability = self.liability
        assert liability is not None
        lines = [in_language(liability.words, self.language)] if liability.words is not None else []
        lines += [self.takes(selector) for selector in liability.takes]
        if liability.residue_of is not None:
            parts = named_values(liability.residue_of.parts, self.language)
            lines.append(f"{self.label('residue')} {', '.join(liability.residue_of.liabilities)}: {parts}")
        lines += [self.exclusion(each) for each in liability.exclusions]
        for scale in liability.scales:
            cost = f"{self.label('cost')} × {percent(scale.keep_bp)}"
            lines.append(f"{self.label('scale')}: {cost}{self.condition(scale, scale.when)}")
        lines += self.deductible(liability)
        lines += self.ratio(liability)
        lines += [self.cap(each) for each in liability.caps]
        if liability.cap is not None:
            lines.append(f"{self.label('cap')}: {'; '.join(self.total_cap(liability.cap))}")
        if liability.precedence:
            lines.append(f"{self.label('precedence')}: {liability.precedence}")
        return lines

    def takes(self, selector: Selector) -> str:
        buckets = ", ".join(
            f"{named_values((bucket,), self.language)}{'' if share == 10_000 else ' ' + percent(share)}"
            for bucket, share in selector.buckets.items()
        )
        filters = (
            ("visits", selector.visits),
            ("categories", selector.categories),
            ("on_lists", selector.lists),
            ("not_on_lists", selector.not_lists),
        )
        shown = [
            f"{self.label(name)} {named_values(values, self.language)}" for name, values in filters if values
        ]
        if selector.when is not None:
            shown.append(condition_words(selector.when, self.language))
        return f"{self.label('takes')}: {'; '.join((buckets, *shown))} {self.mark(selector)}".rstrip()

    def exclusion(self, exclusion: Exclusion) -> str:
        asked = [named_values(exclusion.categories, self.language)] if exclusion.categories else []
        asked += [f"{self.label('on_lists')} {', '.join(exclusion.lists)}"] if exclusion.lists else []
        asked += [condition_words(exclusion.when, self.language)] if exclusion.when is not None else []
        return f"{self.label('excluded')}: {'; '.join(asked)}{self.words(exclusion)}"

    def deductible(self, liability: Liability) -> list[str]:
        shared = next((pot for pot in self.plan.deductibles if pot.id == liability.shares_deductible), None)
        deductible = liability.deductible or shared
        if deductible is None:
            return [f"{self.label('deductible')}: {money(0)} {self.mark(liability)}"]
        name = f" ({self.label('shared')}: {shared.id})" if isinstance(shared, SharedDeductible) else ""
        per = self.label(f"per_{deductible.per}")
        first = f"{self.label('deductible')}{name}: {self.amount(deductible)} {per}{self.words(deductible)}"
        return [f"{first} {self.mark(deductible)}".rstrip(), *map(self.amount_rule, deductible.rules)]

    def amount(self, deductible: Deductible) -> str:
        if deductible.amount_fen is not None:
            return money(deductible.amount_fen)
        table = self.plan.critical_illness_thresholds
        assert table is not None, "a plan with a floating deductible is refused without a table"
        schemes = ", ".join(
            f"{named_values((scheme,), self.language)} {money(fen)}"
            for scheme, fen in table.by_scheme.items()
        )
        return f"{self.label('floating')} ({schemes}) {self.mark(table)}"

    def amount_rule(self, rule: AmountRule) -> str:
        if rule.set_fen is not None:
            amount = money(rule.set_fen)
        elif rule.times_bp is not None:
            amount = f"× {percent(rule.times_bp)}"
        else:
            amount = f"{(rule.add_fen or 0) / 100:+g}"
        return f"  → {amount}{self.condition(rule, rule.when)}"

    def ratio(self, liability: Liability) -> list[str]:
        pays = liability.pays
        measured = f" ({self.label(pays.measured_on)})" if pays.measured_on else ""
        first = f"{self.label('ratio')}: {self.bands(pays.all_bands)}{measured}{self.words(pays)}"
        rules = [f"  → {self.ratio_change(each)}{self.condition(each, each.when)}" for each in pays.rules]
        return [f"{first} {self.mark(pays)}".rstrip(), *rules]

    def ratio_change(self, rule: RatioRule) -> str:
        if rule.bands is not None:
            return self.bands(rule.bands)
        if rule.set_bp is not None:
            return percent(rule.set_bp)
        if rule.times_bp is not None:
            return f"× {percent(rule.times_bp)}"
        points_bp = rule.points_bp or 0
        return f"{'-' if points_bp < 0 else '+'}{percent(abs(points_bp))}"

    def bands(self, bands: tuple[Band, ...]) -> str:
        if len(bands) == 1:
            return percent(bands[0].ratio_bp)
        shown = []
        for band in bands:
            end = (
                self.label("above")
                if band.up_to_fen is None
                else f"{self.label('up_to')} {money(band.up_to_fen)}"
            )
            shown.append(f"{end} {percent(band.ratio_bp)}")
        return ", ".join(shown)

    def cap(self, cap: Cap) -> str:
        limit = money(cap.amount_fen) if cap.amount_fen is not None else f"{cap.times} ×"
        scope = [self.label(f"each_{cap.each}")] if cap.each != "all" else []
        scope += [self.label("limits_cost")] if cap.limits == "cost" else []
        scope += [named_values(cap.categories, self.language)] if cap.categories else []
        scope += [f"{self.label('on_lists')} {', '.join(cap.lists)}"] if cap.lists else []
        rules = [self.amount_rule(rule).strip() for rule in cap.rules]
        parts = "; ".join((f"{limit} {self.label(f'per_{cap.per}')}", *scope, *rules))
        return f"{self.label('cap')} ({cap.id}): {parts}{self.words(cap)} {self.mark(cap)}".rstrip()

    def total_cap(self, cap: TotalCap) -> list[str]:
        first = f"{money(cap.amount_fen)} {self.label('per_year')}{self.words(cap)} {self.mark(cap)}"
        return [first.rstrip(), *(self.amount_rule(rule).strip() for rule in cap.rules)]

    def condition(self, term: Term, when: object) -> str:
        said = in_language(term.words, self.language) if term.words is not None else ""
        asked = condition_words(when, self.language)
        mark = self.mark(term) if term.source or term.assumption else ""
        return f"  {said} ({asked}) {mark}".rstrip() if said else f"  {asked} {mark}".rstrip()

    def words(self, term: Term) -> str:
        return f"  {in_language(term.words, self.language)}" if term.words is not None else ""

    def mark(self, term: Term) -> str:
        return mark_of(self.plan, self.liability, term, self.language)

    def label(self, key: str) -> str:
        return label(key, self.language)
