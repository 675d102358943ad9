"""The fast path of a what-if gives the rows that the engine gives, whatever happened to the people."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from libs.benefits import Plan, load_plans
from libs.benefits_columnar import unsupported_terms
from services.adjudication.domain.changed_rules import with_payer_order, with_shares
from services.adjudication.domain.difference import Row, Rows
from services.adjudication.domain.fork import Happened, Rule, relive
from services.adjudication.use_cases.fork_by_column import compare_by_column
from services.adjudication.use_cases.replay_fork import Fork, compare_people
from tests.support.changed_plans import cheaper, dearer
from tests.support.city_history import CLOCKS, decided, told_in_a_year

PLANS = load_plans()
CITY = ("weifang-2022", "anyang-2022", "demo-generic")


def city(seed: int) -> list[tuple[str, list[Happened]]]:
    """The log of a city, by person."""
    found: dict[str, list[Happened]] = {}
    for at, event in decided(told_in_a_year(seed, CITY, people=40, claims=180), PLANS):
        found.setdefault(f"person-{event.shard_key()}", []).append(Happened(event, at))
    return list(found.items())


RECORDED = city(23)


def capped_on_cost(plan: Plan) -> Plan:
    """A term that is not evaluated by column."""
    content: dict[str, Any] = json.loads(plan.canonical_json)
    cap = {"id": "cost", "amount_fen": 3_000_000, "limits": "cost", "per": "year", "each": "all", "rules": []}
    content["liabilities"][0]["caps"] = [cap]
    return Plan.of_canonical_json(json.dumps(content).encode())


def fork(*changed: Plan) -> Fork:
    own = Rule(PLANS, clocks=CLOCKS)
    return Fork(Rule({**PLANS, **{plan.id: plan for plan in changed}}, clocks=CLOCKS), own)


def ordered(rows: Sequence[Row]) -> list[dict[str, object]]:
    return sorted((dict(row) for row in rows), key=str)


def same(found: Rows, expected: Rows) -> bool:
    return all(
        ordered(getattr(found, table)) == ordered(getattr(expected, table))
        for table in ("claims", "liabilities", "insurers")
    )


@pytest.mark.parametrize(
    "changed",
    [
        (cheaper(PLANS["weifang-2022"]),),
        (dearer(PLANS["anyang-2022"]), cheaper(PLANS["demo-generic"])),
        (with_shares(PLANS["anyang-2022"], {"one": 3_333, "two": 6_667}),),
        (with_payer_order(PLANS["demo-generic"], {"after": ("basic",)}),),
        (cheaper(PLANS["weifang-2022"]), capped_on_cost(PLANS["demo-generic"])),
    ],
    ids=["lower deductible", "two plans", "other shares", "payers after", "one for the engine"],
)
def test_by_column_and_by_the_engine_the_rows_are_equal(changed: tuple[Plan, ...]) -> None:
    asked = fork(*changed)
    by_engine = compare_people(asked, RECORDED)
    assert same(compare_by_column(asked, RECORDED), by_engine)
    moved = [row for row in by_engine.liabilities if row["before_fen"] != row["after_fen"]]
    assert moved or [row for row in by_engine.insurers if row["before_fen"] != row["after_fen"]]


def test_most_people_take_the_fast_path_and_those_who_wait_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    relived: list[str] = []

    def counting(person: Any, history: Any, rule: Any) -> Any:
        relived.append(person.person_id)
        return relive(person, history, rule)

    monkeypatch.setattr("services.adjudication.use_cases.fork_by_column.relive", counting)
    compare_by_column(fork(cheaper(PLANS["weifang-2022"])), RECORDED)
    assert 0 < len(set(relived)) < len(RECORDED) // 4


def test_a_term_that_is_not_evaluated_by_column_is_one() -> None:
    assert unsupported_terms(capped_on_cost(PLANS["demo-generic"]))
