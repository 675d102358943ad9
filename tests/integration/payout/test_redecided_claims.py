"""Claims decided anew and withdrawn while payout is killed: everyone ends with what is due, to the fen, and no more."""

import random
from collections import Counter
from collections.abc import Iterator
from uuid import NAMESPACE_OID, uuid5

import pytest

from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed
from libs.contracts.payout import ClawbackRaised, PaymentCancelled
from libs.testing.heard_events import NOW, a_claim_adjudicated
from libs.testing.postgres import PostgresUnderTest
from libs.testing.waiting import wait_until
from tests.integration.payout.payout_world import PayoutWorld, payout_world

PLAN = "demo-generic"


@pytest.fixture(scope="module")
def world(postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayoutWorld]:
    with payout_world(postgres, tmp_path_factory.mktemp("redecided")) as started:
        yield started


def a_redecision(person_id: str, claim: str, number: int, due_fen: int) -> list[Event]:
    """What adjudication says in one transaction: the old decision is reversed, the new one stands."""
    claim_id = f"{person_id}-{claim}"
    decision_id = _decision_id(claim_id, number)
    decided = a_claim_adjudicated(
        claim_id,
        person_id=person_id,
        decision_id=decision_id,
        number=number,
        supersedes=_decision_id(claim_id, number - 1) if number > 1 else None,
        plan_pays_fen=due_fen,
    )
    return [decided] if number == 1 else [a_reversal(person_id, claim, number - 1, decision_id), decided]


def a_reversal(person_id: str, claim: str, number: int, replaced_by: str | None = None) -> Event:
    claim_id = f"{person_id}-{claim}"
    return AdjudicationReversed(
        person_id=person_id,
        claim_id=claim_id,
        decision_id=_decision_id(claim_id, number),
        number=number,
        replaced_by=replaced_by,
        reason="balances_changed" if replaced_by else "claim_withdrawn",
        hospital_id="H1",
        plan_id=PLAN,
        benefit_year="2026-01-01",
        plan_pays_fen=0,
        cash_benefits_fen=0,
        usage_released={},
        pool_shares=(),
        received_at=NOW,
        reversed_at=NOW,
    )


def _decision_id(claim_id: str, number: int) -> str:
    return str(uuid5(NAMESPACE_OID, f"{claim_id}/{number}"))


def settled_down(world: PayoutWorld) -> None:
    world.services.wait_until_heard("payout", "adjudication")
    under_way = "select 1 from payment where status = 'instructed'"
    wait_until(lambda: not world.services.query("payout", under_way), "nothing is under way")


def has_fen(world: PayoutWorld, person_id: str) -> int:
    """What the bank has paid the person, less what the person owes."""
    paid = f"select sum(amount_fen) from payment where status = 'settled' and person_id = '{person_id}'"
    owed = f"select sum(open_fen) from clawback where person_id = '{person_id}'"
    (row,) = world.services.query(
        "payout", f"select (coalesce(({paid}), 0) - coalesce(({owed}), 0))::bigint as has_fen"
    )
    has: int = row["has_fen"]
    return has


def test_killed_among_redecisions_everyone_ends_with_what_is_due(world: PayoutWorld) -> None:
    choice = random.Random(1)
    people = [world.new_person() for _ in range(4)]
    world.services.say("enrolment", *(world.coverage(person) for person in people))
    due: Counter[tuple[str, str]] = Counter()
    numbers: Counter[tuple[str, str]] = Counter()
    for _ in range(4):
        said: list[Event] = []
        for _ in range(8):
            person, claim = choice.choice(people), choice.choice("ab")
            numbers[person, claim] += 1
            due[person, claim] = choice.choice([0, 100_00, 250_00, 400_00])
            said += a_redecision(person, claim, numbers[person, claim], due[person, claim])
        world.services.say("adjudication", *said)
        world.kill_payout()
        world.start_payout()
    person = people[0]
    numbers[person, "a"] += 1
    world.services.say("adjudication", *a_redecision(person, "a", numbers[person, "a"], 500_00))
    settled_down(
        world
    )  # so that the person has money to give back, however fast the kills followed each other
    for claim in "ab":
        if numbers[person, claim]:
            world.services.say("adjudication", a_reversal(person, claim, numbers[person, claim]))
            due[person, claim] = 0
    settled_down(world)
    for person in people:
        assert has_fen(world, person) == due[person, "a"] + due[person, "b"]
    world.assert_books_agree()
    assert set(world.bank.booked().values()) <= {1}
    assert world.services.said("payout", ClawbackRaised)
    assert world.services.query("payout", "select 1 from parked") == []


