"""Decisions that are replaced or withdrawn: only the difference moves, in whatever state it finds what was paid."""

import pytest

from libs.contracts.payout import (
    ClawbackNetted,
    ClawbackRaised,
    ClawbackWrittenOff,
    EntitlementRevised,
    PaymentCancelled,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    UnpayableReduced,
)
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import Command, RecordRepayment, Reject, ReleaseHeld, Settle, WriteOff
from services.payout.domain.errors import ClawbackUnknown, NothingOpen, RepaymentDiffers, RepaymentTooLarge
from services.payout.domain.ids import payment_id_of, rest_id_of
from services.payout.domain.payments import decide
from tests.unit.payout.decisions import NOW, PAYMENT, PERSON, SEALED, after, deny, pay, said, told, withdraw

IN_FILE = frozenset({PAYMENT})
SETTLE = Settle(PAYMENT, 600_00, "bank-1", NOW, NOW)
PAID: list[Command] = [pay(), SETTLE]


def again(plan_pays_fen: int, decision_id: str = "d2", number: int = 2, **fields: object) -> Command:
    return pay(decision_id, plan_pays_fen=plan_pays_fen, number=number, supersedes="d1", **fields)  # type: ignore[arg-type]


def test_more_due_pays_the_difference_alone() -> None:
    assert after(*PAID, again(700_00)) == [("EntitlementRevised", 700_00), ("PaymentInstructed", 100_00)]


def test_as_much_due_moves_nothing() -> None:
    assert after(*PAID, again(600_00)) == [("EntitlementRevised", 600_00)]


@pytest.mark.parametrize("less", [again(200_00), deny(), withdraw()])
def test_a_payment_that_has_not_left_is_not_made_and_what_is_still_due_is_paid(less: Command) -> None:
    left = [("PaymentInstructed", 200_00)] if less == again(200_00) else []
    _, log = told(pay(), less)
    assert said(log)[2:] == [("PaymentCancelled", 600_00), *left]
    cancelled = log[2]
    assert isinstance(cancelled, PaymentCancelled)
    assert cancelled.reason == "less_is_due"


def test_of_a_held_payment_less_is_held() -> None:
    _, log = told(pay(creditor=None), again(200_00, creditor=None))
    held = log[-1]
    assert said(log)[2:] == [("PaymentCancelled", 600_00), ("PaymentHeld", 200_00)]
    assert isinstance(held, PaymentHeld)
    assert held.payment_id == payment_id_of("d2")
    assert log[2].postings == ()  # type: ignore[attr-defined]
    account, _ = told(pay(creditor=None), again(200_00, creditor=None))
    assert said(decide(account, ReleaseHeld("c1", SEALED, NOW))) == [("PaymentInstructed", 200_00)]


@pytest.mark.parametrize("before", [[pay(), SETTLE], [pay()]], ids=["settled", "in a file"])
def test_what_has_left_is_claimed_back(before: list[Command]) -> None:
    less = [("EntitlementRevised", 200_00), ("ClawbackRaised", 400_00)]
    assert after(*before, again(200_00, in_files=IN_FILE)) == less
    assert after(*before, withdraw(in_files=IN_FILE)) == [
        ("EntitlementRevised", 0),
        ("ClawbackRaised", 600_00),
    ]


def test_of_a_rejected_payment_less_is_owed() -> None:
    reject = Reject(PAYMENT, "AC04", NOW)
    account, log = told(pay(), reject, again(200_00))
    assert said(log)[2:] == [("EntitlementRevised", 200_00), ("UnpayableReduced", 400_00)]
    assert account.payments[PAYMENT].unpayable_fen == 200_00
    assert isinstance(log[-1], UnpayableReduced)


def test_a_payment_claimed_back_on_its_way_and_then_rejected_settles_the_clawback() -> None:
    account, log = told(pay(), again(200_00, in_files=IN_FILE), Reject(PAYMENT, "AC04", NOW))
    assert said(log)[-2:] == [("PaymentRejected", 600_00), ("ClawbackNetted", 400_00)]
    assert isinstance(log[-2], PaymentRejected)
    assert account.payments[PAYMENT].unpayable_fen == 200_00
    assert account.open_clawbacks("demo-generic") == []


def test_heard_twice_a_decision_or_a_withdrawal_changes_nothing() -> None:
    assert after(*PAID, again(200_00), again(200_00)) == []
    assert after(*PAID, again(200_00), pay()) == []
    assert after(*PAID, withdraw(), withdraw()) == []
    assert after(*PAID, again(200_00), withdraw("d1", number=1)) == []


def test_what_becomes_due_again_is_kept_back_first() -> None:
    assert after(*PAID, again(200_00), again(700_00, "d3", 3)) == [
        ("EntitlementRevised", 700_00),
        ("ClawbackNetted", 400_00),
        ("PaymentInstructed", 100_00),
    ]


