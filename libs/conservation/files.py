"""Bank files: each payment travels in one file, whose total is what it carries; a cancelled one in none."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from libs.conservation.report import Broken
from libs.contracts.payout import PaymentCancelled, PaymentFileClosed, PaymentInstructed


@dataclass(slots=True)
class Files:
    """Amounts of the instructed payments, and the file that each went into."""

    amounts_fen: dict[str, int] = field(default_factory=dict)
    file_of: dict[str, str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)

    def instruct(self, event: PaymentInstructed) -> None:
        """A payment may go into a file now."""
        self.amounts_fen.setdefault(event.payment_id, event.amount_fen)

    def cancel(self, event: PaymentCancelled) -> Iterator[Broken]:
        """A payment may go into no file any more."""
        self.cancelled.add(event.payment_id)
        if event.payment_id in self.file_of:
            yield Broken("cancelled_or_sent", f"payment {event.payment_id} is cancelled, but in a file")

    def close(self, event: PaymentFileClosed) -> Iterator[Broken]:
        """What does not hold of a closed file."""
        unknown = [each for each in event.payment_ids if each not in self.amounts_fen]
        if unknown:
            yield Broken("file_of_instructed", f"{len(unknown)} payments of the file were never instructed")
        if self.cancelled.intersection(event.payment_ids):
            yield Broken("cancelled_or_sent", "the file carries a payment that was cancelled")
        total_fen = sum(self.amounts_fen.get(each, 0) for each in event.payment_ids)
        if total_fen != event.total_fen:
            yield Broken("file_total", f"file says {event.total_fen}, its payments {total_fen} fen")
        for payment_id in event.payment_ids:
            before = self.file_of.setdefault(payment_id, event.file_id)
            if before != event.file_id:
                yield Broken("one_file_per_payment", f"payment {payment_id} is in two files")
        if len(set(event.payment_ids)) != len(event.payment_ids):
            yield Broken("one_file_per_payment", "a payment is in the file twice")
