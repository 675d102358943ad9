"""Each shape of the plan language, alone, against figures worked out by hand."""

from datetime import date

import pytest

from libs.benefits import Bill, BillLine, CaseInvalid, LiabilityUsage, Member, Usage, plan_of
from libs.benefits.cover import cover_start
from tests.unit.benefits.plan_texts import a_liability, evaluated, in_scope


def test_bands_on_gross_and_on_excess_differ_by_the_deductible() -> None:
    bands = "bands: [{up_to: 10万, ratio: 65%}, {ratio: 80%}]"
    gross = a_liability(f"deductible: {{amount: 18000}}\npays: {{measured_on: gross, {bands}}}")
    excess = gross.replace("gross", "excess")

    assert evaluated(gross, in_scope(200_000)).plan_pays_fen == 133_300_00
    assert evaluated(excess, in_scope(200_000)).plan_pays_fen == 130_600_00


def test_bands_go_on_where_the_years_earlier_cost_ended() -> None:
    terms = "pays: {measured_on: gross, bands: [{up_to: 1万, ratio: 10%}, {ratio: 90%}]}"
    used = Usage(liabilities={"one": LiabilityUsage(base_fen=900_000, paid_fen=90_000)})

    assert evaluated(a_liability(terms), in_scope(2_000), used=used).plan_pays_fen == 100_00 + 900_00


def test_a_shared_deductible_is_used_up_by_both_liabilities_together() -> None:
    shared = "shares_deductible: pot\npays: {ratio: 100%}"
    two = a_liability(shared, takes="{in_scope: 100%}") + a_liability(
        shared, liability_id="two", takes="{self_funded: 100%}"
    )
    bill = Bill(total_fen=30_000_00, self_funded_fen=10_000_00)
    evaluation = evaluated(two, bill, rest="deductibles: [{id: pot, amount: 25000}]")

    assert evaluation.paid_by_liability == {"one": 0, "two": 5_000_00}


def test_a_shared_cap_limits_both_liabilities_together() -> None:
    two = a_liability() + a_liability(liability_id="two", takes="{self_funded: 100%}")
    bill = Bill(total_fen=30_000_00, self_funded_fen=10_000_00)
    evaluation = evaluated(
        two, bill, rest="shared_caps: [{id: both, amount: 25000, liabilities: [one, two]}]"
    )

    assert evaluation.paid_by_liability == {"one": 20_000_00, "two": 5_000_00}


def test_a_floating_deductible_follows_scheme_and_the_persons_own_threshold() -> None:
    terms = "deductible: {floats_with: critical_illness_threshold}\npays: {ratio: 100%}"
    table = "critical_illness_thresholds: {by_scheme: {employee: 39500, resident: 30400}}"
    pays = [
        evaluated(a_liability(terms), in_scope(50_000), rest=table, member=member).plan_pays_fen
        for member in (
            Member(scheme="employee"),
            Member(scheme="resident"),
            Member(scheme="unheard_of"),
            Member(scheme="resident", critical_illness_threshold_fen=40_000_00),
        )
    ]

    assert pays == [10_500_00, 19_600_00, 10_500_00, 10_000_00]


def test_a_deductible_per_stay_is_taken_from_every_bill() -> None:
    terms = "deductible: {amount: 1000, per: stay}\npays: {ratio: 100%}"

    assert evaluated(a_liability(terms), in_scope(3_000), in_scope(3_000)).plan_pays_fen == 4_000_00


@pytest.mark.parametrize(
    ("rule", "rate_percent"), [("set: 40%", 40), ("points: -15%", 65), ("times: 40%", 32), ("set: 0%", 0)]
)
def test_a_status_changes_the_ratio(rule: str, rate_percent: int) -> None:
    terms = f"pays: {{ratio: 80%, rules: [{{when: {{pre_existing: true}}, {rule}}}]}}"
    evaluation = evaluated(a_liability(terms), in_scope(1_000), member=Member(pre_existing=True))

    assert evaluation.plan_pays_fen == 1_000 * rate_percent
    assert evaluated(a_liability(terms), in_scope(1_000)).plan_pays_fen == 80_000


def test_cost_out_of_town_can_be_scaled_before_the_deductible() -> None:
    terms = (
        "scales: [{when: {place: out_of_town}, keep: 50%}]\ndeductible: {amount: 1000}\npays: {ratio: 100%}"
    )
    evaluation = evaluated(a_liability(terms), in_scope(10_000, place="out_of_town"))

    assert evaluation.plan_pays_fen == 4_000_00
    assert {part.reason: part.amount_fen for part in evaluation.patient_share} == {
        "scaled_out": 5_000_00,
        "deductible": 1_000_00,
    }


