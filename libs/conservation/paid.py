"""Rules of a claim's payments: what it was provided is what its decision says, each payment made and concluded once.

Provided: payments, and what was kept back against clawbacks, less what was claimed back.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from libs.conservation.books import ClaimBooks, desk_fen, due_fen
from libs.conservation.report import Broken
from libs.contracts.payout import (
    ClawbackNetted,
    ClawbackRaised,
    DeskSettlementBooked,
    EntitlementRevised,
    PaymentCancelled,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    UnpayableReduced,
)

Provided = PaymentHeld | PaymentInstructed
Concluded = PaymentCancelled | PaymentSettled | PaymentRejected | PaymentReturned
Payout = (
    EntitlementRevised
    | DeskSettlementBooked
    | Provided
    | Concluded
    | UnpayableReduced
    | ClawbackRaised
    | ClawbackNetted
)

_AFTER: Mapping[type[Concluded], tuple[str, ...]] = {
    PaymentCancelled: ("held", "instructed"),
    PaymentSettled: ("instructed",),
    PaymentRejected: ("instructed",),
    PaymentReturned: ("settled",),
}
Status = Literal["held", "instructed", "cancelled", "settled", "rejected", "returned"]
_BECOMES: Mapping[type[Concluded], Status] = {
    PaymentCancelled: "cancelled",
    PaymentSettled: "settled",
    PaymentRejected: "rejected",
    PaymentReturned: "returned",
}


@dataclass(slots=True)
class Paid:
    """One payment as the history tells it. `taken_off_fen`: of one that could not be paid, what is owed no more."""

    payment_id: str
    plan_id: str
    amount_fen: int
    status: Status
    taken_off_fen: int = 0


@dataclass(slots=True)
class ClaimPayments:
    """A claim's payments, what it was provided by plan, and the decision that payout acts on.

    `desk_fen` is what the centre is owed of it by plan, `desk_due_fen` what that decision says that it settled.
    """

    entitled_by: str | None = None
    number: int = 0
    due_plan: str | None = None
    due_fen: int = 0
    provided_fen: Counter[str] = field(default_factory=Counter)
    payments: dict[str, Paid] = field(default_factory=dict)
    desk_due_fen: int = 0
    desk_fen: Counter[str] = field(default_factory=Counter)

    def take(self, event: Payout, books: ClaimBooks) -> Iterator[Broken]:
        """Compare an event with what is known, then take it over."""
        yield from _of_its_decision(event, books)
        match event:
            case EntitlementRevised():
                yield from self._revise(event, books)
            case DeskSettlementBooked():
                yield from self._owe_centre(event)
            case PaymentHeld() | PaymentInstructed():
                yield from self._provide(event, books)
            case UnpayableReduced() | ClawbackRaised():
                self.provided_fen[event.plan_id] -= event.amount_fen
                if isinstance(event, UnpayableReduced):
                    yield from self._take_off(event.payment_id, event.amount_fen)
                elif event.decision_id != self.entitled_by:
                    yield Broken("claimed_back_by_decision", "claimed back by a decision that does not stand")
            case ClawbackNetted(payment_id=None):
                self.provided_fen[event.plan_id] += event.amount_fen
            case ClawbackNetted(payment_id=payment_id):
                yield from self._take_off(str(payment_id), event.amount_fen)
            case _:
                yield from self._conclude(event)
        if isinstance(event, PaymentHeld | PaymentInstructed | ClawbackNetted):
            yield from self._not_too_much()

    def is_settled_account(self) -> Iterator[Broken]:
        """Asked when payout has done with a decision: it was provided for, to the fen."""
        due = Counter({self.due_plan: self.due_fen}) if self.due_plan else Counter()
        for plan_id in sorted(self.provided_fen.keys() | due.keys()):
            has_fen, due_fen_ = self.provided_fen[plan_id], due[plan_id]
            if has_fen != due_fen_:
                yield Broken("provided_is_due", f"of {plan_id} provided {has_fen}, due {due_fen_} fen")
        for plan_id in sorted({*self.desk_fen, *([self.due_plan] if self.due_plan else [])}):
            settled_fen = self.desk_due_fen if plan_id == self.due_plan else 0
            if self.desk_fen[plan_id] != settled_fen:
                sides = f"{self.desk_fen[plan_id]}, settled {settled_fen} fen"
                yield Broken("desk_is_booked", f"of {plan_id} the centre is owed {sides}")

    def _owe_centre(self, event: DeskSettlementBooked) -> Iterator[Broken]:
        self.desk_fen[event.plan_id] += event.amount_fen
        if self.desk_fen[event.plan_id] != event.settled_fen:
            sides = f"{event.settled_fen}, booked {self.desk_fen[event.plan_id]} fen"
            yield Broken("desk_is_booked", f"said to be owed to the centre {sides}")

    def _not_too_much(self) -> Iterator[Broken]:
        for plan_id, has_fen in self.provided_fen.items():
            most_fen = self.due_fen if plan_id == self.due_plan else 0
            if has_fen > most_fen:
                yield Broken("not_more_than_due", f"of {plan_id} provided {has_fen}, due {most_fen} fen")

    def _revise(self, event: EntitlementRevised, books: ClaimBooks) -> Iterator[Broken]:
        yield from self.is_settled_account()
        decision = books.decision(event.decision_id)
        if event.withdrawn and not books.is_void(event.decision_id):
            yield Broken("withdrawn_first", "payout takes a claim for withdrawn whose decision stands")
        due = 0 if event.withdrawn else due_fen(decision)
        if event.due_fen != due:
            yield Broken("entitled_as_decided", f"entitled to {event.due_fen}, decided {due} fen")
        if event.before_fen != self.due_fen:
            yield Broken("entitled_as_decided", f"before {event.before_fen}, due were {self.due_fen} fen")
        if decision and (event.number, event.plan_id) != (decision.number, decision.plan_id):
            yield Broken("entitled_as_decided", "number or plan are not the decision's")
        if event.number < self.number + (not event.withdrawn):
            yield Broken("newest_decision", f"decision {event.number} counts after decision {self.number}")
        self.entitled_by, self.number = event.decision_id, event.number
        self.due_plan, self.due_fen = event.plan_id, event.due_fen
        self.desk_due_fen = 0 if event.withdrawn else desk_fen(decision)

    def _provide(self, event: Provided, books: ClaimBooks) -> Iterator[Broken]:
        name = type(event).__name__
        if self.entitled_by is None:
            decision = books.decision(event.decision_id)
            due = due_fen(decision)
            self.entitled_by, self.due_plan, self.due_fen = event.decision_id, event.plan_id, due
            self.number = decision.number if decision else 0
            self.desk_due_fen = desk_fen(decision)
            if event.amount_fen != due:
                yield Broken("pays_the_decision", f"{name} {event.amount_fen} ≠ decided {due} fen")
            elif decision is not None and decision.number > 1:
                yield Broken("revised_first", "a later decision is paid, but not said to be what is due")
        waits_as = f"held/{event.decision_id}"
        payment_id = event.payment_id or waits_as
        known = self.payments.get(payment_id)
        if isinstance(event, PaymentInstructed):
            held = known or self.payments.pop(waits_as, None)
            self.payments[payment_id] = Paid(payment_id, event.plan_id, event.amount_fen, "instructed")
            if held is not None and held.status == "held":
                if held.amount_fen != event.amount_fen:
                    sides = f"held {held.amount_fen}, instructed {event.amount_fen} fen"
                    yield Broken("released_as_held", sides)
                self.provided_fen[event.plan_id] -= held.amount_fen
            elif known is not None:
                yield Broken("instructed_once", f"payment {payment_id} is instructed twice")
        else:
            if known is not None:
                yield Broken("held_once", f"payment {payment_id} is held twice")
            self.payments[payment_id] = Paid(payment_id, event.plan_id, event.amount_fen, "held")
        self.provided_fen[event.plan_id] += event.amount_fen

    def _conclude(self, event: Concluded) -> Iterator[Broken]:
        name = type(event).__name__
        known = self.payments.get(event.payment_id) or self.payments.get(f"held/{event.decision_id}")
        if known is None:
            yield Broken("instructed_first", f"{name} of {event.payment_id}, which was never instructed")
            return
        if event.amount_fen != known.amount_fen:
            yield Broken("concluded_as_paid", f"{name} {event.amount_fen} ≠ payment {known.amount_fen} fen")
        if event.plan_id != known.plan_id:
            yield Broken("pays_for_whom", f"{name} names another plan than its payment")
        if known.status not in _AFTER[type(event)]:
            rule = "returned_after_settled" if isinstance(event, PaymentReturned) else "concluded_once"
            yield Broken(rule, f"{name} of payment {event.payment_id}, which is {known.status}")
        if isinstance(event, PaymentCancelled):
            if bool(event.postings) != (known.status == "instructed"):
                yield Broken("cancelled_as_booked", "a cancelled payment takes back what was not booked")
            self.provided_fen[known.plan_id] -= known.amount_fen
        known.status = _BECOMES[type(event)]

    def _take_off(self, payment_id: str, amount_fen: int) -> Iterator[Broken]:
        known = self.payments.get(payment_id)
        if known is None or known.status not in ("rejected", "returned"):
            yield Broken("unpayable_first", f"payment {payment_id} could be paid, yet something is taken off")
            return
        known.taken_off_fen += amount_fen
        if known.taken_off_fen > known.amount_fen:
            sides = f"{known.taken_off_fen} of {known.amount_fen} fen"
            yield Broken("unpayable_first", f"more is taken off payment {payment_id} than it is of: {sides}")


def _of_its_decision(event: Payout, books: ClaimBooks) -> Iterator[Broken]:
    decision = books.decision(event.decision_id)
    name = type(event).__name__
    if decision is None:
        yield Broken("decided_first", f"{name} without a decision")
    elif event.person_id != decision.person_id:
        yield Broken("pays_for_whom", f"{name} names another person than its decision")
    elif isinstance(event, Provided) and event.plan_id != decision.plan_id:
        yield Broken("pays_for_whom", f"{name} names another plan than its decision")
    if not isinstance(event, EntitlementRevised) and event.amount_fen == 0:
        yield Broken("pays_something", f"{name} of nothing")


def waiting_rules(books: ClaimBooks, paid: ClaimPayments, file_of: Mapping[str, str]) -> Iterator[Broken]:
    """What a finished history may not leave open. `file_of`: the bank file that each payment went into."""
    if books.filed and not books.decisions and not books.withdrawn:
        yield Broken("finished_decided", "registered, never decided")
    if books.withdrawn and books.standing is not None:
        yield Broken("finished_withdrawn", "withdrawn, but its decision stands")
    standing_fen = due_fen(books.standing)
    if standing_fen != paid.due_fen:
        yield Broken("finished_paid", f"{standing_fen} fen are decided, payout acts on {paid.due_fen} fen")
    if desk_fen(books.standing) != paid.desk_due_fen:
        sides = f"{desk_fen(books.standing)}, booked for it {paid.desk_due_fen} fen"
        yield Broken("finished_paid", f"settled by the insurance centre {sides}")
    for payment in paid.payments.values():
        if payment.status == "instructed":
            yield Broken("finished_settled", f"{payment.amount_fen} fen were instructed, never concluded")
        if payment.status in ("settled", "returned") and payment.payment_id not in file_of:
            yield Broken("finished_filed", f"{payment.amount_fen} fen were settled, but are in no bank file")
