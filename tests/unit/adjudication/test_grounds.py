"""What changed since a dry run is named, by who was told no more of the person than digests."""

import pytest

from libs.benefits import Usage
from libs.benefits.case import LiabilityUsage
from services.adjudication.domain.grounds import Grounds, changed_grounds, used_as_told

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


def test_which_drugs_another_hospital_gave_is_told_nobody() -> None:
    used = Usage(
        liabilities={"drugs": LiabilityUsage(base_fen=3, paid_fen=2)},
        caps={
            "drugs/each/XL01-trastuzumab": 5,
            "drugs/each/帕博利珠单抗": 7,
            "drugs/year": 2,
            "cash/days": 1,
        },
    )
    told = used_as_told(used)
    assert told["caps"] == {"drugs/each": 12, "drugs/year": 2, "cash/days": 1}
    assert told["liabilities"] == used.model_dump(mode="json")["liabilities"]
