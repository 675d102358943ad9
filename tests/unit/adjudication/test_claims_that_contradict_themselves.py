"""A bill that cannot be evaluated waits for an operator, and for nobody else."""

from datetime import date
from typing import Any

import pytest

from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.settlement import FeeLine, Settlement
from tests.unit.adjudication.heard_events import (
    YUAN,
    a_settlement,
    a_visit,
    attached,
    covered,
    registered,
    reviewed,
    scored,
)
from tests.unit.adjudication.told_person import ToldPerson


def a_line(number: int = 1, amount_fen: int = 1_000 * YUAN) -> FeeLine:
    return FeeLine(
        line_no=number,
        code=f"X{number}",
        name="国家目录药品",
        category="western_drug",
        list_class="A",
        quantity_milli=1_000,
        amount_fen=amount_fen,
        self_funded_fen=0,
        in_scope_fen=amount_fen,
    )


def a_bill_whose_payers_exceed_it() -> Settlement:
    return a_settlement().model_copy(update={"pool_fen": 300_000 * YUAN})


def test_lines_that_exceed_the_bill_pend_the_claim_and_leave_the_persons_others_alone() -> None:
    told = ToldPerson()
    told.hears(registered("bad", lines=(a_line(amount_fen=900_000 * YUAN),)), attached("bad"), scored("bad"))
    told.hears(registered("good"), attached("good"), scored("good"))
    decided = [event.claim_id for event in told.hears(covered()) if isinstance(event, ClaimAdjudicated)]
    assert decided == ["good"]
    assert told.pended_for()[-1] == ["not_evaluable"]
    told.clock_rings("bad")
    assert told.pended_for()[-1] == ["not_evaluable"]


@pytest.mark.parametrize(
    "bill",
    [
        {"lines": (a_line().model_copy(update={"first_pay_fen": 1_001 * YUAN}),)},
        {"settlement": a_settlement().model_copy(update={"in_scope_fen": 1})},
        {"visit": a_visit().model_copy(update={"discharged_on": date(2026, 2, 9)})},
    ],
    ids=["a_line_less_than_its_parts", "a_total_that_is_no_sum", "discharged_before_admitted"],
)
def test_a_bill_that_contradicts_itself_is_not_evaluated(bill: dict[str, Any]) -> None:
    told = ToldPerson()
    told.hears(covered(), registered(**bill), attached(), scored())
    assert told.decisions() == []
    assert told.pended_for()[-1] == ["not_evaluable"]


def test_a_denial_that_would_not_add_up_is_not_made() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(settlement=a_bill_whose_payers_exceed_it()), attached())
    told.hears(scored(outcome="review"), reviewed("fraudulent"))
    assert told.decisions() == []
    assert told.pended_for()[-1] == ["not_evaluable"]


def test_a_bill_with_thousands_of_lines_fits_the_log() -> None:
    told = ToldPerson()
    lines = tuple(a_line(number, amount_fen=10_000 + number) for number in range(1, 3_001))
    total_fen = sum(line.amount_fen for line in lines)
    told.hears(covered(plan_id="demo-innovative-2026"))
    told.hears(
        registered(lines=lines, settlement=a_settlement(total_fen, 0, pool_fen=0)), attached(), scored()
    )
    decision = told.adjudicated()
    assert len(decision.model_dump_json()) < 100_000
    assert _leaves_fen(decision.explanation) == total_fen


def _leaves_fen(node: object) -> int:
    assert isinstance(node, dict)
    children = node["children"]
    return sum(_leaves_fen(child) for child in children) if children else node["result_fen"]