def test_an_unsettled_bill_can_be_excluded_with_the_plans_own_words() -> None:
    terms = "exclusions: [{id: x, when: {settled: false}, words: {zh: 未结算, en: unsettled}}]\npays: {ratio: 100%}"
    evaluation = evaluated(a_liability(terms), in_scope(1_000, settled=False))

    assert evaluation.plan_pays_fen == 0
    assert [part.reason for part in evaluation.excluded] == ["liability_exclusion"]
    assert evaluation.usage_after == Usage()
    assert "未结算" in evaluation.explanation.text("zh")


def test_a_liability_can_take_what_others_left_with_their_deductibles() -> None:
    first = a_liability("deductible: {amount: 1000}\npays: {ratio: 50%}\ncap: {amount: 3000}")
    second = (
        "  - id: rest\n    name: {zh: 余, en: rest}\n    residue_of: {liabilities: [one]}\n"
        "    deductible: {amount: 2000}\n    pays: {ratio: 50%}\n"
    )
    evaluation = evaluated(second + first, in_scope(9_000))

    assert evaluation.paid_by_liability == {"rest": 2_000_00, "one": 3_000_00}
    assert {(part.liability_id, part.reason): part.amount_fen for part in evaluation.patient_share} == {
        ("rest", "deductible"): 2_000_00,
        ("rest", "coinsurance"): 2_000_00,
    }


def test_only_the_named_parts_of_a_residue_are_taken_over() -> None:
    first = a_liability("deductible: {amount: 1000}\npays: {ratio: 50%}")
    second = (
        "  - id: rest\n    name: {zh: 余, en: rest}\n"
        "    residue_of: {liabilities: [one], parts: [coinsurance]}\n    pays: {ratio: 100%}\n"
    )
    evaluation = evaluated(first + second, in_scope(5_000))

    assert evaluation.paid_by_liability == {"one": 2_000_00, "rest": 2_000_00}
    assert evaluation.patient_bears_fen == 1_000_00


def test_the_plan_and_payers_beside_it_never_exceed_the_cost() -> None:
    evaluation = evaluated(a_liability(), in_scope(1_000, paid_fen={"basic": 300_00, "commercial": 500_00}))

    assert (evaluation.plan_pays_fen, evaluation.patient_bears_fen) == (200_00, 0)


def test_payers_after_the_plan_see_only_what_it_left() -> None:
    bill = in_scope(1_000, paid_fen={"veterans": 900_00})
    evaluation = evaluated(a_liability("pays: {ratio: 80%}"), bill, rest="payers: {after: [veterans]}")

    assert (evaluation.plan_pays_fen, evaluation.other_layers_fen, evaluation.patient_bears_fen) == (
        800_00,
        200_00,
        0,
    )


def test_rounding_is_a_term() -> None:
    liability = a_liability("pays: {ratio: 33%}")
    paid = {
        mode: evaluated(
            liability, Bill(total_fen=1_01), rest=f"rounding: {{unit: 0.1, mode: {mode}}}"
        ).plan_pays_fen
        for mode in ("half_up", "down", "up")
    }

    assert paid == {"half_up": 30, "down": 30, "up": 40}


def test_rounding_up_never_pays_more_than_the_cost() -> None:
    rounding = "rounding: {unit: 1, mode: up}"
    evaluation = evaluated(a_liability(), Bill(total_fen=1_01), rest=rounding)

    assert evaluation.plan_pays_fen == 1_01
    assert sum(leaf.result_fen for leaf in evaluation.explanation.leaves()) == 1_01


def test_half_of_a_bucket_can_count() -> None:
    evaluation = evaluated(
        a_liability(takes="{in_scope: 100%, first_pay: 50%}"), Bill(total_fen=3_01, first_pay_fen=1_01)
    )

    assert evaluation.plan_pays_fen == 2_00 + 51
    assert [(part.reason, part.amount_fen) for part in evaluation.patient_share] == [("counted_in_part", 50)]


def test_layers_below_pay_in_scope_cost_first_and_every_line_in_proportion() -> None:
    lines = tuple(BillLine(category=category, amount_fen=100_00) for category in ("drug", "drug", "meal"))
    bill = Bill(total_fen=300_00, paid_fen={"basic": 100_00}, lines=lines)
    liability = a_liability().replace("buckets:", "categories: [drug], buckets:")
    evaluation = evaluated(liability, bill)

    assert evaluation.plan_pays_fen == 133_33
    assert evaluation.patient_bears_fen == 66_67


