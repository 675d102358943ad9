"""Rows of accounts taken in turn: what one bill uses, the account's next bill sees."""

import numpy as np

from libs.benefits_columnar.exact import Index


def rank_by_rank(accounts: Index) -> list[Index]:
    """The rows of every account's first bill, of every account's second, and so on. Rows of an account are in order."""
    if not accounts.size:
        return []
    order = np.argsort(accounts, kind="stable")
    grouped = accounts[order]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]])
    lengths = np.diff(np.r_[starts, grouped.size])
    rank = np.empty(grouped.size, np.int64)
    rank[order] = np.arange(grouped.size) - np.repeat(starts, lengths)
    return np.split(np.argsort(rank, kind="stable"), np.cumsum(np.bincount(rank))[:-1])