def test_a_decision_revised_before_its_file_is_closed_is_cancelled_or_claimed_back_never_both(
    world: PayoutWorld,
) -> None:
    """Deciding anew races with closing files, again and again: whoever is first, the sum is right."""
    people = [world.new_person() for _ in range(30)]
    world.services.say("enrolment", *(world.coverage(person) for person in people))
    world.services.wait_until_heard("payout", "enrolment")
    for person in people:
        world.services.say("adjudication", *a_redecision(person, "a", 1, 300_00))
        world.services.say("adjudication", *a_redecision(person, "a", 2, 120_00))
    settled_down(world)
    assert [has_fen(world, person) for person in people] == [120_00] * 30
    raised = {event.person_id for event in world.services.said("payout", ClawbackRaised)}
    cancelled = {event.person_id for event in world.services.said("payout", PaymentCancelled)}
    assert {person for person in people if (person in raised) == (person in cancelled)} == set()
    world.assert_books_agree()


def test_a_clawback_is_repaid_once_by_its_reference_and_the_rest_given_up(world: PayoutWorld) -> None:
    person = world.new_person()
    world.services.say("enrolment", world.coverage(person))
    world.services.say("adjudication", *a_redecision(person, "a", 1, 500_00))
    settled_down(world)
    world.services.say("adjudication", *a_redecision(person, "a", 2, 100_00))
    world.services.wait_until_heard("payout", "adjudication")
    (clawback,) = world.services.get("payout", f"/clawbacks?person_id={person}").json()
    assert (clawback["raised_fen"], clawback["open_fen"]) == (400_00, 400_00)
    place = f"/clawbacks/{clawback['clawback_id']}"
    repayment = {
        "amount_fen": 150_00,
        "reference": "T-1",
        "repaid_on": "2026-05-21",
        "recorded_by": "cashier-1",
    }
    for _ in range(2):
        answer = world.services.send("POST", "payout", f"{place}/repayments", repayment)
        assert (answer.status_code, answer.json()["open_fen"]) == (200, 250_00)
    other = world.services.send("POST", "payout", f"{place}/repayments", {**repayment, "amount_fen": 1})
    assert (other.status_code, other.json()["type"]) == (409, "urn:huiji:problem:repayment_differs")
    too_much = {**repayment, "amount_fen": 250_01, "reference": "T-2"}
    assert world.services.send("POST", "payout", f"{place}/repayments", too_much).status_code == 409
    giving_up = {"reason": "hardship", "written_off_by": "manager-1"}
    for _ in range(2):
        answer = world.services.send("POST", "payout", f"{place}/write-off", giving_up)
        assert (answer.status_code, answer.json()["open_fen"]) == (200, 0)
    assert world.services.get("payout", f"/clawbacks?person_id={person}").json() == []
    assert world.services.get("payout", place).json()["written_off_fen"] == 250_00
    assert world.services.get("payout", "/clawbacks/none").status_code == 404
    ledger = world.services.get("payout", "/ledger").json()["balances_fen"]
    assert ledger[f"collections:{PLAN}"] == 150_00
    assert ledger[f"clawback_losses:{PLAN}"] == 250_00
    world.assert_books_agree()
