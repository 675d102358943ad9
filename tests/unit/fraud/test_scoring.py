"""Given what was noted, when something arrives, then a claim is scored, once and for reasons."""

from datetime import date, timedelta

import pytest

from libs.contracts.fraud import (
    ClaimFactsNoted,
    ClaimScored,
    CoverageStartNoted,
    RecordFactsNoted,
    ReviewConcluded,
    ReviewOpened,
)
from libs.contracts.medical_data import PriorStay
from libs.testing.heard_events import (
    NOW,
    a_coverage_activated,
    a_visit,
)
from libs.testing.submissions import a_line, a_settlement
from services.fraud.domain.commands import (
    Command,
    NoteCoverage,
)
from services.fraud.domain.features import features_of
from services.fraud.domain.scoring import decide
from services.fraud.errors import ReviewAlreadyConcluded, ReviewUnknown
from tests.unit.fraud.told_claims import (
    OTHER_HOSPITAL,
    RULES,
    WITHIN,
    attached,
    concluded,
    folded,
    kinds,
    only_score,
    registered,
    run,
    unavailable,
)


def test_a_claim_is_scored_when_registration_and_records_are_there() -> None:
    assert kinds(run(registered())) == ["ClaimFactsNoted"]
    assert kinds(run(registered(), attached())) == ["ClaimFactsNoted", "RecordFactsNoted", "ClaimScored"]


def test_the_order_of_arrival_does_not_matter() -> None:
    one, other = only_score(run(registered(), attached())), only_score(run(attached(), registered()))
    assert one == other


def test_a_claim_is_scored_without_records_when_none_will_come() -> None:
    scored = only_score(run(registered(), unavailable()))
    assert scored.outcome == "clear"
    assert scored.features["records_available"] is False


def test_a_score_names_its_rules_and_threshold() -> None:
    scored = only_score(run(registered(), attached()))
    assert (scored.rules_digest, scored.threshold, scored.scored_at) == (RULES.digest, 600, NOW)


@pytest.mark.parametrize("again", [registered(), attached(), unavailable()])
def test_what_is_heard_twice_changes_nothing(again: Command) -> None:
    said = run(registered(), attached())
    assert decide(folded(said), again, RULES) == []


def test_a_coverage_is_noted_once() -> None:
    command = NoteCoverage(a_coverage_activated())
    assert kinds(run(command, command)) == [CoverageStartNoted.__name__]


def test_a_suspicious_claim_opens_a_review() -> None:
    said = run(registered(invoice_claim_id="claim-of-someone"), attached())
    assert kinds(said)[-2:] == ["ClaimScored", "ReviewOpened"]
    opened = said[-1]
    assert isinstance(opened, ReviewOpened)
    assert opened.due_at == NOW + WITHIN
    assert only_score(said).reasons[0].rule_id == "repeated_invoice"


def test_records_that_arrive_late_change_the_score_they_change() -> None:
    before = run(registered(), unavailable())
    late = decide(folded(before), attached(deceased_on=date(2026, 4, 1)), RULES)
    assert kinds(late) == ["RecordFactsNoted", "ClaimScored", "ReviewOpened"]
    assert only_score(late).reasons[0].rule_id == "service_after_death"


def test_records_that_arrive_late_and_change_nothing_are_only_noted() -> None:
    before = run(registered(), unavailable())
    assert kinds(decide(folded(before), attached(), RULES)) == ["RecordFactsNoted"]


def test_overlapping_stays_at_two_hospitals_are_found_in_our_own_history() -> None:
    first = registered("first", visit=a_visit(date(2026, 5, 1), 9))
    second = registered("second", visit=a_visit(date(2026, 5, 8), 5, hospital_id=OTHER_HOSPITAL))
    scored = [
        e for e in run(first, attached("first"), second, attached("second")) if isinstance(e, ClaimScored)
    ]
    assert [score.outcome for score in scored] == ["clear", "review"]
    assert scored[1].features["overlap_days"] == 2


