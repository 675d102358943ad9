from pathlib import Path

import orjson
import pytest
import yaml

from libs.interop.national import parse_settlement, to_national
from libs.synthetic.published_examples import PublishedExample, published_examples

PLAN_FILES = Path("libs/benefits/plans")
EXAMPLES = published_examples()


@pytest.fixture(params=EXAMPLES, ids=lambda example: example.id)
def example(request: pytest.FixtureRequest) -> PublishedExample:
    found: PublishedExample = request.param
    return found


def test_the_examples_of_all_plans_are_there() -> None:
    assert [one.id for one in EXAMPLES] == [
        *("w1-domestic", "w1-overseas", "w10", "w11", "w13-at-the-break", "w13-drug", "w13-in-town"),
        *("w13-out-of-town", "w14", "w16", "w2", "w3", "w8", "w8-out-of-town"),
    ]


def test_every_settlement_is_complete_and_its_identities_hold(example: PublishedExample) -> None:
    for submission in example.submissions:
        assert submission.settlement.broken_identities() == []
        assert submission.lines
        assert submission.main_diagnosis is not None
        assert parse_settlement(orjson.dumps(to_national(submission))) == submission


def test_an_example_is_about_one_person_who_is_covered_on_each_day(example: PublishedExample) -> None:
    assert {one.person.id_number for one in example.submissions} == {example.person.id_number}
    if example.coverage is not None:
        for one in example.submissions:
            assert example.coverage.covered_from <= one.visit.admitted_on
            assert one.visit.discharged_on <= example.coverage.covered_to


def test_the_plan_of_an_example_has_a_file_with_its_liabilities(example: PublishedExample) -> None:
    if example.plan_id is None:
        assert example.expected.check == "conservation"
        return
    plan = yaml.safe_load((PLAN_FILES / f"{example.plan_id}.yaml").read_text(encoding="utf-8"))
    assert plan["id"] == example.plan_id
    assert set(example.expected.liabilities) <= {liability["id"] for liability in plan["liabilities"]}
    assert sum(example.expected.liabilities.values()) == example.expected.plan_pays_fen


def test_money_is_conserved_where_the_patients_rest_is_published(example: PublishedExample) -> None:
    expected = example.expected
    if expected.patient_bears_fen is None:
        return
    bills = sum(one.settlement.total_fen for one in example.submissions)
    funds = sum(one.settlement.fund_total_fen for one in example.submissions)
    assert bills == funds + expected.plan_pays_fen + expected.patient_bears_fen


def test_no_two_examples_share_a_person_or_a_settlement_id() -> None:
    numbers = [one.person.id_number for one in EXAMPLES]
    settlements = [submission.submission_id for one in EXAMPLES for submission in one.submissions]
    assert len(set(numbers)) == len(numbers)
    assert len(set(settlements)) == len(settlements)
