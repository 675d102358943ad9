"""The part of the story that is about the insurers of the pool: what one of them bears, and its statement."""

from collections.abc import Mapping
from typing import Any


def _owed(debit: str, credit: str) -> list[dict[str, Any]]:
    return [
        {"account": f"{debit}:demo-generic", "amount_fen": 180_000},
        {"account": f"{credit}:demo-generic", "amount_fen": -180_000},
    ]


_SHARES = [
    {"insurer": "lead", "share_bp": 5_000, "amount_fen": 300_000},
    {"insurer": "coinsurer-a", "share_bp": 3_000, "amount_fen": 180_000},
    {"insurer": "coinsurer-b", "share_bp": 2_000, "amount_fen": 120_000},
]


STORY_OF_INSURERS: Mapping[str, Any] = {
    "insurer": "coinsurer-a",
    "InsurerPartBorne.awarded_fen": 600_000,
    "InsurerPartBorne.shares": _SHARES,
    "InsurerPartBorne.part_fen": 180_000,
    "InsurerPartBorne.bears_fen": 180_000,
    "InsurerPartReleased.sequence": 2,
    "InsurerPartReleased.part_fen": 180_000,
    "InsurerPartReleased.bears_fen": 0,
    "statement_id": "7a51f0c2-3b8e-5d46-91c7-0de2b84a6f13",
    "InsurerStatementClosed.sequence": 2,
    "InsurerStatementClosed.borne_fen": 180_000,
    "InsurerStatementClosed.released_fen": 0,
    "InsurerStatementClosed.due_fen": 180_000,
    "InsurerStatementClosed.bears_fen": 180_000,
    "InsurerStatementClosed.closed_by": "settlement-02",
    "InsurerStatementClosed.postings": _owed("insurers_receivable", "insurers_contributions"),
    "InsurerStatementSettled.sequence": 3,
    "InsurerStatementSettled.amount_fen": 180_000,
    "InsurerStatementSettled.postings": _owed("collections", "insurers_receivable"),
}
