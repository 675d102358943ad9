"""Who has a pre-existing condition is decided by each plan's own rule."""

from datetime import date
from typing import Any

import pytest

from libs.benefits import load_plan, plan_of
from libs.benefits.status import Diagnosis, History, Registration, SickLeave, Spending, determine_status
from tests.unit.benefits.plan_texts import a_liability, a_plan_text


def a_history(**known: Any) -> History:
    return History(**{"enrolled_on": date(2025, 6, 1), "cover_start": date(2025, 7, 1), **known})


def is_pre_existing(plan_id: str, **known: Any) -> bool:
    return determine_status(plan_of(plan_id), a_history(**known)).pre_existing


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2020, 1, 1), date(2023, 6, 1), True),
        (date(2020, 1, 1), date(2023, 5, 31), False),
        (date(2025, 5, 31), None, True),
        (date(2025, 6, 1), None, False),
    ],
)
def test_a_register_in_the_two_years_before_enrolment(first: date, last: date | None, expected: bool) -> None:
    held = Registration(benefit="major_illness_outpatient", first=first, last=last)

    assert is_pre_existing("huhuibao-2025", tier="regular", registrations=(held,)) is expected
    assert is_pre_existing("huhuibao-2025", tier="care", registrations=(held,)) is False


@pytest.mark.parametrize(("amount_fen", "expected"), [(1_000_000, True), (999_999, False)])
def test_past_spending_of_the_care_version(amount_fen: int, expected: bool) -> None:
    spent = (
        Spending(day=date(2025, 3, 31), bucket="self_funded", visit="inpatient", amount_fen=amount_fen),
        Spending(day=date(2025, 4, 1), bucket="self_funded", visit="inpatient", amount_fen=1_000_000),
        Spending(day=date(2024, 4, 1), bucket="in_scope", visit="inpatient", amount_fen=1_000_000),
        Spending(day=date(2024, 4, 1), bucket="self_funded", visit="outpatient", amount_fen=1_000_000),
    )

    assert is_pre_existing("huhuibao-2025", tier="care", spending=spent) is expected
    first_day = spent[0].model_copy(update={"day": date(2023, 4, 1)})
    day_before = spent[0].model_copy(update={"day": date(2023, 3, 31)})
    assert is_pre_existing("huhuibao-2025", tier="care", spending=(first_day,)) is expected
    assert not is_pre_existing("huhuibao-2025", tier="care", spending=(day_before,))


@pytest.mark.parametrize(("days", "expected"), [(20, True), (19, False)])
def test_sick_days_of_the_new_citizens_version(days: int, expected: bool) -> None:
    leaves = (
        SickLeave(first=date(2024, 6, 1), days=days - 5),
        SickLeave(first=date(2025, 5, 1), days=5),
        SickLeave(first=date(2024, 5, 31), days=30),
        SickLeave(first=date(2025, 6, 1), days=30),
    )

    assert is_pre_existing("huhuibao-2025", tier="new_citizen", sick_leaves=leaves) is expected


def test_a_named_disease_before_cover_counts_unless_the_member_joined_healthy_and_stayed() -> None:
    sick = {"diagnoses": (Diagnosis(disease="diabetes", day=date(2025, 6, 30)),)}

    assert is_pre_existing("anyang-2022", **sick)
    assert is_pre_existing("anyang-2022", **sick, joined_healthy=True)
    assert is_pre_existing("anyang-2022", **sick, continuous_years=3)
    assert not is_pre_existing("anyang-2022", **sick, continuous_years=2, joined_healthy=True)
    assert not is_pre_existing(
        "anyang-2022", diagnoses=(Diagnosis(disease="diabetes", day=date(2025, 7, 1)),)
    )
    assert not is_pre_existing("anyang-2022", diagnoses=(Diagnosis(disease="cold", day=date(2025, 1, 1)),))


def test_a_status_names_the_rule_that_gave_it() -> None:
    held = Registration(benefit="chronic_outpatient", first=date(2021, 6, 30))
    status = determine_status(plan_of("qindao-2021"), a_history(registrations=(held,)))

    assert [reason.status for reason in status.reasons] == ["pre_existing"]
    assert status.reasons[0].words is not None
    assert not is_pre_existing(
        "qindao-2021", registrations=(held.model_copy(update={"first": date(2021, 7, 1)}),)
    )


def test_a_plan_without_rules_gives_no_status() -> None:
    assert not is_pre_existing("xihu-2022", diagnoses=(Diagnosis(disease="diabetes", day=date(2000, 1, 1)),))


_CLASSES = """
status_rules:
  - {gives: severe, clause: "7", any: [{diagnosed: {diseases: [cancer], before: enrolment}}]}
  - {gives: severe, tiers: [base], any: [{diagnosed: {diseases: [cancer, stroke]}}]}
  - {gives: chronic, tiers: [upgraded], any: [{diagnosed: {diseases: [stroke]}}]}
  - {any: [{register: {benefits: [dialysis], within_months: 1}}]}
"""


@pytest.mark.parametrize(
    ("known", "classes", "clauses"),
    [
        # Met by two rules, the class is given once; a tier that is not stated is the plan's first.
        ({"diagnoses": ["cancer"]}, ("severe",), ["7", None]),
        ({"diagnoses": ["stroke"]}, ("severe",), [None]),
        ({"diagnoses": ["stroke"], "tier": "upgraded"}, ("chronic",), [None]),
        # A status without a class of its own.
        ({"held": date(2024, 2, 29)}, (), [None]),
        ({"held": date(2024, 2, 28)}, (), []),
    ],
)
def test_classes_and_the_clauses_that_gave_them(
    known: dict[str, Any], classes: tuple[str, ...], clauses: list[str | None]
) -> None:
    plan = load_plan(a_plan_text(a_liability(), _CLASSES))
    found = [Diagnosis(disease=name, day=date(2024, 3, 30)) for name in known.get("diagnoses", [])]
    last = known.get("held")
    held = [Registration(benefit="dialysis", first=date(2020, 1, 1), last=last)] if last else []
    history = History(
        enrolled_on=date(2024, 3, 31),
        cover_start=date(2024, 5, 1),
        diagnoses=tuple(found),
        registrations=tuple(held),
        tier=known.get("tier"),
    )
    status = determine_status(plan, history)

    assert status.pre_existing is bool(clauses)
    assert status.pre_existing_classes == classes
    assert [reason.clause for reason in status.reasons] == clauses


def test_a_disease_found_between_enrolment_and_cover_counts_only_where_the_plan_says_so() -> None:
    plan = load_plan(a_plan_text(a_liability(), _CLASSES))
    between = History(
        enrolled_on=date(2024, 3, 31),
        cover_start=date(2024, 5, 1),
        diagnoses=(Diagnosis(disease="cancer", day=date(2024, 4, 1)),),
    )
    assert not determine_status(plan, between).pre_existing
    before_cover = _CLASSES.replace("before: enrolment", "before: cover_start")
    plan = load_plan(a_plan_text(a_liability(), before_cover))
    assert determine_status(plan, between).pre_existing_classes == ("severe",)
