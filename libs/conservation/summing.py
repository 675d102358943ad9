"""The sums of a history, as they stand after what was taken so far."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from libs.conservation.books import ClaimBooks
from libs.conservation.paid import ClaimPayments
from libs.conservation.report import Totals
from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated
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
)

_Moving = (
    PaymentInstructed
    | PaymentSettled
    | PaymentRejected
    | PaymentReturned
    | ClawbackRaised
    | ClawbackRepaid
    | ClawbackWrittenOff
    | DeskSettlementBooked
)


@dataclass(slots=True)
class Sums:
    """What has moved, by event."""

    moved: Counter[str] = field(default_factory=Counter)
    payments: int = 0
    _instructed: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Add an event's amount."""
        match event:
            case PaymentCancelled():
                # One that was only held was never instructed.
                was_instructed = event.payment_id in self._instructed
                self.moved["cancelled"] += event.amount_fen if was_instructed else 0
            case ClawbackNetted():
                self.moved["netted"] += event.amount_fen
                self.moved["recovered"] += event.amount_fen if event.recovers_write_off else 0
            case _ if isinstance(event, _Moving):
                self.moved[type(event).__name__] += event.amount_fen
        if isinstance(event, PaymentInstructed):
            self._instructed.add(event.payment_id)
            self.payments += 1

    def totals(self, claims: Iterable[tuple[ClaimBooks, ClaimPayments]]) -> Totals:
        """The sums; of bills and decisions those that count now."""
        registered = decided = cash = held = 0
        borne: Counter[str] = Counter()
        for books, paid in claims:
            if books.filed and not books.withdrawn:
                registered += books.filed[-1].settlement.total_fen
            held += sum(each.amount_fen for each in paid.payments.values() if each.status == "held")
            if books.standing is not None:
                decided += books.standing.bill_fen
                for part in books.standing.bearings:
                    borne[part.bearer] += part.amount_fen
            if isinstance(books.standing, ClaimAdjudicated):
                cash += books.standing.cash_benefits_fen
        moved = self.moved
        return Totals(
            registered_fen=registered,
            decided_fen=decided,
            borne_fen=dict(sorted(borne.items())),
            cash_benefits_fen=cash,
            instructed_fen=moved["PaymentInstructed"],
            settled_fen=moved["PaymentSettled"],
            cancelled_fen=moved["cancelled"],
            rejected_fen=moved["PaymentRejected"],
            returned_fen=moved["PaymentReturned"],
            held_fen=held,
            claimed_back_fen=moved["ClawbackRaised"],
            netted_fen=moved["netted"],
            repaid_fen=moved["ClawbackRepaid"],
            written_off_fen=moved["ClawbackWrittenOff"] - moved["recovered"],
            owed_to_centre_fen=moved["DeskSettlementBooked"],
        )
