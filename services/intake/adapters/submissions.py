"""The tables of submissions that became claims, and of their corrections."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.intake.domain.filing import Asked, Filed, Filing, Revision, Withdrawal

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_HERE = Path(__file__).parent
_INSERT = (_HERE / "insert_submissions.sql").read_text()
_FIND = (_HERE / "find_submissions.sql").read_text()
_CHANGE = (_HERE / "change_submissions.sql").read_text()

# Sorted as insertions are: who holds one waits only for names that come after it.
_LOCK = """
select hospital_id, submission_id
from submission
where (hospital_id, submission_id) in (select * from unnest($1::text[], $2::text[]))
order by hospital_id, submission_id
for update
"""

Name = tuple[str, str]


async def insert_new(connection: "Connection", filings: Sequence[Filing], now: datetime) -> set[Name]:
    """Take the names of the filings, where they are free; returns those taken now, each by its first filing."""
    first = {filing.name: filing for filing in reversed(filings)}
    if not first:
        return set()
    rows = await connection.fetch(
        _INSERT,
        [filing.submission.hospital_id for filing in first.values()],
        [filing.submission.submission_id for filing in first.values()],
        [filing.digest for filing in first.values()],
        [filing.claim_id for filing in first.values()],
        [filing.sending.idempotency_digest for filing in first.values()],
        [filing.sending.channel for filing in first.values()],
        [filing.person_id for filing in first.values()],
        [filing.sending.mark for filing in first.values()],
        now,
    )
    return {(row["hospital_id"], row["submission_id"]) for row in rows}


async def lock(connection: "Connection", names: Sequence[Name]) -> set[Name]:
    """Keep the claims of these names as they are until the transaction ends; returns those that there are."""
    if not names:
        return set()
    rows = await connection.fetch(_LOCK, [name[0] for name in names], [name[1] for name in names])
    return {(row["hospital_id"], row["submission_id"]) for row in rows}


async def find_filed(connection: "Connection", asked: Sequence[Asked]) -> "Known":
    """What was filed under the names or the Idempotency-Keys of what is asked."""
    if not asked:
        return Known([])
    rows = await connection.fetch(
        _FIND,
        [one.name[0] for one in asked],
        [one.name[1] for one in asked],
        [one.sending.idempotency_digest if isinstance(one, Filing) else None for one in asked],
    )
    return Known(await _with_corrections(connection, rows))


async def find_claim(connection: "Connection", claim_id: UUID) -> Filed | None:
    """The claim of an id."""
    rows = await connection.fetch("select * from submission where claim_id = $1", claim_id)
    return next(iter(await _with_corrections(connection, rows)), None)


class Known:
    """What is filed, by name and by Idempotency-Key."""

    def __init__(self, filed: Sequence[Filed]) -> None:
        self._by_name = {one.name: one for one in filed}
        self._by_key = {(one.hospital_id, one.idempotency_digest): one for one in filed}

    def meeting(self, asked: Asked) -> Filed | None:
        """What is filed under the name, else for a new settlement under its key."""
        by_name = self._by_name.get(asked.name)
        if by_name is not None or not isinstance(asked, Filing) or asked.corrects:
            return by_name
        key = asked.sending.idempotency_digest
        return None if key is None else self._by_key.get((asked.name[0], key))

    def names(self) -> set[Name]:
        """The names under which something is filed."""
        return set(self._by_name)

    def put(self, filed: Filed) -> None:
        """Remember what is filed now."""
        self._by_name[filed.name] = filed
        if filed.idempotency_digest is not None:
            self._by_key[filed.hospital_id, filed.idempotency_digest] = filed


async def change(connection: "Connection", changed: Mapping[Name, Filed], before: Mapping[Name, int]) -> None:
    """Write corrections and withdrawals; `before` says how many revisions each claim had when the batch began."""
    now_filed = list(changed.values())
    if not now_filed:
        return
    ends = [filed.withdrawal for filed in now_filed]
    await connection.execute(
        _CHANGE,
        [filed.claim_id for filed in now_filed],
        [filed.current.number for filed in now_filed],
        [None if end is None else end.reason for end in ends],
        [None if end is None else end.channel for end in ends],
        next((end.received_at for end in ends if end is not None), None),
    )
    new = [
        (filed.claim_id, one)
        for filed in now_filed
        for one in filed.revisions
        if one.number > max(1, before[filed.name])
    ]
    await connection.executemany(
        "insert into correction (claim_id, revision, digest, channel, received_at, mark)"
        " values ($1, $2, $3, $4, $5, $6)",
        [(claim_id, one.number, one.digest, one.channel, one.received_at, one.mark) for claim_id, one in new],
    )


async def _with_corrections(connection: "Connection", rows: Sequence[Any]) -> list[Filed]:
    corrected = [row["claim_id"] for row in rows if row["revision"] > 1]
    later: dict[UUID, list[Revision]] = {}
    if corrected:
        found = await connection.fetch(
            "select * from correction where claim_id = any ($1::uuid[]) order by claim_id, revision",
            corrected,
        )
        for row in found:
            later.setdefault(row["claim_id"], []).append(_revision(row, row["revision"]))
    return [_filed(row, later.get(row["claim_id"], ())) for row in rows]


def _filed(row: Any, corrections: Sequence[Revision]) -> Filed:
    withdrawal = None
    if row["withdrawn_at"] is not None:
        withdrawal = Withdrawal(row["withdrawn_reason"], row["withdrawn_channel"], row["withdrawn_at"])
    return Filed(
        hospital_id=row["hospital_id"],
        submission_id=row["submission_id"],
        claim_id=str(row["claim_id"]),
        person_id=row["person_id"],
        revisions=(_revision(row, 1), *corrections),
        withdrawal=withdrawal,
        idempotency_digest=row["idempotency_digest"],
    )


def _revision(row: Any, number: int) -> Revision:
    return Revision(number, row["digest"], row["channel"], row["received_at"], row["mark"])
