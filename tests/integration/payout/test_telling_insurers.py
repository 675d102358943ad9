"""An insurer whose topic takes nothing neither holds up the other insurers nor lets them be told again."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest

import services.payout
from libs.eventlog import EventLog, Recorded
from libs.eventlog.database import open_pool
from services.payout.domain.heard import HeardShare
from services.payout.domain.insurer import Award
from services.payout.use_cases.tell_insurers import tell_insurers
from services.payout.use_cases.write_insurer_streams import ForInsurer, decide_for_insurers

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SHARES = tuple(HeardShare(insurer=name, share_bp=5_000, amount_fen=50) for name in ("bad", "good"))


class Topics:
    """In memory; the one of `bad` cannot be written."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()

    async def publish(self, insurer: str, events: Sequence[Recorded]) -> tuple[int, int]:
        if insurer == "bad":
            raise TimeoutError
        first = self.told[insurer]
        self.told[insurer] += len(events)
        return first, self.told[insurer] - 1

    async def end_offsets(self, insurers: Sequence[str]) -> dict[str, int]:
        return {insurer: self.told[insurer] for insurer in insurers}


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    async with await open_pool(database, "payout", size=2) as pool:
        log = EventLog(pool, "payout", 2, lambda: NOW, uuid4)
        await log.prepare([Path(services.payout.__file__).parent / "migrations"])
        yield log


async def decided(log: EventLog, claim_id: str) -> None:
    award = Award(
        plan_id="demo-generic",
        claim_id=claim_id,
        decision_id=f"d-{claim_id}",
        number=1,
        supersedes=None,
        hospital_id="H1",
        service_date=date(2026, 5, 1),
        awarded_fen=100,
        shares=SHARES,
        decided_at=NOW,
    )
    async with log.transaction() as work:
        await decide_for_insurers("payout", work, [ForInsurer(share.insurer, award) for share in SHARES])


async def test_the_others_are_told_once_and_the_failure_is_said(log: EventLog) -> None:
    topics = Topics()
    await decided(log, "c1")
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await tell_insurers(log, topics)
    assert topics.told["good"] == 1
    await decided(log, "c2")
    with pytest.raises(TimeoutError):
        await tell_insurers(log, topics)
    assert topics.told["good"] == 2
