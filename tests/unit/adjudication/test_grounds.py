"""What changed since a dry run is named, by who was told no more of the person than digests."""

import pytest

from services.adjudication.domain.grounds import Grounds, changed_grounds

THEN = Grounds(
    coverage_id="c1",
    plan_id="weifang-2022",
    plan_digest="p1",
    engine_digest="e1",
    benefit_year="2022-01-01",
    used={"caps": {}},
    bill_digest="b1",
    inputs_digest="i1",
)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, []),
        ({"coverage_id": "c2"}, ["coverage"]),
        ({"plan_digest": "p2", "inputs_digest": "i2"}, ["plan"]),
        ({"engine_digest": "e2"}, ["program"]),
        ({"used": {"caps": {"year": 1}}, "inputs_digest": "i2"}, ["balances"]),
        ({"benefit_year": "2023-01-01"}, ["balances"]),
        ({"bill_digest": "b2", "inputs_digest": "i2"}, ["bill"]),
        ({"inputs_digest": "i2"}, ["status"]),
        ({"coverage_id": "c2", "inputs_digest": "i2"}, ["coverage", "status"]),
    ],
)
def test_each_fact_has_its_name(changes: dict[str, object], named: list[str]) -> None:
    assert changed_grounds(THEN, THEN.model_copy(update=changes)) == named
