"""Payout's database is lost or restored from a backup: nothing that the bank has is paid again."""

from collections.abc import Iterator

import pytest

from libs.testing.postgres import PostgresUnderTest
from services.payout.domain.ids import end_to_end_id_of
from tests.integration.payout.payout_world import PayoutWorld, payment_of, payout_world


@pytest.fixture(scope="module")
def world(postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayoutWorld]:
    with payout_world(postgres, tmp_path_factory.mktemp("restored")) as started:
        yield started


def test_with_an_empty_database_payout_takes_from_the_bank_what_it_paid_and_pays_the_rest(
    world: PayoutWorld,
) -> None:
    people = [world.new_person() for _ in range(3)]
    world.services.say("enrolment", *(world.coverage(person) for person in people))
    decided = [decision for person in people for decision in world.decisions(person, 4)]
    early, late = decided[:9], decided[9:]
    for start in range(0, 9, 3):
        # Small files now, so that the payments come together differently the second time.
        world.services.say("adjudication", *early[start : start + 3])
        world.wait_until_nothing_is_under_way(early[: start + 3])
    world.kill_payout()
    world.services.query("intake", "drop schema payout cascade")
    world.services.say("adjudication", *late)
    world.start_payout()
    world.wait_until_nothing_is_under_way(decided)
    assert world.statuses(decided) == ["settled"] * 12
    booked = world.bank.booked()
    assert [booked[end_to_end_id_of(payment_of(decision))] for decision in decided] == [1] * 12
    ledger = world.services.get("payout", "/ledger").json()
    assert ledger["sum_fen"] == 0
    assert -ledger["balances_fen"]["bank:demo-generic"] == world.bank.spent_fen()
    assert world.services.get("payout", "/unmatched").json() == []
    words = world.services.query("payout", "select what, taken_up from bank_word")
    assert sorted({(word["what"], word["taken_up"]) for word in words}) == [
        ("booked", True),
        ("known", False),
    ]
