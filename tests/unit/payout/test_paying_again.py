"""What the bank refused or sent back is paid again when two people agree, once, and the claim is provided the same."""

from typing import Any

import pytest

from libs.contracts import Event
from libs.contracts.payout import PayAgainApproved, PayAgainProposed, PaymentInstructed, UnpayableReduced
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import (
    ApprovePayAgain,
    Command,
    ProposePayAgain,
    Reject,
    Return,
    Settle,
)
from services.payout.domain.errors import (
    NothingProposed,
    NothingUnpayable,
    PaymentUnknown,
    ProposerApproves,
)
from services.payout.domain.ids import again_id_of, payment_id_of
from services.payout.domain.payments import decide
from tests.unit.payout.decisions import NOW, PERSON, SEALED, pay

PAID = payment_id_of("d1")
AGAIN = again_id_of(PAID)
CORRECTED = SEALED.replace("AAAA", "BBBB")


def done(account: Account, *commands: Command) -> tuple[Account, list[Event]]:
    told: list[Event] = []
    for command in commands:
        events = decide(account, command)
        for event in events:
            account = evolve(account, event)
        told += events
    return account, told


def propose(payment_id: str = PAID, by: str = "li") -> ProposePayAgain:
    return ProposePayAgain(payment_id, CORRECTED, by, NOW)


def approve(payment_id: str = PAID, by: str = "wang") -> ApprovePayAgain:
    return ApprovePayAgain(payment_id, by, NOW)


def rejected(payment_id: str = PAID) -> Reject:
    return Reject(payment_id, "AC01", NOW)


def a_rejected_account() -> Account:
    return done(initial(f"person-{PERSON}"), pay(), rejected())[0]


def balances(events: list[Event]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for event in events:
        for posting in getattr(event, "postings", ()):
            totals[posting.account] = totals.get(posting.account, 0) + posting.amount_fen
    return {account: fen for account, fen in totals.items() if fen}


def test_two_people_agree_and_the_money_goes_to_the_corrected_account_once() -> None:
    account, told = done(a_rejected_account(), propose(), approve(), approve(by="zhao"))
    proposed, approved, reduced, instructed = told
    assert isinstance(proposed, PayAgainProposed) and isinstance(approved, PayAgainApproved)
    assert (approved.proposed_by, approved.approved_by, approved.paid_as) == ("li", "wang", AGAIN)
    assert isinstance(reduced, UnpayableReduced) and reduced.reason == "paid_again"
    assert isinstance(instructed, PaymentInstructed)
    assert (instructed.payment_id, instructed.creditor, instructed.amount_fen) == (AGAIN, CORRECTED, 600_00)
    assert account.provided_fen("c1", "demo-generic") == 600_00
    assert account.payments[PAID].unpayable_fen == 0
    assert balances(told) == {"claims_unpayable:demo-generic": 600_00, "claims_payable:demo-generic": -600_00}


def test_one_person_alone_or_a_proposal_of_another_amount_pays_nothing() -> None:
    account = a_rejected_account()
    with pytest.raises(NothingProposed):
        decide(account, approve())
    proposed, _ = done(account, propose())
    with pytest.raises(ProposerApproves):
        decide(proposed, approve(by="li"))
    less, _ = done(proposed, pay("d2", number=2, plan_pays_fen=400_00))
    assert less.payments[PAID].unpayable_fen == 400_00
    with pytest.raises(NothingProposed):
        decide(less, approve())
    again, told = done(less, propose(by="zhao"), approve(by="li"))
    assert again.payments[AGAIN].amount_fen == 400_00
    assert again.provided_fen("c1", "demo-generic") == 400_00
    assert sum(isinstance(event, PaymentInstructed) for event in told) == 1


def test_only_what_could_not_be_paid_is_paid_again() -> None:
    paid, _ = done(initial(f"person-{PERSON}"), pay())
    for command in (propose(), approve()):
        with pytest.raises(NothingUnpayable):
            decide(paid, command)
        with pytest.raises(PaymentUnknown):
            decide(initial(f"person-{PERSON}"), command)


def test_a_second_payment_that_comes_back_can_be_paid_again_in_its_turn() -> None:
    account, _ = done(a_rejected_account(), propose(), approve())
    booked: dict[str, Any] = {"amount_fen": 600_00, "bank_reference": "B1", "now": NOW}
    account, _ = done(
        account, Settle(AGAIN, booked_at=NOW, **booked), Return(AGAIN, reason_code="AC04", **booked)
    )
    assert account.payments[AGAIN].unpayable_fen == 600_00
    account, _ = done(account, propose(AGAIN), approve(AGAIN))
    assert account.payments[again_id_of(AGAIN)].status == "instructed"
    assert account.provided_fen("c1", "demo-generic") == 600_00
    assert done(account, approve())[1] == [], "the first was paid again already"
