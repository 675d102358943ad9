"""The balances of every account while its bills are settled one after the other."""

import numpy as np
from numpy.typing import NDArray

from libs.benefits_columnar.exact import Fen, Index


class Balances:
    """Cost counted, deductible borne and paid: a row per liability (its place in the plan), a column per account."""

    def __init__(self, liabilities: int, accounts: int) -> None:
        self._base = np.zeros((liabilities, accounts), np.int64)
        self._deductible = np.zeros((liabilities, accounts), np.int64)
        self._paid = np.zeros((liabilities, accounts), np.int64)

    def base(self, liability: int, accounts: Index) -> Fen:
        """Fen of cost the liability has counted."""
        return _of(self._base, (liability,), accounts)

    def deductible(self, liabilities: tuple[int, ...], accounts: Index) -> Fen:
        """Fen of deductible borne under these liabilities."""
        return _of(self._deductible, liabilities, accounts)

    def paid(self, liabilities: tuple[int, ...], accounts: Index) -> Fen:
        """Fen paid by these liabilities."""
        return _of(self._paid, liabilities, accounts)

    def record(self, liability: int, accounts: Index, base: Fen, deductible: Fen, paid: Fen) -> None:
        """Add one bill of each of these accounts; an account is named once."""
        self._base[liability, accounts] += base
        self._deductible[liability, accounts] += deductible
        self._paid[liability, accounts] += paid


def _of(table: NDArray[np.int64], liabilities: tuple[int, ...], accounts: Index) -> Fen:
    found: Fen = table[liabilities[0], accounts]
    for liability in liabilities[1:]:
        found = found + table[liability, accounts]
    return found
