"""Rules of a stay: while an appeal stays a claim's payments, what is instructed then does not reach the person."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from libs.conservation.report import Broken
from libs.contracts.payout import PaymentInstructed, PaymentSettled, PaymentsStayed, StayLifted

Stay = PaymentsStayed | StayLifted


@dataclass(slots=True)
class Stays:
    """The appeal that stays a claim's payments now, and the payments that were instructed since it does.

    What had left before may settle; a stay, an instruction and a settlement are all in the person's stream, so their
    order is certain whatever clocks say.
    """

    by_appeal: str | None = None
    payments: set[str] = field(default_factory=set)

    def take(self, event: Stay | PaymentInstructed | PaymentSettled) -> Iterator[Broken]:
        """Compare an event with what is known, then take it over."""
        match event:
            case PaymentsStayed():
                if self.by_appeal is not None:
                    yield Broken(
                        "stayed_once", f"stayed by {event.appeal_id}, it is by {self.by_appeal} already"
                    )
                self.by_appeal = event.appeal_id
            case StayLifted():
                if self.by_appeal != event.appeal_id:
                    yield Broken(
                        "lifted_as_stayed", f"appeal {event.appeal_id} lifts a stay that is not its own"
                    )
                self.by_appeal = None
                self.payments.clear()
            case PaymentInstructed() if self.by_appeal is not None:
                self.payments.add(event.payment_id)
            case PaymentSettled() if event.payment_id in self.payments:
                sentence = f"{event.amount_fen} fen were paid that appeal {self.by_appeal} stays"
                yield Broken("stayed_is_not_paid", sentence)

    def waiting(self) -> Iterator[Broken]:
        """What a finished history may not leave open."""
        if self.by_appeal is not None:
            yield Broken("finished_appealed", f"appeal {self.by_appeal} still stays its payments")
