"""Whatever dies, stands still or refuses: every decision is paid exactly once at the bank, or says why it was not."""

import random
import time
from collections.abc import Iterator

import pytest

from libs.contracts.payout import PaymentHeld, PaymentInstructed, PaymentRejected, PaymentReturned
from libs.testing.heard_events import a_person_erased
from libs.testing.postgres import PostgresUnderTest
from libs.testing.waiting import wait_until
from services.payout.domain.ids import end_to_end_id_of
from tests.integration.payout.payout_world import (
    ACCOUNT_THE_BANK_CALLS_CLOSED,
    PayoutWorld,
    payment_of,
    payout_world,
)


@pytest.fixture(scope="module")
def world(postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayoutWorld]:
    """One payout and one bank for all tests here; each test brings people of its own."""
    with payout_world(postgres, tmp_path_factory.mktemp("payout")) as started:
        yield started


def a_moment(choice: random.Random) -> None:
    """How long a fault waits: the payments of the moment are under way, none knows how far."""
    time.sleep(choice.uniform(0.0, 0.4))


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment_payout_pays_every_decision_once(world: PayoutWorld, seed: int) -> None:
    choice = random.Random(seed)
    people = [world.new_person() for _ in range(5)]
    world.services.say("enrolment", *(world.coverage(person) for person in people))
    decided = [decision for person in people for decision in world.decisions(person, 8)]
    choice.shuffle(decided)
    for start in range(0, len(decided), 14):
        world.services.say("adjudication", *decided[start : start + 14])
        a_moment(choice)
        world.kill_payout()
        world.start_payout()
    world.assert_paid_once(decided)


def test_a_bank_that_is_killed_and_comes_back_with_its_books_pays_every_decision_once(
    world: PayoutWorld,
) -> None:
    choice = random.Random(4)
    person = world.new_person()
    world.services.say("enrolment", world.coverage(person))
    decided = world.decisions(person, 40)
    for start in range(0, len(decided), 10):
        world.services.say("adjudication", *decided[start : start + 10])
        a_moment(choice)
        world.bank.kill()
        a_moment(choice)
        world.bank.start()
    world.assert_paid_once(decided)


def test_payout_killed_while_the_bank_stands_still_pays_every_decision_once(world: PayoutWorld) -> None:
    person = world.new_person()
    world.services.say("enrolment", world.coverage(person))
    decided = world.decisions(person, 20)
    for start in (0, 10):
        world.bank.stands_still()
        try:
            world.services.say("adjudication", *decided[start : start + 10])
            wait_until(
                lambda: (
                    world.services.query("payout", "select 1 from payment_file where status = 'closed'") != []
                ),
                "a file is on its way to a bank that does not answer",
            )
            world.kill_payout()
        finally:
            world.bank.goes_on()
        world.start_payout()
    world.assert_paid_once(decided)


def test_a_payment_waits_for_an_account_and_leaves_when_one_is_known(world: PayoutWorld) -> None:
    person = world.new_person()
    decided = world.decisions(person, 3)
    world.services.say("adjudication", *decided)
    world.services.wait_until_heard("payout", "adjudication")
    held = [event for event in world.services.said("payout", PaymentHeld) if event.person_id == person]
    assert len(held) == 3
    world.services.say("enrolment", world.coverage(person))
    world.assert_paid_once(decided)
    assert world.services.query("payout", "select claim_id from held") == []


def test_one_payment_that_cannot_be_sent_or_is_refused_leaves_the_others_paid(world: PayoutWorld) -> None:
    wrong: dict[str, dict[str, str | None]] = {
        "AC04": {"account": ACCOUNT_THE_BANK_CALLS_CLOSED},
        "UNSENDABLE": {"account": None},
        "UNSENDABLE too": {"account_bank": "not a bank"},
    }
    people = {code: world.new_person() for code in [*wrong, "no wrong", "ERASED"]}
    covered = [world.coverage(person, **wrong.get(code, {})) for code, person in people.items()]
    world.services.say("enrolment", *covered)
    world.services.wait_until_heard("payout", "enrolment")
    world.services.destroy_key(people["ERASED"])
    decided = {code: world.decisions(person, 1)[0] for code, person in people.items()}
    world.services.say("adjudication", *decided.values())
    world.wait_until_nothing_is_under_way(list(decided.values()))
    reasons = {
        event.payment_id: event.reason_code for event in world.services.said("payout", PaymentRejected)
    }
    assert {code: reasons.get(payment_of(decision)) for code, decision in decided.items()} == {
        "AC04": "AC04",
        "UNSENDABLE": "UNSENDABLE",
        "UNSENDABLE too": "UNSENDABLE",
        "no wrong": None,
        "ERASED": "ERASED",
    }
    world.assert_paid_once([decided["no wrong"]])


def test_of_an_erased_person_no_account_is_left_and_nothing_is_paid(world: PayoutWorld) -> None:
    person = world.new_person()
    world.services.say("enrolment", world.coverage(person), a_person_erased(person))
    world.services.wait_until_heard("payout", "enrolment")
    world.services.say("adjudication", *world.decisions(person, 1))
    world.services.wait_until_heard("payout", "adjudication")
    assert [e.person_id for e in world.services.said("payout", PaymentHeld) if e.person_id == person] == [
        person
    ]
    assert world.services.query("payout", f"select 1 from payee where person_id = '{person}'") == []


def test_a_file_refused_as_a_whole_rejects_what_it_carried_also_when_payout_dies_over_it(
    world: PayoutWorld,
) -> None:
    person = world.new_person()
    world.services.say("enrolment", world.coverage(person))
    decided = world.decisions(person, 12)
    world.bank.behave("reject-file")
    try:
        world.services.say("adjudication", *decided)
        time.sleep(random.Random(5).uniform(0.0, 0.2))
        world.kill_payout()
        world.start_payout()
        world.wait_until_nothing_is_under_way(decided)
    finally:
        world.bank.behave("accept")
    assert set(world.statuses(decided)) == {"rejected"}
    booked = world.bank.booked()
    assert [booked[end_to_end_id_of(payment_of(decision))] for decision in decided] == [0] * 12
    world.assert_books_agree()


def test_a_bank_that_reports_nothing_settles_by_what_it_books(world: PayoutWorld) -> None:
    person = world.new_person()
    world.services.say("enrolment", world.coverage(person))
    decided = world.decisions(person, 3)
    world.bank.behave("silent")
    try:
        world.services.say("adjudication", *decided)
        world.assert_paid_once(decided)
    finally:
        world.bank.behave("accept")


def test_money_that_comes_back_is_owed_again(world: PayoutWorld) -> None:
    person = world.new_person()
    world.services.say("enrolment", world.coverage(person))
    decided = world.decisions(person, 2)
    world.bank.behave("return-later", days=1, reason="AC04")
    try:
        world.services.say("adjudication", *decided)
        world.assert_paid_once(decided)
        world.bank.next_day()
    finally:
        world.bank.behave("accept")
    wait_until(lambda: world.statuses(decided) == ["returned", "returned"], "the money is back")
    returned = world.services.said("payout", PaymentReturned)
    assert {event.payment_id for event in returned} == {payment_of(decision) for decision in decided}
    world.assert_books_agree()


def test_no_decision_ever_had_two_payments(world: PayoutWorld) -> None:
    instructed = [event.decision_id for event in world.services.said("payout", PaymentInstructed)]
    assert len(instructed) == len(set(instructed)) > 0
    assert set(world.bank.booked().values()) <= {1}
    assert world.services.query("payout", "select 1 from parked") == []
