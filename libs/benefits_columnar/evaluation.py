"""A plan over columns of bills: the engine's result for each, by whole-number arithmetic on arrays."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from libs.benefits import Plan
from libs.benefits_columnar.cash import cash_paid
from libs.benefits_columnar.errors import AmountsTooLarge, TermsNotSupported
from libs.benefits_columnar.exact import Fen
from libs.benefits_columnar.settling import settle
from libs.benefits_columnar.supported import LARGEST_BILL_FEN, unsupported_terms
from libs.benefits_columnar.taking import take


@dataclass(frozen=True)
class Evaluated:
    """What the plan pays of each bill, in fen; the tables have a row per liability, in the order of the plan's file."""

    plan_pays: Fen
    patient_bears: Fen
    cash: Fen
    paid: NDArray[np.int64]
    base: NDArray[np.int64]
    """Cost counted after scaling, as the year's balances have it."""
    deductible: NDArray[np.int64]


def evaluate_columns(plan: Plan, bills: pl.DataFrame, lines: pl.DataFrame) -> Evaluated:
    """Evaluate every bill; the bills of an `account` in the order of rows, each seeing what those before used.

    Frames as `columns_of` makes them; an account is one person's benefit year and starts with nothing used. Equal to
    `libs.benefits.evaluate` to the fen. Money between insurers and makers is not computed: it is no part of the bill.
    Raises TermsNotSupported, AmountsTooLarge.
    """
    unsupported = unsupported_terms(plan)
    if unsupported:
        raise TermsNotSupported(plan.id, unsupported)
    largest = bills["total_fen"].max()
    if isinstance(largest, int) and largest > LARGEST_BILL_FEN:
        raise AmountsTooLarge(largest, LARGEST_BILL_FEN)
    taking = take(plan, bills, lines)
    settled = settle(plan, bills, lines, taking)
    # Payers after the plan see only what it left; `limit` is what is left of the bill by now.
    after = np.minimum(taking.after, settled.limit)
    return Evaluated(
        plan_pays=settled.paid.sum(axis=0),
        patient_bears=settled.limit - after,
        cash=cash_paid(plan, bills, taking.outside),
        paid=settled.paid,
        base=settled.base,
        deductible=settled.deductible,
    )
