"""Rules of a claim's payments: one per decision, of its amount, concluded once, booked as a whole."""

from collections import Counter
from collections.abc import Iterator, Mapping

from libs.conservation.books import ClaimBooks, Payout, due_fen
from libs.conservation.report import Broken
from libs.contracts.payout import PaymentHeld, PaymentInstructed


def payment_rules(books: ClaimBooks) -> Iterator[Broken]:
    """What does not hold of the claim's payments."""
    for decision_id, times in Counter(paid.decision_id for paid in books.instructed).items():
        if times > 1:
            yield Broken("one_payment_per_decision", f"decision {decision_id} is paid {times} times")
    for decision_id, times in Counter(held.decision_id for held in books.held).items():
        if times > 1:
            yield Broken("held_once", f"decision {decision_id} is held {times} times")
    payouts: list[Payout] = [
        *books.held,
        *books.instructed,
        *books.settled,
        *books.rejected,
        *books.returned,
    ]
    for payout in payouts:
        yield from _of_its_decision(books, payout)
    instructed = {paid.payment_id: paid for paid in books.instructed}
    if len(instructed) < len({paid.decision_id for paid in books.instructed}):
        yield Broken("payment_ids_differ", "two decisions share a payment id")
    for payment_id in {
        payout.payment_id for payout in payouts if not isinstance(payout, PaymentHeld)
    } - instructed.keys():
        yield Broken("instructed_first", f"payment {payment_id} is concluded, but was never instructed")
    for payment_id in instructed:
        yield from _concluded_once(books, payment_id)


def _of_its_decision(books: ClaimBooks, payout: Payout) -> Iterator[Broken]:
    decision = books.decision(payout.decision_id)
    name = type(payout).__name__
    if decision is None:
        yield Broken("decided_first", f"{name} of {payout.amount_fen} fen without a decision")
    elif payout.amount_fen != due_fen(decision):
        yield Broken("pays_the_decision", f"{name} {payout.amount_fen} ≠ decided {due_fen(decision)} fen")
    elif payout.amount_fen == 0:
        yield Broken("pays_something", f"{name} of nothing")
    elif payout.plan_id != decision.plan_id or payout.person_id != decision.person_id:
        yield Broken("pays_for_whom", f"{name} names another plan or person than its decision")
    if isinstance(payout, PaymentHeld):
        return
    amounts = [posting.amount_fen for posting in payout.postings]
    debit_fen = sum(amount for amount in amounts if amount > 0)
    if sum(amounts) != 0:
        yield Broken("postings_sum_to_zero", f"postings of {name} sum to {sum(amounts)} fen")
    if debit_fen != payout.amount_fen:
        yield Broken("postings_are_the_amount", f"{name} {payout.amount_fen} ≠ posted {debit_fen} fen")


def _concluded_once(books: ClaimBooks, payment_id: str) -> Iterator[Broken]:
    settled = sum(each.payment_id == payment_id for each in books.settled)
    rejected = sum(each.payment_id == payment_id for each in books.rejected)
    returned = sum(each.payment_id == payment_id for each in books.returned)
    if settled + rejected > 1:
        yield Broken("concluded_once", f"payment {payment_id}: settled {settled} ×, rejected {rejected} ×")
    if returned > min(settled, 1):
        yield Broken(
            "returned_after_settled", f"payment {payment_id}: settled {settled} ×, back {returned} ×"
        )


def waiting_rules(books: ClaimBooks, file_of: Mapping[str, str]) -> Iterator[Broken]:
    """What a finished history may not leave open. `file_of`: the bank file that each payment went into."""
    if books.registered and not books.decisions:
        yield Broken("finished_decided", "registered, never decided")
    instructed = {paid.decision_id: paid for paid in books.instructed}
    held = {each.decision_id for each in books.held}
    for decision in books.decisions:
        paid: PaymentInstructed | None = instructed.get(decision.decision_id)
        if due_fen(decision) and paid is None and decision.decision_id not in held:
            yield Broken("finished_paid", f"{due_fen(decision)} fen were decided, never instructed nor held")
    concluded = {event.payment_id for event in books.settled} | {event.payment_id for event in books.rejected}
    for paid in books.instructed:
        if paid.payment_id not in concluded:
            yield Broken(
                "finished_settled", f"{paid.amount_fen} fen were instructed, never settled nor rejected"
            )
    for settled in books.settled:
        if settled.payment_id not in file_of:
            yield Broken("finished_filed", f"{settled.amount_fen} fen were settled, but are in no bank file")
