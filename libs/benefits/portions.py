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
    left, lines = paid_before_fen, bill.lines
    portions: list[Portion] = []
    for bucket, gross_fen, gross in zip(BUCKETS, bill.bucket_amounts, _by_bucket(bill), strict=True):
        taken = min(left, gross_fen)
        left -= taken
        if taken == gross_fen:
            continue
        amounts = [amount_fen for _, amount_fen in gross]
        cuts = largest_remainder(taken, amounts) if taken else [0] * len(gross)
        for (index, amount_fen), cut in zip(gross, cuts, strict=True):
            if amount_fen != cut:
                line = None if index is None else lines[index]
                portions.append(Portion(bucket, index, line, amount_fen - cut))
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


def _by_bucket(bill: Bill) -> list[list[tuple[int | None, int]]]:
    """The bill's cost by bucket as (index of the line, fen): what lines itemise, then what none does."""
    costs: list[list[tuple[int | None, int]]] = [[] for _ in BUCKETS]
    rest_fen = list(bill.bucket_amounts)
    for index, line in enumerate(bill.lines):
        for number, amount_fen in enumerate(line.bucket_amounts):
            if amount_fen:
                costs[number].append((index, amount_fen))
                rest_fen[number] -= amount_fen
    for number, amount_fen in enumerate(rest_fen):
        if amount_fen:
            costs[number].append((None, amount_fen))
    return costs
