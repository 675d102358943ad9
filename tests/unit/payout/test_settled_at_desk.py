"""What the insurance centre settled at the desk is owed to the centre: never paid to the person, never claimed back."""

from libs.contracts.payout import DeskSettlementBooked
from services.payout.domain.commands import Settle
from services.payout.domain.payments import decide
from tests.unit.payout.decisions import NOW, PAYMENT, after, deny, pay, said, told, withdraw

AT_DESK = pay(settled_at_desk_fen=600_00)


def test_the_person_gets_nothing_and_the_centre_is_owed_all_of_it() -> None:
    account, log = told(AT_DESK)
    assert said(log) == [("EntitlementRevised", 0), ("DeskSettlementBooked", 600_00)]
    booked = log[-1]
    assert isinstance(booked, DeskSettlementBooked)
    assert [(posting.account, posting.amount_fen) for posting in booked.postings] == [
        ("claims_expense:demo-generic", 600_00),
        ("centre_clearing:demo-generic", -600_00),
    ]
    assert decide(account, AT_DESK) == []


def test_a_cash_benefit_beside_it_is_still_paid() -> None:
    assert after(pay(settled_at_desk_fen=600_00, cash_benefits_fen=50_00)) == [
        ("EntitlementRevised", 50_00),
        ("DeskSettlementBooked", 600_00),
        ("PaymentInstructed", 50_00),
    ]


def test_another_amount_of_the_centre_is_settled_with_the_centre_alone() -> None:
    less = pay("d2", number=2, supersedes="d1", plan_pays_fen=500_00, settled_at_desk_fen=500_00)
    assert after(AT_DESK, less) == [("EntitlementRevised", 0), ("DeskSettlementBooked", -100_00)]
    assert after(AT_DESK, deny()) == [("EntitlementRevised", 0), ("DeskSettlementBooked", -600_00)]
    assert after(AT_DESK, withdraw()) == [("EntitlementRevised", 0), ("DeskSettlementBooked", -600_00)]


def test_when_the_centre_takes_its_settlement_back_the_plan_pays_the_person() -> None:
    own = pay("d2", number=2, supersedes="d1")
    assert after(AT_DESK, own) == [
        ("EntitlementRevised", 600_00),
        ("DeskSettlementBooked", -600_00),
        ("PaymentInstructed", 600_00),
    ]


def test_who_was_paid_and_then_turns_out_to_have_got_it_at_the_desk_owes_it_back() -> None:
    settled = Settle(PAYMENT, 600_00, "bank-1", NOW, NOW)
    at_desk = pay("d2", number=2, supersedes="d1", settled_at_desk_fen=600_00)
    assert after(pay(), settled, at_desk) == [
        ("EntitlementRevised", 0),
        ("DeskSettlementBooked", 600_00),
        ("ClawbackRaised", 600_00),
    ]


def test_a_settlement_in_another_plan_leaves_the_first_plan_owing_nothing() -> None:
    other = pay("d2", number=2, supersedes="d1", plan_id="another", settled_at_desk_fen=600_00)
    account, _ = told(AT_DESK, other)
    owed = {plan: settled.settled_fen for (_, plan), settled in account.desk.items()}
    assert owed == {"demo-generic": 0, "another": 600_00}