@pytest.mark.parametrize(
    ("admitted_on", "days", "overlap_days"),
    [
        (date(2026, 5, 1), 9, 9),
        (date(2026, 5, 1), 10, 9),
        (date(2026, 4, 28), 5, 2),
        (date(2026, 5, 3), 2, 2),
        (date(2026, 5, 4), 0, 1),
    ],
)
def test_a_second_settlement_of_days_already_claimed_is_reviewed(
    admitted_on: date, days: int, overlap_days: int
) -> None:
    first = registered("first", visit=a_visit(date(2026, 5, 1), 9))
    again = registered("again", visit=a_visit(admitted_on, days, med_type="28"))
    said = run(first, attached("first"), again, attached("again"))
    scored = [event for event in said if isinstance(event, ClaimScored)]
    assert [score.outcome for score in scored] == ["clear", "review"]
    assert [reason.rule_id for reason in scored[1].reasons] == ["overlapping_stays"]
    assert f"by {overlap_days} days" in scored[1].reasons[0].evidence_en


def test_a_day_surgery_settled_again_is_reviewed() -> None:
    visit = a_visit(date(2026, 5, 1), 0, med_type="28")
    said = run(*(c for name in ("first", "again") for c in (registered(name, visit=visit), attached(name))))
    scored = [event for event in said if isinstance(event, ClaimScored)]
    assert [score.outcome for score in scored] == ["clear", "review"]
    assert scored[1].features["overlap_days"] == 1


def test_interim_settlements_that_abut_are_no_overlap_though_the_bureau_lists_the_whole_stay() -> None:
    whole = PriorStay(
        hospital_id=a_visit().hospital_id,
        admitted_on=date(2026, 3, 1),
        discharged_on=date(2026, 5, 10),
        related=False,
    )
    begins = (date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1))
    ends = (*begins[1:], date(2026, 5, 10))
    said = run(
        *(
            command
            for first, last in zip(begins, ends, strict=True)
            for command in (
                registered(f"{first}", visit=a_visit(first, (last - first).days)),
                attached(f"{first}", prior_stays=(whole,)),
            )
        )
    )
    assert [event.score for event in said if isinstance(event, ClaimScored)] == [0, 0, 0]


def test_visits_on_one_day_and_within_a_stay_are_no_overlap() -> None:
    stay = registered("stay", visit=a_visit(date(2026, 5, 1), 9))
    day = a_visit(date(2026, 5, 4), 0, kind="outpatient", med_type="11")
    said = run(
        stay,
        attached("stay"),
        *(c for name in ("one", "two") for c in (registered(name, visit=day), attached(name))),
    )
    assert [event.score for event in said if isinstance(event, ClaimScored)] == [0, 0, 0]


def test_a_transfer_on_the_day_of_discharge_is_no_overlap() -> None:
    first = registered("first", visit=a_visit(date(2026, 5, 1), 9))
    second = registered(
        "second",
        visit=a_visit(date(2026, 5, 10), 5, hospital_id=OTHER_HOSPITAL),
        main_diagnosis_chapter="XI",
    )
    said = run(first, attached("first"), second, attached("second"))
    assert [event.score for event in said if isinstance(event, ClaimScored)] == [0, 0]


def test_the_bureaus_word_on_relatedness_beats_the_chapter() -> None:
    first = registered("first", visit=a_visit(date(2026, 5, 1), 9))
    second = registered("second", visit=a_visit(date(2026, 5, 14), 5))
    unrelated = PriorStay(
        hospital_id=a_visit().hospital_id,
        admitted_on=date(2026, 5, 1),
        discharged_on=date(2026, 5, 10),
        related=False,
    )
    by_chapter = run(first, attached("first"), second, attached("second"))
    by_bureau = run(first, attached("first"), second, attached("second", prior_stays=(unrelated,)))
    assert [e.outcome for e in by_chapter if isinstance(e, ClaimScored)] == ["clear", "review"]
    assert [e.outcome for e in by_bureau if isinstance(e, ClaimScored)] == ["clear", "clear"]


