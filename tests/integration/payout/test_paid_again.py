"""What the bank refused goes to a corrected account when two members of staff agree: once, by the bank's books."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from libs.contracts.payout import PayAgainApproved, PayAgainProposed
from libs.testing.postgres import PostgresUnderTest
from libs.testing.staff import shown_by, written_staff
from libs.testing.waiting import PATIENCE_SECONDS, wait_until
from services.payout.domain.ids import again_id_of, end_to_end_id_of
from tests.integration.payout.payout_world import (
    ACCOUNT_THE_BANK_CALLS_CLOSED,
    PayoutWorld,
    payment_of,
    payout_world,
)

CORRECTED = {"account": "6222029999999999999", "account_bank": "102290000123"}


@pytest.fixture(scope="module")
def world(postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayoutWorld]:
    directory = tmp_path_factory.mktemp("again")
    with payout_world(postgres, directory, {"HUIJI_STAFF_FILE": str(written_staff(directory))}) as started:
        yield started


def asked(world: PayoutWorld, path: str, who: str, body: Any = None) -> httpx2.Response:
    url = world.services.url("payout", f"/payments/{path}")
    return httpx2.post(url, json=body, headers=shown_by(who), timeout=PATIENCE_SECONDS, trust_env=False)


def test_a_refused_payment_is_paid_to_the_corrected_account_once(world: PayoutWorld) -> None:
    person_id = world.new_person()
    world.services.say("enrolment", world.coverage(person_id, account=ACCOUNT_THE_BANK_CALLS_CLOSED))
    world.services.wait_until_heard("payout", "enrolment")
    (decision,) = world.decisions(person_id, 1)
    world.services.say("adjudication", decision)
    world.wait_until_nothing_is_under_way([decision])
    refused = payment_of(decision)
    assert world.statuses([decision]) == ["rejected"]

    path = f"{refused}/pay-again"
    assert asked(world, f"{path}/approval", "wang").status_code == 409, "nobody has proposed anything"
    assert asked(world, path, "wang", CORRECTED).status_code == 403, "an approver does not propose"
    assert asked(world, path, "nobody", CORRECTED).status_code == 401
    assert asked(world, path, "op-1", CORRECTED).json() == {"proposed": refused, "by": "op-1"}
    assert asked(world, f"{path}/approval", "op-1").json()["type"] == "urn:huiji:problem:same_person"
    paid_as = again_id_of(refused)
    for _ in range(2):
        answer = asked(world, f"{path}/approval", "wang").raise_for_status().json()
        assert (answer["paid_as"], answer["by"]) == (paid_as, "wang")
    world.kill_payout()
    world.start_payout()

    def settled() -> bool:
        query = f"select status from payment where payment_id = '{paid_as}'"
        return bool(world.services.query("payout", query)[0]["status"] == "settled")

    wait_until(settled, "the new payment is settled")
    booked = world.bank.booked()
    assert (booked[end_to_end_id_of(refused)], booked[end_to_end_id_of(paid_as)]) == (0, 1)
    world.assert_books_agree()
    ledger = world.services.get("payout", "/ledger").json()["balances_fen"]
    assert ledger.get("claims_unpayable:demo-generic", 0) == 0
    assert len(world.services.said("payout", PayAgainProposed)) == 1
    assert len(world.services.said("payout", PayAgainApproved)) == 1
    # What stands in clear nowhere: the corrected account.
    assert all(CORRECTED["account"].encode() not in event.body for event in world.services.log("payout"))
    assert asked(world, f"{paid_as}/pay-again", "op-1", CORRECTED).status_code == 409, "it is paid"
    assert asked(world, f"{again_id_of(paid_as)}/pay-again", "op-1", CORRECTED).status_code == 404
