"""The table of submissions that became claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from services.intake.domain.filing import Filed, Filing

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_HERE = Path(__file__).parent
_INSERT = (_HERE / "insert_submissions.sql").read_text()
_FIND = (_HERE / "find_submissions.sql").read_text()


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """What intake can tell of a claim."""

    claim_id: str
    hospital_id: str
    submission_id: str
    channel: str
    received_at: datetime


async def insert_new(
    connection: "Connection", filings: Sequence[Filing], now: datetime
) -> set[tuple[str, str]]:
    """Take the names of the filings, where they are free; returns those taken now, each by its first filing."""
    first = {filing.name: filing for filing in reversed(filings)}
    rows = await connection.fetch(
        _INSERT,
        [filing.submission.hospital_id for filing in first.values()],
        [filing.submission.submission_id for filing in first.values()],
        [filing.digest for filing in first.values()],
        [filing.claim_id for filing in first.values()],
        [filing.idempotency_digest for filing in first.values()],
        [filing.channel for filing in first.values()],
        now,
    )
    return {(row["hospital_id"], row["submission_id"]) for row in rows}


async def find_filed(connection: "Connection", filings: Sequence[Filing]) -> "Known":
    """What was filed under the names or the Idempotency-Keys of the filings."""
    rows = await connection.fetch(
        _FIND,
        [filing.submission.hospital_id for filing in filings],
        [filing.submission.submission_id for filing in filings],
        [filing.idempotency_digest for filing in filings],
    )
    return Known(
        [
            Filed(
                hospital_id=row["hospital_id"],
                submission_id=row["submission_id"],
                digest=row["digest"],
                claim_id=str(row["claim_id"]),
                received_at=row["received_at"],
                idempotency_digest=row["idempotency_digest"],
            )
            for row in rows
        ]
    )


class Known:
    """Filed submissions by name and by Idempotency-Key."""

    def __init__(self, filed: Sequence[Filed]) -> None:
        self._by_name = {one.name: one for one in filed}
        self._by_key = {(one.hospital_id, one.idempotency_digest): one for one in filed}

    def meeting(self, filing: Filing) -> Filed | None:
        """What the filing meets: its own name first, else its key."""
        by_name = self._by_name.get(filing.name)
        if by_name is not None or filing.idempotency_digest is None:
            return by_name
        return self._by_key.get((filing.submission.hospital_id, filing.idempotency_digest))


async def find_claim(connection: "Connection", claim_id: UUID) -> ClaimRow | None:
    """The submission behind a claim."""
    row = await connection.fetchrow(
        "select claim_id, hospital_id, submission_id, channel, received_at from submission where claim_id = $1",
        claim_id,
    )
    if row is None:
        return None
    return ClaimRow(
        str(row["claim_id"]), row["hospital_id"], row["submission_id"], row["channel"], row["received_at"]
    )
