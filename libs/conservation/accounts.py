"""The pool's ledger against its payments and clawbacks, per plan, after each payout event that books something."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from libs.conservation.report import Broken
from libs.contracts.payout import (
    ClawbackNetted,
    ClawbackRaised,
    ClawbackRepaid,
    ClawbackWrittenOff,
    DeskSettlementBooked,
    PaymentCancelled,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    UnpayableReduced,
)

Booked = (
    PaymentInstructed
    | PaymentCancelled
    | PaymentSettled
    | PaymentRejected
    | PaymentReturned
    | UnpayableReduced
    | ClawbackRaised
    | ClawbackNetted
    | ClawbackRepaid
    | ClawbackWrittenOff
    | DeskSettlementBooked
)


@dataclass(slots=True)
class PlanAccounts:
    """Balances by account (debit positive), and what the events alone come to."""

    plan_id: str
    balances_fen: Counter[str] = field(default_factory=Counter)
    moved_fen: Counter[str] = field(default_factory=Counter)
    instructed: set[str] = field(default_factory=set)

    def book(self, event: Booked) -> Iterator[Broken]:
        """Take an event's postings and its amount, and compare the accounts."""
        # A payment that was only held owes nobody anything in the books yet.
        books_nothing = isinstance(event, PaymentCancelled) and event.payment_id not in self.instructed
        yield from _posting_rules(event, 0 if books_nothing else event.amount_fen)
        for posting in event.postings:
            self.balances_fen[posting.account] += posting.amount_fen
        match event:
            case ClawbackNetted(recovers_write_off=True):
                self.moved_fen["recovered"] += event.amount_fen
            case ClawbackNetted(payment_id=None):
                self.moved_fen["netted"] += event.amount_fen
            case ClawbackNetted():
                self.moved_fen["netted_unpayable"] += event.amount_fen
            case _ if not books_nothing:
                self.moved_fen[type(event).__name__] += event.amount_fen
        if isinstance(event, PaymentInstructed):
            self.instructed.add(event.payment_id)
        yield from self._rules()

    def _rules(self) -> Iterator[Broken]:
        """Accounts whose balance is not what the events say."""
        moved, plan_id = self.moved_fen, self.plan_id
        netted, recovered = moved["netted"], moved["recovered"]
        outstanding = (
            moved["PaymentInstructed"]
            - moved["PaymentCancelled"]
            - moved["PaymentSettled"]
            - moved["PaymentRejected"]
        )
        unpayable = (
            moved["PaymentRejected"]
            + moved["PaymentReturned"]
            - moved["UnpayableReduced"]
            - moved["netted_unpayable"]
        )
        expense = (
            moved["PaymentInstructed"]
            - moved["PaymentCancelled"]
            - moved["UnpayableReduced"]
            - moved["ClawbackRaised"]
            + netted
            + recovered
            + moved["DeskSettlementBooked"]
        )
        owing = (
            moved["ClawbackRaised"]
            - netted
            - moved["netted_unpayable"]
            - moved["ClawbackRepaid"]
            - moved["ClawbackWrittenOff"]
        )
        expected = {
            f"claims_expense:{plan_id}": expense,
            f"claims_payable:{plan_id}": -outstanding,
            f"claims_unpayable:{plan_id}": -unpayable,
            f"bank:{plan_id}": moved["PaymentReturned"] - moved["PaymentSettled"],
            f"clawback_receivable:{plan_id}": owing,
            f"clawback_losses:{plan_id}": moved["ClawbackWrittenOff"] - recovered,
            f"collections:{plan_id}": moved["ClawbackRepaid"],
            f"centre_clearing:{plan_id}": -moved["DeskSettlementBooked"],
        }
        for account in sorted(expected.keys() | self.balances_fen.keys()):
            balance, due = self.balances_fen[account], expected.get(account, 0)
            if balance != due:
                yield Broken("ledger_is_payments", f"{account} stands at {balance}, payments say {due} fen")
        if outstanding < 0:
            yield Broken(
                "not_more_than_instructed", f"{-outstanding} fen more were concluded than instructed"
            )


def _posting_rules(event: Booked, amount_fen: int) -> Iterator[Broken]:
    name, amounts = type(event).__name__, [posting.amount_fen for posting in event.postings]
    debit_fen = sum(amount for amount in amounts if amount > 0)
    if sum(amounts) != 0:
        yield Broken("postings_sum_to_zero", f"postings of {name} sum to {sum(amounts)} fen")
    if debit_fen != abs(amount_fen):
        yield Broken("postings_are_the_amount", f"{name} {amount_fen} ≠ posted {debit_fen} fen")