def test_another_claims_entitlement_is_kept_back_also_when_it_is_its_first() -> None:
    other = pay("e1", claim_id="c2", plan_pays_fen=500_00)
    _, log = told(*PAID, again(200_00), other)
    assert said(log)[-3:] == [
        ("EntitlementRevised", 500_00),
        ("ClawbackNetted", 400_00),
        ("PaymentInstructed", 100_00),
    ]
    netted, instructed = log[-2:]
    assert isinstance(netted, ClawbackNetted)
    assert (netted.claim_id, netted.clawback_claim_id) == ("c2", "c1")
    assert isinstance(instructed, PaymentInstructed)
    assert instructed.payment_id == payment_id_of("e1")


def test_a_late_claim_that_raises_one_and_lowers_another_ends_alike_in_either_order() -> None:
    raised = pay("e1", claim_id="c2", plan_pays_fen=500_00)
    lowered = again(200_00)
    one, first = told(*PAID, lowered, raised)
    other, second = told(*PAID, raised, lowered)
    for account, log in ((one, first), (other, second)):
        assert sum(payment.provided_fen for payment in account.payments.values()) == 700_00
        assert account.open_clawbacks("demo-generic") == []
        assert said(log)[-1] == ("PaymentInstructed", 100_00)
    left = second[-1]
    assert isinstance(left, PaymentInstructed)
    assert left.payment_id == rest_id_of(payment_id_of("e1"))
    assert said(second)[-4:-1] == [
        ("ClawbackRaised", 400_00),
        ("PaymentCancelled", 500_00),
        ("ClawbackNetted", 400_00),
    ]


def test_plans_are_pools_of_their_own() -> None:
    other = pay("e1", claim_id="c2", plan_pays_fen=500_00, plan_id="another")
    assert after(*PAID, again(200_00), other) == [("PaymentInstructed", 500_00)]
    assert after(*PAID, again(600_00, plan_id="another")) == [
        ("EntitlementRevised", 600_00),
        ("ClawbackRaised", 600_00),
        ("PaymentInstructed", 600_00),
    ]


def test_a_second_decision_whose_first_paid_nothing_pays_all() -> None:
    assert after(again(300_00)) == [("EntitlementRevised", 300_00), ("PaymentInstructed", 300_00)]
    _, log = told(again(300_00))
    assert isinstance(log[0], EntitlementRevised)
    assert (log[0].before_fen, log[0].due_fen) == (0, 300_00)
    assert decide(initial(f"person-{PERSON}"), deny()) == []
    assert decide(initial(f"person-{PERSON}"), withdraw()) == []


def owing() -> tuple[Account, str]:
    account, log = told(*PAID, again(200_00))
    raised = log[-1]
    assert isinstance(raised, ClawbackRaised)
    return account, raised.clawback_id


def repaid(clawback_id: str, amount_fen: int, reference: str = "T1") -> RecordRepayment:
    return RecordRepayment(clawback_id, amount_fen, reference, NOW.date(), "cashier-1", NOW)


def test_a_repayment_is_recorded_once_by_its_reference_and_never_beyond_what_is_open() -> None:
    account, clawback_id = owing()
    (event,) = decide(account, repaid(clawback_id, 300_00))
    account = evolve(account, event)
    assert account.clawbacks[clawback_id].open_fen == 100_00
    assert decide(account, repaid(clawback_id, 300_00)) == []
    with pytest.raises(RepaymentDiffers):
        decide(account, repaid(clawback_id, 100_00))
    with pytest.raises(RepaymentTooLarge):
        decide(account, repaid(clawback_id, 100_01, "T2"))
    with pytest.raises(ClawbackUnknown):
        decide(account, repaid("no such", 1))


def test_what_is_written_off_is_not_kept_back_from_other_claims_but_not_paid_again_either() -> None:
    account, clawback_id = owing()
    give_up = WriteOff(clawback_id, "hardship", "manager-1", NOW)
    (event,) = decide(account, give_up)
    assert isinstance(event, ClawbackWrittenOff)
    account = evolve(account, event)
    assert decide(account, give_up) == []
    other = pay("e1", claim_id="c2", plan_pays_fen=500_00)
    assert said(decide(account, other)) == [("PaymentInstructed", 500_00)]
    restored = decide(account, again(650_00, "d3", 3))
    assert said(restored) == [
        ("EntitlementRevised", 650_00),
        ("ClawbackNetted", 400_00),
        ("PaymentInstructed", 50_00),
    ]
    assert isinstance(restored[1], ClawbackNetted)
    assert restored[1].recovers_write_off


def test_what_was_repaid_cannot_be_written_off() -> None:
    account, clawback_id = owing()
    (event,) = decide(account, repaid(clawback_id, 400_00))
    with pytest.raises(NothingOpen):
        decide(evolve(account, event), WriteOff(clawback_id, "hardship", "manager-1", NOW))


def test_what_was_repaid_is_paid_when_it_becomes_due_again() -> None:
    account, clawback_id = owing()
    (event,) = decide(account, repaid(clawback_id, 400_00))
    assert said(decide(evolve(account, event), again(600_00, "d3", 3))) == [
        ("EntitlementRevised", 600_00),
        ("PaymentInstructed", 400_00),
    ]
