from collections import Counter, defaultdict
from itertools import islice, pairwise

import orjson
import pytest

from libs.interop.national import parse_settlement, to_national
from libs.interop.submission import Submission
from libs.synthetic import Population, discharges, labelled_discharges
from libs.synthetic.cities import CITIES

PLANS = tuple(CITIES)


@pytest.fixture(scope="module")
def many() -> list[Submission]:
    return list(islice(discharges(11, PLANS, 6_000), 4_000))


def test_the_same_arguments_give_the_same_discharges() -> None:
    first = [one.digest() for one in islice(discharges(11, PLANS, 500, 300), 200)]
    again = [one.digest() for one in islice(discharges(11, PLANS, Population(11, PLANS, 500), 300), 200)]
    other = [one.digest() for one in islice(discharges(12, PLANS, 500, 300), 200)]
    assert first == again != other


def test_each_discharge_is_a_valid_national_settlement(many: list[Submission]) -> None:
    for submission in many[:500]:
        assert parse_settlement(orjson.dumps(to_national(submission))) == submission


def test_settlement_ids_are_unique_and_people_are_those_of_the_population(many: list[Submission]) -> None:
    assert len({one.submission_id for one in many}) == len(many)
    enrolled = {one.person.id_number for one in Population(11, PLANS, 6_000)}
    assert {one.person.id_number for one in many} <= enrolled


def test_an_honest_person_is_in_one_bed_at_a_time_and_comes_back(many: list[Submission]) -> None:
    by_person = defaultdict(list)
    for one in many:
        by_person[one.person.id_number].append((one.visit.admitted_on, one.visit.discharged_on))
    for stays in by_person.values():
        ordered = sorted(stays)
        assert all(earlier[1] < later[0] for earlier, later in pairwise(ordered))
    assert max(len(stays) for stays in by_person.values()) > 2


def test_stays_cost_and_are_shared_as_published_statistics_suggest(many: list[Submission]) -> None:
    stays = [one for one in many if one.visit.kind == "inpatient"]
    total = sum(one.settlement.total_fen for one in stays)
    assert 9_000_00 < total / len(stays) < 15_000_00
    assert 0.45 < sum(one.settlement.fund_total_fen for one in stays) / total < 0.70
    assert 0.03 < sum(one.settlement.self_funded_fen for one in stays) / total < 0.15
    passing = [one for one in stays if _in_catalogue_fen(one) > 18_000_00]
    assert 0.01 < len(passing) / len(stays) < 0.05
    assert max(one.settlement.total_fen for one in stays) > 150_000_00


def _in_catalogue_fen(submission: Submission) -> int:
    settlement = submission.settlement
    return settlement.in_scope_fen + settlement.first_pay_fen - settlement.fund_total_fen


def test_all_kinds_places_schemes_and_buckets_occur(many: list[Submission]) -> None:
    assert {one.visit.kind for one in many} >= {
        "inpatient",
        "outpatient",
        "chronic_outpatient",
        "special_drug",
    }
    assert {one.visit.place for one in many} == {"local", "out_of_town_filed", "out_of_town_unfiled"}
    assert {one.visit.scheme for one in many} == {"employee", "resident"}
    for bucket in ("self_funded_fen", "over_limit_fen", "first_pay_fen", "in_scope_fen", "assistance_fen"):
        assert any(getattr(one.settlement, bucket) for one in many)
    assert any(one.settlement.resident_critical_illness_fen for one in many)
    assert any(one.settlement.personal_account_fen for one in many)


def test_suspicious_patterns_come_in_the_share_asked_for_and_labelled() -> None:
    made = list(islice(labelled_discharges(5, PLANS, 4_000, fraud_share_bp=1_000), 3_000))
    patterns = Counter(one.pattern for one in made)
    assert set(patterns) == {
        None,
        "split_stay",
        "overlapping_stays",
        "hanging_bed",
        "over_prescription",
        "invoice_reused",
        "age_or_sex_conflict",
    }
    assert 0.7 < patterns[None] / len(made) < 0.95
    hanging = [one.submission for one in made if one.pattern == "hanging_bed"]
    assert all({line.category for line in one.lines} == {"bed", "nursing"} for one in hanging)
    reused = [one.submission.invoice_number for one in made if one.pattern == "invoice_reused"]
    assert max(Counter(reused).values()) == 2


def test_the_stream_ends_when_everyones_year_is_full() -> None:
    few = list(discharges(3, PLANS, 6))
    assert 6 < len(few) < 200
    assert all(one.visit.discharged_on.year == 2022 for one in few)
