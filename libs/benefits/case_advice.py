"""What in a case a plan cannot use: refused when it decides the result, advised when it may be a slip."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from libs.benefits.case import Case
from libs.benefits.case_faults import shown
from libs.benefits.conditions import When, conditions_of, facts_of
from libs.benefits.errors import CaseFault, CaseRefused
from libs.benefits.outcome import Note
from libs.benefits.plan import Plan
from libs.benefits.wording import LAYERS


def check_case(plan: Plan, case: Case) -> tuple[Note, ...]:
    """Notes on what the plan does not ask for. Raises CaseRefused for what it does not have (`faults_for`).

    A list or tag the plan does not know changes nothing, so one case can be put to several plans; but it may be a
    slip of the pen, and then the plan pays less than the writer thinks. So it is said.
    """
    faults = tuple(faults_for(plan, case.model_dump()))
    if faults:
        raise CaseRefused(faults)
    return tuple(dict.fromkeys(_notes(plan, case)))


def tags_asked(plan: Plan) -> tuple[str, ...]:
    """Tags of a bill that some condition of the plan asks for, sorted."""
    return tuple(sorted({tag for when in conditions_of(plan) for tag in when.tag or ()}))


def classes_asked(plan: Plan) -> tuple[str, ...]:
    """Classes of pre-existing conditions that some condition of the plan asks for, sorted."""
    return tuple(sorted({name for when in conditions_of(plan) for name in when.pre_existing_class or ()}))


def faults_for(plan: Plan, case: Mapping[str, Any]) -> Iterator[CaseFault]:
    """What of a case, in plain values that need not be complete, the plan cannot be asked.

    A tier or a used liability it does not have, and bills of several benefit years: each year has its own balances.
    """
    tiers = [premium.tier for premium in plan.premiums]
    tier = _inside(case, "member").get("tier")
    if isinstance(tier, str) and tier not in tiers:
        known = ", ".join(dict.fromkeys((*tiers, *plan.tier_names)))
        yield CaseFault("member.tier", shown(tier), f"one of {known}")
    for liability_id in _inside(_inside(case, "used"), "liabilities"):
        if not plan.promises(str(liability_id)):
            known = ", ".join(each.id for each in plan.liabilities)
            yield CaseFault(f"used.liabilities.{liability_id}", "no liability of the plan", f"one of {known}")
    bills = case.get("bills")
    years: dict[date, int] = {}
    for number, bill in enumerate(bills if isinstance(bills, list | tuple) else ()):
        day = _day(bill.get("service_date")) if isinstance(bill, dict) else None
        if day is not None:
            years.setdefault(plan.benefit_year_start(day), number)
    for start, number in list(years.items())[1:]:
        first = next(iter(years))
        field, found = f"bills.{number}.service_date", f"benefit year from {start}"
        yield CaseFault(
            field, found, f"all bills in one benefit year, as the first from {first}; else two cases"
        )


def _inside(values: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    found = values.get(field)
    return found if isinstance(found, dict) else {}


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _notes(plan: Plan, case: Case) -> Iterator[Note]:
    asked = list(conditions_of(plan))
    lists = {
        name for bill in case.bills for name in (*bill.lists, *(n for line in bill.lines for n in line.lists))
    }
    yield from _unknown("list", "清单", sorted(lists - plan.lists.keys()), tuple(plan.lists))
    tags = {tag for bill in case.bills for tag in bill.tags}
    yield from _unknown("tag", "标签", sorted(tags - set(tags_asked(plan))), tags_asked(plan))
    payers = {name for bill in case.bills for name in bill.paid_fen}
    named = {*LAYERS, *plan.payers.before, *plan.payers.beside, *plan.payers.after}
    yield from _unknown("payer", "支付方", sorted(payers - named), tuple(sorted(named)))
    classes, known = case.member.pre_existing_classes, classes_asked(plan)
    yield from _unsaid(plan, case)
    yield from _unknown("pre-existing class", "既往症类别", sorted(set(classes) - set(known)), known)
    if case.member.pre_existing and known and not set(classes) & set(known) and not _asks_any(asked):
        yield Note(
            "pre_existing_without_class",
            f"本计划只区分既往症类别 {'、'.join(known)}；仅填 pre_existing 不影响结果",
            f"this plan only asks for pre_existing_classes {', '.join(known)}; pre_existing alone changes nothing",
        )


def _unsaid(plan: Plan, case: Case) -> Iterator[Note]:
    """Cash that a bill would bring if it were said that the event happened: the plan cannot know."""
    for bill in case.bills:
        facts = facts_of(case.member, bill, plan.default_tier)
        for benefit in plan.cash_benefits:
            tags = benefit.when.tag or ()
            if facts.tag.isdisjoint(tags) and benefit.when.holds(facts._replace(tag=frozenset(tags))):
                named = ", ".join(tags)
                yield Note(
                    "cash_benefit_unsaid",
                    f"未填标签 {named}，因此没有{benefit.name.zh}；如属实请写明",
                    f"no tag {named} and so no {benefit.name.en}; say so if it is the case",
                )


def _asks_any(asked: list[When]) -> bool:
    return any(when.pre_existing is not None for when in asked)


def _unknown(kind_en: str, kind_zh: str, names: list[str], known: tuple[str, ...]) -> Iterator[Note]:
    for name in names:
        yield Note(
            f"unknown_{kind_en.replace(' ', '_').replace('-', '_')}",
            f"本计划没有{kind_zh} {name!r}（有：{'、'.join(known) or '无'}），不影响结果",
            f"the plan has no {kind_en} {name!r} (it has: {', '.join(known) or 'none'}); it changes nothing",
        )
