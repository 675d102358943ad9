"""The pool's ledger against its payments, per plan, after each payout event."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from libs.conservation.report import Broken
from libs.contracts.payout import PaymentInstructed, PaymentRejected, PaymentReturned, PaymentSettled

Booked = PaymentInstructed | PaymentSettled | PaymentRejected | PaymentReturned


@dataclass(slots=True)
class PlanAccounts:
    """Balances by account (debit positive), and what the payments alone come to."""

    plan_id: str
    balances_fen: Counter[str] = field(default_factory=Counter)
    moved_fen: Counter[str] = field(default_factory=Counter)

    def book(self, event: Booked) -> None:
        """Take an event's postings and its payment."""
        for posting in event.postings:
            self.balances_fen[posting.account] += posting.amount_fen
        self.moved_fen[type(event).__name__] += event.amount_fen

    def rules(self) -> Iterator[Broken]:
        """Accounts whose balance is not what the payments say."""
        instructed, settled = self.moved_fen["PaymentInstructed"], self.moved_fen["PaymentSettled"]
        rejected, returned = self.moved_fen["PaymentRejected"], self.moved_fen["PaymentReturned"]
        outstanding = instructed - settled - rejected
        expected = {
            f"claims_expense:{self.plan_id}": instructed,
            f"claims_payable:{self.plan_id}": -outstanding,
            f"claims_unpayable:{self.plan_id}": -(rejected + returned),
            f"bank:{self.plan_id}": returned - settled,
        }
        for account in sorted(expected.keys() | self.balances_fen.keys()):
            balance, due = self.balances_fen[account], expected.get(account, 0)
            if balance != due:
                yield Broken("ledger_is_payments", f"{account} stands at {balance}, payments say {due} fen")
        if outstanding < 0:
            yield Broken(
                "not_more_than_instructed", f"{-outstanding} fen more were concluded than instructed"
            )
