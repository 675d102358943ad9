"""An appeal that stays payment holds back what has not left, and its end lets it go."""

from datetime import timedelta
from typing import Literal

from libs.contracts import Event
from libs.contracts.payout import (
    EntitlementRevised,
    PaymentCancelled,
    PaymentInstructed,
    PaymentsStayed,
    StayLifted,
)
from libs.contracts.rulings import AppealConcluded, AppealOpened
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import HearAppeal
from services.payout.domain.payments import decide
from tests.unit.payout.decisions import NOW, PERSON, pay, withdraw


def opened(appeal_id: str = "a1", *, stays: bool = True) -> HearAppeal:
    appeal = AppealOpened(
        person_id=PERSON,
        claim_id="c1",
        appeal_id=appeal_id,
        level=1,
        decision_id="d1",
        by="insurer",
        grounds="overpaid",
        stays_payment=stays,
        opened_at=NOW,
        due_at=NOW + timedelta(days=10),
    )
    return HearAppeal(appeal, NOW)


def concluded(
    appeal_id: str = "a1", outcome: Literal["upheld", "rejected", "withdrawn"] = "rejected"
) -> HearAppeal:
    conclusion = AppealConcluded(
        person_id=PERSON,
        claim_id="c1",
        appeal_id=appeal_id,
        outcome=outcome,
        concluded_by="senior-01",
        concluded_at=NOW,
    )
    return HearAppeal(conclusion, NOW)


def told(account: Account, *commands: HearAppeal) -> tuple[Account, list[type[Event]]]:
    kinds: list[type[Event]] = []
    for command in commands:
        for event in decide(account, command):
            account = evolve(account, event)
            kinds.append(type(event))
    return account, kinds


def test_a_stay_is_set_and_lifted_by_its_own_appeal() -> None:
    account, kinds = told(initial(f"person-{PERSON}"), opened(), opened(), concluded("a9"), concluded())
    expected: list[type[Event]] = [PaymentsStayed, StayLifted]
    assert kinds == expected
    assert account.stays == {}


def test_an_appeal_that_asks_for_no_stay_changes_nothing() -> None:
    _, kinds = told(initial(f"person-{PERSON}"), opened(stays=False), concluded())
    assert kinds == []


def test_a_stayed_claim_is_decided_and_booked_as_ever() -> None:
    account, _ = told(initial(f"person-{PERSON}"), opened())
    assert [type(event) for event in decide(account, pay())] == [PaymentInstructed]


def test_a_withdrawal_cancels_what_was_stayed_before_the_stay_ends() -> None:
    """Adjudication takes the decision back first and ends its appeals after that: nothing slips out in between."""
    account = initial(f"person-{PERSON}")
    kinds: list[type[Event]] = []
    for command in (pay(), opened(), withdraw(), concluded(outcome="withdrawn")):
        for event in decide(account, command):
            account = evolve(account, event)
            kinds.append(type(event))
    expected = [PaymentInstructed, PaymentsStayed, EntitlementRevised, PaymentCancelled, StayLifted]
    assert kinds == expected
    assert account.stays == {}
