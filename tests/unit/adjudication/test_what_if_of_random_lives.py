"""Forks of random lives: corrections, withdrawals, clocks, rulings and loyalty over years, in any order of arrival."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts import encode
from services.adjudication.domain.commands import Command
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.fork import Happened, Rule, relive
from services.adjudication.domain.state import Person, initial
from services.adjudication.use_cases.fork_by_column import compare_by_column
from services.adjudication.use_cases.replay_fork import Fork, compare_people
from tests.support.changed_plans import cheaper, dearer
from tests.unit.adjudication.heard_events import PERSON, registered, scored
from tests.unit.adjudication.lives import PLANS as LIVED_PLANS
from tests.unit.adjudication.lives import Life, any_lives, as_it_came
from tests.unit.adjudication.test_rulings_and_appeals import appeal, approve, conclude, pre_existing, propose
from tests.unit.adjudication.told_person import CLOCKS, PLANS, ToldPerson

STREAM = f"person-{PERSON}"


def history(told: ToldPerson) -> list[Happened]:
    """The log with the moment of each event."""
    again = ToldPerson(plans=told.plans)
    return [Happened(event, command.now) for command in told.commands for event in again.does(command)]


def clean(commands: list[Command], plans: PlanBook) -> Person:
    """The same commands under these plans from the start."""
    told = ToldPerson(plans=plans)
    for command in commands:
        told.does(command)
    return told.person


def standing(person: Person) -> dict[str, bytes | None]:
    return {
        claim_id: encode(claim.standing) if claim.standing else None
        for claim_id, claim in person.claims.items()
    }


def changed(plan_id: str, *, up: bool) -> PlanBook:
    plan = PLANS[plan_id]
    return {**PLANS, plan_id: dearer(plan) if up else cheaper(plan)}


_lives = (any_lives, st.sampled_from(LIVED_PLANS), st.integers(), st.booleans())


@settings(max_examples=40)
@given(*_lives)
def test_a_fork_of_any_life_equals_the_life_under_that_plan(
    lives: list[Life], plan_id: str, seed: int, up: bool
) -> None:
    told = as_it_came(lives, plan_id, Random(seed))
    plans = changed(plan_id, up=up)
    forked = relive(initial(STREAM), history(told), Rule(plans, clocks=CLOCKS))
    assert standing(forked) == standing(clean(told.commands, plans))


@settings(max_examples=40)
@given(*_lives)
def test_by_column_any_life_gives_the_rows_of_the_engine(
    lives: list[Life], plan_id: str, seed: int, up: bool
) -> None:
    people = [(STREAM, history(as_it_came(lives, plan_id, Random(seed))))]
    fork = Fork(Rule(changed(plan_id, up=up), clocks=CLOCKS), Rule(PLANS, clocks=CLOCKS))
    by_column, by_engine = compare_by_column(fork, people), compare_people(fork, people)
    for table in ("claims", "liabilities", "insurers"):
        found, expected = (sorted(map(str, getattr(rows, table))) for rows in (by_column, by_engine))
        assert found == expected


def test_rulings_and_appeals_are_facts_in_a_fork_too() -> None:
    told = pre_existing()
    told.does(propose(told))
    told.does(approve(told))
    told.does(appeal(told))
    told.hears(registered("c2"), scored("c2"))
    told.does(replace(conclude(told, "rejected"), by_staff="senior-02"))
    told.clock_rings("c2")
    recorded = standing(told.person)
    assert standing(relive(initial(STREAM), history(told), Rule(PLANS, clocks=CLOCKS))) == recorded
    plans = changed("jincheng", up=True)
    forked = standing(relive(initial(STREAM), history(told), Rule(plans, clocks=CLOCKS)))
    assert forked == standing(clean(told.commands, plans)) != recorded
