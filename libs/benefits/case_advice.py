"""What in a case a plan cannot use: refused when it decides the result, advised when it may be a slip."""

from collections.abc import Iterator

from libs.benefits.case import Case
from libs.benefits.case_faults import shown
from libs.benefits.conditions import When, conditions_of
from libs.benefits.errors import CaseFault, CaseRefused
from libs.benefits.outcome import Note
from libs.benefits.plan import Plan
from libs.benefits.wording import LAYERS


def check_case(plan: Plan, case: Case) -> tuple[Note, ...]:
    """Notes on what the plan does not ask for. Raises CaseRefused for a tier or a used liability it does not have.

    A list or tag the plan does not know changes nothing, so one case can be put to several plans; but it may be a
    slip of the pen, and then the plan pays less than the writer thinks. So it is said.
    """
    faults = tuple(_faults(plan, case))
    if faults:
        raise CaseRefused(faults)
    return tuple(dict.fromkeys(_notes(plan, case)))


def tags_asked(plan: Plan) -> tuple[str, ...]:
    """Tags of a bill that some condition of the plan asks for, sorted."""
    return tuple(sorted({tag for when in conditions_of(plan) for tag in when.tag or ()}))


def classes_asked(plan: Plan) -> tuple[str, ...]:
    """Classes of pre-existing conditions that some condition of the plan asks for, sorted."""
    return tuple(sorted({name for when in conditions_of(plan) for name in when.pre_existing_class or ()}))


def _faults(plan: Plan, case: Case) -> Iterator[CaseFault]:
    tiers = [premium.tier for premium in plan.premiums]
    if case.member.tier is not None and case.member.tier not in tiers:
        yield CaseFault("member.tier", shown(case.member.tier), f"one of {', '.join(tiers)}")
    for liability_id in case.used.liabilities:
        if not plan.promises(liability_id):
            known = ", ".join(each.id for each in plan.liabilities)
            yield CaseFault(f"used.liabilities.{liability_id}", "no liability of the plan", f"one of {known}")


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
    yield from _unknown("pre-existing class", "既往症类别", sorted(set(classes) - set(known)), known)
    if case.member.pre_existing and known and not set(classes) & set(known) and not _asks_any(asked):
        yield Note(
            "pre_existing_without_class",
            f"本计划只区分既往症类别 {'、'.join(known)}；仅填 pre_existing 不影响结果",
            f"this plan only asks for pre_existing_classes {', '.join(known)}; pre_existing alone changes nothing",
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
