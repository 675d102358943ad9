"""Each of the ten rules: when it fires, when it does not, and where the border runs."""

from typing import Any

import pytest
from msgspec.structs import replace

from services.fraud.adapters.rules_file import read_rules
from services.fraud.domain.features import Features

RULES = read_rules()

ORDINARY = Features(
    kind="inpatient",
    med_type="21",
    sex="female",
    age_years=52,
    diagnosis_chapter="IX",
    stay_days=9,
    bill_fen=1_200_000,
    idle_share_bp=1_100,
    bed_days_milli=9_000,
    longest_supply_days=None,
    drug_fen=300_000,
    self_funded_drug_share_bp=500,
    female_only_items=0,
    male_only_items=0,
    invoice_seen_before=False,
    records_available=True,
    cyclic_treatment=False,
    died_on_discharge_day=False,
    days_after_death=None,
    overlap_days=0,
    days_since_related_discharge=None,
    first_year_day=None,
    stays_30d=0,
    stays_90d=0,
    stays_365d=0,
    hospitals_90d=0,
    bill_365d_fen=0,
)


def fired(**changes: Any) -> list[str]:
    """The rules that fire for an ordinary stay with some features changed."""
    return [reason.rule_id for reason in RULES.score(replace(ORDINARY, **changes)).reasons]


def test_an_ordinary_stay_is_clean() -> None:
    assert RULES.score(ORDINARY).score == 0
    assert RULES.score(ORDINARY).outcome == "clear"


def test_there_are_ten_rules_and_each_has_a_predicate_of_its_own() -> None:
    assert len(RULES.rules) == 10
    assert len({rule.predicate for rule in RULES.rules}) == 10


@pytest.mark.parametrize(
    ("rule_id", "just_enough", "just_not"),
    [
        ("overlapping_stays", {"overlap_days": 1}, {"overlap_days": 0}),
        ("split_stay", {"days_since_related_discharge": 10}, {"days_since_related_discharge": 11}),
        (
            "split_stay",
            {"days_since_related_discharge": 0, "continued_stay_days": 27},
            {"days_since_related_discharge": 0, "continued_stay_days": 28},
        ),
        (
            "split_stay",
            {"days_since_related_discharge": 1, "continued_stay_days": None},
            {"days_since_related_discharge": 0, "continued_stay_days": 60},
        ),
        ("hanging_bed", {"idle_share_bp": 9_000}, {"idle_share_bp": 8_999}),
        ("hanging_bed", {"idle_share_bp": 10_000, "stay_days": 2}, {"idle_share_bp": 10_000, "stay_days": 1}),
        ("short_stay", {"stay_days": 0}, {"stay_days": 1}),
        ("service_after_death", {"days_after_death": 2}, {"days_after_death": 1}),
        ("repeated_invoice", {"invoice_seen_before": True}, {"invoice_seen_before": False}),
        (
            "long_prescription",
            {"kind": "outpatient", "longest_supply_days": 32},
            {"kind": "outpatient", "longest_supply_days": 31},
        ),
        (
            "long_prescription",
            {"kind": "chronic_outpatient", "longest_supply_days": 85},
            {"kind": "chronic_outpatient", "longest_supply_days": 84},
        ),
        (
            "long_prescription",
            {"kind": "special_drug", "longest_supply_days": 63},
            {"kind": "special_drug", "longest_supply_days": 62},
        ),
        (
            "early_high_cost",
            {"first_year_day": 29, "bill_fen": 5_000_000},
            {"first_year_day": 30, "bill_fen": 5_000_000},
        ),
        (
            "early_high_cost",
            {"first_year_day": 0, "bill_fen": 5_000_000},
            {"first_year_day": 0, "bill_fen": 4_999_999},
        ),
        (
            "sex_or_age_conflict",
            {"diagnosis_chapter": "XV", "age_years": 61},
            {"diagnosis_chapter": "XV", "age_years": 60},
        ),
        (
            "sex_or_age_conflict",
            {"diagnosis_chapter": "XVI", "age_years": 3},
            {"diagnosis_chapter": "XVI", "age_years": 2},
        ),
        (
            "sex_or_age_conflict",
            {"diagnosis_chapter": "XV", "sex": "male", "age_years": 30},
            {"diagnosis_chapter": "XV", "sex": "unknown", "age_years": 30},
        ),
        (
            "sex_or_age_conflict",
            {"sex": "male", "female_only_items": 1},
            {"sex": "female", "female_only_items": 1},
        ),
        ("sex_or_age_conflict", {"sex": "female", "male_only_items": 1}, {"male_only_items": 0}),
        (
            "self_funded_drugs",
            {"self_funded_drug_share_bp": 8_000, "drug_fen": 1_000_000},
            {"self_funded_drug_share_bp": 7_999, "drug_fen": 1_000_000},
        ),
        (
            "self_funded_drugs",
            {"self_funded_drug_share_bp": 10_000, "drug_fen": 1_000_000},
            {"self_funded_drug_share_bp": 10_000, "drug_fen": 999_999},
        ),
    ],
)
def test_a_rule_fires_from_its_border_on(
    rule_id: str, just_enough: dict[str, Any], just_not: dict[str, Any]
) -> None:
    assert fired(**just_enough) == [rule_id]
    assert fired(**just_not) == []


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("planned cycles", {"days_since_related_discharge": 3, "cyclic_treatment": True}),
        ("referred by another hospital", {"days_since_related_discharge": 0, "med_type": "23"}),
        (
            "a tumour, and the bureau could not say whether cycles are planned",
            {"days_since_related_discharge": 3, "records_available": False, "diagnosis_chapter": "II"},
        ),
        ("day surgery", {"stay_days": 0, "med_type": "28"}),
        ("a day's cycle of treatment", {"stay_days": 0, "cyclic_treatment": True}),
        (
            "the patient died on the day",
            {"stay_days": 0, "died_on_discharge_day": True, "days_after_death": 0},
        ),
        ("no stay at all", {"stay_days": 0, "kind": "outpatient"}),
        ("only a summary came", {"idle_share_bp": None, "self_funded_drug_share_bp": None}),
        (
            "a special drug is outside the catalogue by nature",
            {"kind": "special_drug", "self_funded_drug_share_bp": 10_000, "drug_fen": 9_000_000},
        ),
    ],
)
def test_what_has_an_honest_explanation_is_not_held_against_anyone(why: str, changes: dict[str, Any]) -> None:
    assert fired(**changes) == [], why