def test_dates_decide_period_waiting_and_the_end_of_a_long_stay() -> None:
    rest = (
        "valid_from: 2025-01-01\nvalid_to: 2025-12-31\nwaiting: {days: 60}\ncrossing_stay: {at_most_days: 10}"
    )
    new = Member(cover_start=date(2025, 3, 1))

    def pays(member: Member, **dates: str) -> int:
        return evaluated(a_liability(), in_scope(2_100, **dates), rest=rest, member=member).plan_pays_fen

    assert pays(Member(), service_date="2026-01-01") == 0
    assert pays(new, service_date="2025-02-28") == 0
    assert pays(new, service_date="2025-04-29") == 0
    assert pays(new, service_date="2025-04-30") == 2_100_00
    assert pays(new.model_copy(update={"continuous_years": 2}), service_date="2025-03-01") == 2_100_00
    assert pays(Member(), admission_date="2025-12-31", discharge_date="2026-01-10") == 2_100_00
    # 21 days, of which 10 lie after the last paid day.
    assert pays(Member(), admission_date="2025-12-31", discharge_date="2026-01-20") == 1_100_00


def test_cash_is_paid_for_a_stay_that_is_cut_but_not_outside_cover() -> None:
    rest = (
        "valid_from: 2025-01-01\nvalid_to: 2025-12-31\ncrossing_stay: {paid_until: year_end}\n"
        "cash_benefits: [{id: sum, name: {zh: 给付, en: sum}, when: {tag: cancer}, amount: 10, at_most: 10}]"
    )
    cut = in_scope(200, admission_date="2025-12-31", discharge_date="2026-01-01", tags=["cancer"])
    outside = in_scope(200, service_date="2026-01-01", tags=["cancer"])

    assert [paid.amount_fen for paid in evaluated(a_liability(), cut, rest=rest).cash_benefits] == [10_00]
    assert evaluated(a_liability(), outside, rest=rest).cash_benefits == ()


@pytest.mark.parametrize(
    ("paid_on", "renewing", "expected"),
    [
        (date(2025, 3, 31), True, date(2025, 1, 1)),
        (date(2025, 4, 1), True, date(2025, 4, 1)),
        (date(2025, 3, 31), False, date(2025, 3, 31)),
        (date(2024, 12, 1), False, date(2025, 1, 1)),
    ],
)
def test_a_renewal_paid_in_the_grace_reaches_back_to_the_years_first_day(
    paid_on: date, renewing: bool, expected: date
) -> None:
    assert cover_start(plan_of("zhuhai-2025"), paid_on, renewing=renewing) == expected


def test_dated_lines_of_a_long_stay_are_cut_by_their_day() -> None:
    lines = tuple(
        BillLine(category="drug", amount_fen=100_00, service_date=date(2026, 1, day)) for day in (1, 5)
    )
    bill = Bill(
        admission_date=date(2025, 12, 30), discharge_date=date(2026, 1, 5), total_fen=200_00, lines=lines
    )
    evaluation = evaluated(a_liability(), bill, rest="crossing_stay: {at_most_days: 2}")

    assert evaluation.plan_pays_fen == 100_00


def test_bills_of_two_benefit_years_are_refused() -> None:
    with pytest.raises(CaseInvalid, match="2024-07-01, 2025-07-01"):
        evaluated(
            a_liability(),
            in_scope(1, service_date="2025-06-30"),
            in_scope(1, service_date="2025-07-01"),
            rest="benefit_year_starts: '07-01'",
        )


def test_the_uninsured_are_settled_as_if_a_basic_cover_had_paid() -> None:
    rest = (
        "hypothetical: {when: {scheme: none}, layers: [{id: basic, name: {zh: 医保, en: basic}, "
        "takes: [{buckets: {in_scope: 100%}}], deductible: {amount: 1000}, pays: {ratio: 80%}}]}"
    )
    liability = a_liability("pays: {ratio: 50%}")
    evaluation = evaluated(liability, in_scope(11_000), rest=rest, member=Member(scheme="none"))
    partly = evaluated(
        liability, in_scope(11_000, paid_fen={"basic": 3_000_00}), rest=rest, member=Member(scheme="none")
    )

    assert evaluation.plan_pays_fen == 1_500_00
    assert [(x.reason, x.amount_fen) for x in evaluation.excluded] == [("hypothetical_settlement", 8_000_00)]
    assert partly.plan_pays_fen == 1_500_00
    assert evaluated(liability, in_scope(11_000), rest=rest).plan_pays_fen == 5_500_00


def test_a_daily_cash_benefit_has_a_floor_at_first_and_a_limit_in_the_year() -> None:
    rest = (
        "cash_benefits: [{id: days, name: {zh: 津贴, en: daily}, when: {tag: cancer}, per_day: 100, "
        "first_at_least: 1000, at_most: 1500}]"
    )
    stay = in_scope(1, admission_date="2025-03-01", discharge_date="2025-03-04", tags=["cancer"])
    evaluation = evaluated(a_liability(), stay, stay, stay, in_scope(1), rest=rest)

    assert [paid.amount_fen for paid in evaluation.cash_benefits] == [1_000_00, 300_00, 200_00]
    assert evaluation.total_fen == evaluation.plan_pays_fen == 4_00
