"""While an appeal stays a claim's payment no file takes it up, however often payout is killed; then it is paid once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.payout import PaymentFileClosed, PaymentsStayed, StayLifted
from libs.contracts.rulings import AppealConcluded, AppealOpened
from libs.testing.heard_events import NOW
from libs.testing.postgres import PostgresUnderTest
from tests.integration.payout.payout_world import PayoutWorld, payment_of, payout_world


@pytest.fixture(scope="module")
def world(postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PayoutWorld]:
    with payout_world(postgres, tmp_path_factory.mktemp("stayed")) as started:
        yield started


def test_a_stayed_payment_leaves_when_the_appeal_is_concluded(world: PayoutWorld) -> None:
    stayed, free = world.new_person(), world.new_person()
    world.services.say("enrolment", world.coverage(stayed), world.coverage(free))
    world.services.wait_until_heard("payout", "enrolment")
    (held_back,), (let_go,) = world.decisions(stayed, 1), world.decisions(free, 1)
    # The appeal is heard first: a payment that is on its way already cannot be stayed.
    world.services.say("adjudication", _opened(held_back))
    world.services.wait_for("payout", PaymentsStayed, 1)
    world.services.say("adjudication", held_back, let_go)
    world.wait_until_nothing_is_under_way([let_go])
    world.kill_payout()
    world.start_payout()
    world.services.wait_until_heard("payout", "adjudication")
    assert world.statuses([held_back, let_go]) == ["instructed", "settled"]
    world.services.say("adjudication", _concluded(held_back))
    world.assert_paid_once([held_back, let_go])
    assert len(world.services.said("payout", StayLifted)) == 1
    files = world.services.said("payout", PaymentFileClosed)
    assert sum(payment_of(held_back) in file.payment_ids for file in files) == 1


def _opened(decision: ClaimAdjudicated) -> AppealOpened:
    return AppealOpened(
        person_id=decision.person_id,
        claim_id=decision.claim_id,
        appeal_id="a1",
        level=1,
        decision_id=decision.decision_id,
        by="insurer",
        grounds="overpaid",
        stays_payment=True,
        opened_at=NOW,
        due_at=NOW + timedelta(days=10),
    )


def _concluded(decision: ClaimAdjudicated) -> AppealConcluded:
    return AppealConcluded(
        person_id=decision.person_id,
        claim_id=decision.claim_id,
        appeal_id="a1",
        outcome="rejected",
        concluded_by="senior-01",
        concluded_at=NOW,
    )