def test_without_records_a_split_stay_that_is_no_tumour_still_counts() -> None:
    assert fired(days_since_related_discharge=3, records_available=False) == ["split_stay"]


def test_a_high_bill_soon_after_joining_is_not_enough_by_itself() -> None:
    alone = RULES.score(replace(ORDINARY, first_year_day=3, bill_fen=9_000_000))
    assert (alone.score, alone.outcome) == (350, "clear")


def test_two_weak_reasons_together_ask_for_a_review() -> None:
    both = replace(
        ORDINARY, first_year_day=3, bill_fen=9_000_000, self_funded_drug_share_bp=9_500, drug_fen=8_000_000
    )
    assert RULES.score(both).score == 650
    assert RULES.score(both).outcome == "review"


def test_a_score_never_passes_certainty() -> None:
    worst = replace(ORDINARY, overlap_days=4, invoice_seen_before=True, days_after_death=30)
    assert RULES.score(worst).score == 1_000


def test_evidence_says_what_the_rule_saw_in_both_languages() -> None:
    reason = RULES.score(replace(ORDINARY, idle_share_bp=9_750)).reasons[0]
    assert "97%" in reason.evidence_zh
    assert "9 days in hospital, 97%" in reason.evidence_en
    early = RULES.score(replace(ORDINARY, first_year_day=3, bill_fen=9_000_050)).reasons[0]
    assert "90000.50 yuan" in early.evidence_en


def test_evidence_tells_neither_sex_nor_age() -> None:
    reason = RULES.score(replace(ORDINARY, diagnosis_chapter="XV", age_years=75)).reasons[0]
    for sentence in (reason.evidence_zh, reason.evidence_en):
        assert "75" not in sentence
        assert "female" not in sentence