def test_the_claims_own_stay_among_the_bureaus_is_no_other_stay() -> None:
    visit = a_visit()
    own = PriorStay(
        hospital_id=visit.hospital_id,
        admitted_on=visit.admitted_on,
        discharged_on=visit.admitted_on,
        related=True,
    )
    scored = only_score(run(registered(visit=visit), attached(prior_stays=(own,))))
    assert scored.features["days_since_related_discharge"] is None


def test_facts_count_what_the_vocabulary_names() -> None:
    lines = (
        a_line(1, 30_000, category="bed", name="普通病房床位费", quantity_milli=9_000),
        a_line(2, 20_000, category="nursing", name="二级护理"),
        a_line(3, 40_000, 40_000, name="注射用胸腺法新", days_supply=7),
        a_line(4, 60_000, category="surgery", name="经尿道前列腺电切术"),
    )
    noted = run(registered(settlement=a_settlement(150_000, 40_000), lines=lines))[0]
    assert isinstance(noted, ClaimFactsNoted)
    facts = noted.facts
    assert (facts.itemised_fen, facts.idle_fen, facts.bed_quantity_milli) == (150_000, 50_000, 9_000)
    assert (facts.drug_fen, facts.self_funded_drug_fen, facts.longest_supply_days) == (40_000, 40_000, 7)
    assert (facts.female_only_items, facts.male_only_items) == (0, 1)


def test_only_a_first_years_cover_makes_a_claim_early() -> None:
    first_year = NoteCoverage(a_coverage_activated(covered_from=date(2026, 4, 20), continuous_years=1))
    third_year = NoteCoverage(a_coverage_activated(covered_from=date(2026, 4, 20), continuous_years=3))
    assert only_score(run(first_year, registered(), attached())).features["first_year_day"] == 11
    assert only_score(run(third_year, registered(), attached())).features["first_year_day"] is None
    assert only_score(run(registered(), attached())).features["first_year_day"] is None


def test_rolling_features_look_back_from_the_admission() -> None:
    days = (date(2025, 1, 1), date(2025, 9, 1), date(2026, 2, 20), date(2026, 4, 20))
    earlier = [registered(f"claim-{day}", visit=a_visit(day, 3)) for day in days]
    said = run(*earlier, registered(), attached())
    features = only_score(said).features
    assert (features["stays_30d"], features["stays_90d"], features["stays_365d"]) == (1, 2, 3)
    assert features["bill_365d_fen"] == 3 * 150_000


def test_a_verdict_is_recorded_once() -> None:
    said = run(registered(invoice_claim_id="x"), attached(), concluded("fraudulent"))
    assert isinstance(said[-1], ReviewConcluded)
    assert decide(folded(said), concluded("fraudulent"), RULES) == []


def test_another_verdict_is_refused() -> None:
    said = run(registered(invoice_claim_id="x"), attached(), concluded("fraudulent"))
    with pytest.raises(ReviewAlreadyConcluded):
        decide(folded(said), concluded("legitimate"), RULES)


def test_a_claim_without_a_review_cannot_be_concluded() -> None:
    with pytest.raises(ReviewUnknown):
        decide(folded(run(registered(), attached())), concluded("legitimate"), RULES)


def test_a_long_history_is_bounded_but_what_is_under_way_is_kept() -> None:
    first_day = date(2025, 1, 1)
    commands: list[Command] = [registered("waiting", visit=a_visit(first_day, 1))]
    for number in range(80):
        claim_id = f"claim-{number}"
        visit = a_visit(first_day + timedelta(days=4 * number), 0, kind="outpatient", med_type="11")
        commands += [registered(claim_id, visit=visit), attached(claim_id)]
    person = folded(run(*commands))
    assert len(person.claims) == 61
    assert person.claim("waiting").facts is not None
    assert person.claim("claim-0").facts is None


def test_features_of_the_state_are_the_features_of_the_event() -> None:
    said = run(registered(), attached())
    state = folded(said[:-1])
    assert features_of(state, "claim-1").as_json() == only_score(said).features
    assert isinstance(said[1], RecordFactsNoted)
