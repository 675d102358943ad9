"""A decision's payment: what each command does in each state, and that no sequence of commands pays twice."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts import Event
from libs.contracts.payout import (
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import Command, PayDecision, Reject, ReleaseHeld, Return, Settle
from services.payout.domain.ids import end_to_end_id_of, payment_id_of
from services.payout.domain.payments import decide
from tests.unit.payout.decisions import NOW, PAYMENT, PERSON, SEALED, pay

RELEASE = ReleaseHeld("c1", SEALED, NOW)
SETTLE = Settle(PAYMENT, 600_00, "bank-1", NOW, NOW)
REJECT = Reject(PAYMENT, "AC04", NOW)
RETURN = Return(PAYMENT, 600_00, "bank-2", "MD07", NOW)
_HELD = [pay(creditor=None)]
GIVEN: dict[str, list[Command]] = {
    "nothing": [],
    "held": [*_HELD],
    "instructed": [pay()],
    "released": [*_HELD, RELEASE],
    "settled": [pay(), SETTLE],
    "rejected": [pay(), REJECT],
    "returned": [pay(), SETTLE, RETURN],
}
WHEN: dict[str, Command] = {
    "pay": pay(),
    "pay without account": pay(creditor=None),
    "release": RELEASE,
    "settle": SETTLE,
    "reject": REJECT,
    "return": RETURN,
}
THEN: dict[tuple[str, str], type[Event]] = {
    ("nothing", "pay"): PaymentInstructed,
    ("nothing", "pay without account"): PaymentHeld,
    ("held", "release"): PaymentInstructed,
    ("instructed", "settle"): PaymentSettled,
    ("instructed", "reject"): PaymentRejected,
    ("released", "settle"): PaymentSettled,
    ("released", "reject"): PaymentRejected,
    ("settled", "return"): PaymentReturned,
}


def told(commands: Sequence[Command]) -> tuple[Account, list[Event]]:
    account, log = initial(f"person-{PERSON}"), []
    for command in commands:
        for event in decide(account, command):
            account = evolve(account, event)
            log.append(event)
    return account, log


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("given_state", GIVEN)
def test_each_command_does_in_each_state_what_it_may_and_else_nothing(given_state: str, when: str) -> None:
    account, _ = told(GIVEN[given_state])
    expected = THEN.get((given_state, when))
    assert [type(event) for event in decide(account, WHEN[when])] == ([expected] if expected else [])


def test_a_decision_that_pays_nothing_makes_no_payment() -> None:
    assert decide(initial(f"person-{PERSON}"), pay(plan_pays_fen=0)) == []


def test_cash_benefits_are_paid_beside_what_the_plan_pays_for_the_bill() -> None:
    (event,) = decide(initial(f"person-{PERSON}"), pay(plan_pays_fen=0, cash_benefits_fen=50_00))
    assert isinstance(event, PaymentInstructed)
    assert event.amount_fen == 50_00


def test_what_was_held_is_instructed_as_the_decision_said() -> None:
    _, log = told([pay(creditor=None), ReleaseHeld("c1", SEALED, NOW + timedelta(days=3))])
    held, instructed = log
    assert isinstance(held, PaymentHeld)
    assert isinstance(instructed, PaymentInstructed)
    assert (instructed.amount_fen, instructed.decision_id, instructed.received_at) == (
        held.amount_fen,
        held.decision_id,
        held.received_at,
    )
    assert instructed.payment_id == PAYMENT
    assert instructed.creditor == SEALED


def test_a_payment_is_known_by_its_decision_and_fits_the_banks_field() -> None:
    assert payment_id_of("d1") == payment_id_of("d1") != payment_id_of("d2")
    assert len(end_to_end_id_of(PAYMENT)) == 34


def test_a_word_about_another_claims_payment_changes_nothing() -> None:
    account, _ = told([pay()])
    assert decide(account, Settle(payment_id_of("d9"), 600_00, "bank-1", NOW, NOW)) == []


_CLAIMS = {"c1": "d1", "c2": "d2", "c3": "d3"}


def any_command(claim_id: str) -> st.SearchStrategy[Command]:
    decision_id = _CLAIMS[claim_id]
    payment_id = payment_id_of(decision_id)
    commands: list[Command] = [
        pay(decision_id, claim_id=claim_id),
        pay(decision_id, creditor=None, claim_id=claim_id),
        ReleaseHeld(claim_id, SEALED, NOW),
        Settle(payment_id, 600_00, "bank-1", NOW, NOW),
        Reject(payment_id, "AC04", NOW),
        Return(payment_id, 600_00, "bank-2", "MD07", NOW),
    ]
    return st.sampled_from(commands)


@given(st.lists(st.sampled_from(sorted(_CLAIMS)).flatmap(any_command), max_size=40))
def test_no_sequence_of_commands_pays_a_decision_twice_or_unbalances_the_ledger(
    commands: list[Command],
) -> None:
    account, log = told(commands)
    kinds = Counter((type(event).__name__, getattr(event, "decision_id", "")) for event in log)
    assert all(count == 1 for count in kinds.values())
    ledger = Counter[str]()
    for event in log:
        postings = getattr(event, "postings", ())
        assert sum(posting.amount_fen for posting in postings) == 0
        for posting in postings:
            ledger[posting.account] += posting.amount_fen
    by_status = Counter(payment.status for payment in account.payments.values())
    assert -ledger["claims_payable:demo-generic"] == 600_00 * by_status["instructed"]
    assert -ledger["bank:demo-generic"] == 600_00 * by_status["settled"]
    unpayable = by_status["rejected"] + by_status["returned"]
    assert -ledger["claims_unpayable:demo-generic"] == 600_00 * unpayable
    heard = {c.decision.decision_id for c in commands if isinstance(c, PayDecision)}
    assert heard == {payment.decision_id for payment in account.payments.values()}
    refolded = initial(f"person-{PERSON}")
    for event in log:
        refolded = evolve(refolded, event)
    assert refolded == account
