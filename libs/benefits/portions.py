"""Splits a bill into portions (line × bucket) and sets the payments of the layers below against them."""

import msgspec

from libs.benefits.case import BUCKETS, Bill, BillLine, Bucket
from libs.benefits.provisions import Payers
from libs.money import largest_remainder


class Portion(msgspec.Struct, frozen=True, gc=False):
    """Cost of one bucket of one line (or of what no line itemises) still borne by the patient.

    A Struct: a bill has dozens, twice each, and a named tuple takes three times as long to make.
    """

    bucket: Bucket
    line_index: int | None
    line: BillLine | None
    amount_fen: int


class Layers(msgspec.Struct, frozen=True):
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
    for gross, gross_fen in zip(_by_bucket(bill), bill.bucket_amounts, strict=True):
        taken = min(left, gross_fen)
        left -= taken
        portions.extend(reduce_in_proportion(gross, taken) if taken else gross)
    return portions


def reduce_in_proportion(portions: list[Portion], paid_fen: int) -> list[Portion]:
    """The portions after `paid_fen` (at most their sum) was set against them in proportion."""
    amounts = [portion.amount_fen for portion in portions]
    if paid_fen == sum(amounts):
        return []
    cuts = largest_remainder(paid_fen, amounts)
    return [
        Portion(portion.bucket, portion.line_index, portion.line, portion.amount_fen - cut)
        for portion, cut in zip(portions, cuts, strict=True)
        if portion.amount_fen != cut
    ]


def _by_bucket(bill: Bill) -> list[list[Portion]]:
    """The bill's cost by bucket: what lines itemise, then what none does."""
    portions: list[list[Portion]] = [[] for _ in BUCKETS]
    rest_fen = list(bill.bucket_amounts)
    for index, line in enumerate(bill.lines):
        for number, amount_fen in enumerate(line.bucket_amounts):
            if amount_fen:
                portions[number].append(Portion(BUCKETS[number], index, line, amount_fen))
                rest_fen[number] -= amount_fen
    for number, amount_fen in enumerate(rest_fen):
        if amount_fen:
            portions[number].append(Portion(BUCKETS[number], None, None, amount_fen))
    return portions
