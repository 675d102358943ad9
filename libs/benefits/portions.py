"""Splits a bill into portions (line × bucket) and sets the payments of the layers below against them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from libs.benefits.case import BUCKETS, Bill, BillLine, Bucket
from libs.benefits.provisions import Payers
from libs.money import largest_remainder


@dataclass(frozen=True, slots=True)
class Portion:
    """Cost of one bucket of one line (or of what no line itemises) still borne by the patient."""

    bucket: Bucket
    line_index: int | None
    line: BillLine | None
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Layers:
    """Payments of the other payers by name, grouped by when they come."""

    before: dict[str, int]
    beside: dict[str, int]
    after: dict[str, int]


def layers_of(bill: Bill, payers: Payers) -> Layers:
    """Groups the bill's payers as the plan orders them."""
    after = {name: fen for name, fen in bill.paid_fen.items() if name in payers.after}
    beside = {name: fen for name, fen in bill.paid_fen.items() if name in payers.beside}
    before = {name: fen for name, fen in bill.paid_fen.items() if name not in after and name not in beside}
    return Layers(before, beside, after)


def portions_of(bill: Bill, paid_before_fen: int) -> list[Portion]:
    """What the layers before left, by portion; they pay in-scope cost first, then first-pay, over-limit, self-funded.

    Within a bucket the payment is spread over the lines in proportion (largest remainder), so nothing is lost.
    """
    left = paid_before_fen
    portions: list[Portion] = []
    for bucket in BUCKETS:
        gross = _bucket_portions(bill, bucket)
        total = sum(portion.amount_fen for portion in gross)
        taken = min(left, total)
        left -= taken
        portions.extend(reduce_in_proportion(gross, taken) if taken else gross)
    return portions


def reduce_in_proportion(portions: list[Portion], paid_fen: int) -> list[Portion]:
    """The portions after `paid_fen` (at most their sum) was set against them in proportion."""
    cuts = largest_remainder(paid_fen, [portion.amount_fen for portion in portions])
    reduced = [
        replace(portion, amount_fen=portion.amount_fen - cut)
        for portion, cut in zip(portions, cuts, strict=True)
    ]
    return [portion for portion in reduced if portion.amount_fen]


def _bucket_portions(bill: Bill, bucket: Bucket) -> list[Portion]:
    if not bill.lines:
        whole_fen = _bill_amount(bill, bucket)
        return [Portion(bucket, None, None, whole_fen)] if whole_fen else []
    amounts = [(index, line, _line_amount(line, bucket)) for index, line in enumerate(bill.lines)]
    rest = _bill_amount(bill, bucket) - sum(amount for _, _, amount in amounts)
    portions = [Portion(bucket, index, line, amount) for index, line, amount in amounts if amount]
    return [*portions, Portion(bucket, None, None, rest)] if rest else portions


_FIELD: Mapping[Bucket, str] = {bucket: f"{bucket}_fen" for bucket in BUCKETS}


def _line_amount(line: BillLine, bucket: Bucket) -> int:
    amount: int = getattr(line, _FIELD[bucket])
    return amount


def _bill_amount(bill: Bill, bucket: Bucket) -> int:
    amount: int = getattr(bill, _FIELD[bucket])
    return amount
