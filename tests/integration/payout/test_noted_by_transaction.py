"""What the release before had noted for insurers, a row for each decision, is told by this one."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import services.payout
from libs.eventlog import EventLog
from libs.eventlog.database import open_pool
from libs.eventlog.read import read_stream
from services.payout.use_cases.write_insurer_streams import write_insurer_streams

_MIGRATIONS = Path(services.payout.__file__).parent / "migrations"
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
AWARD = """{"plan_id": "demo-generic", "claim_id": "c1", "decision_id": "d1", "number": 1, "supersedes": null,
"hospital_id": "H1", "service_date": "2026-05-01", "awarded_fen": 100, "decided_at": "2026-05-02T00:00:00Z",
"shares": [{"insurer": "lead", "share_bp": 10000, "amount_fen": 100}]}"""
REVERSAL = """{"plan_id": "demo-generic", "claim_id": "c1", "decision_id": "d1", "number": 1, "replaced_by": null,
"reason": "claim_withdrawn", "reversed_at": "2026-05-03T00:00:00.000001Z",
"shares": [{"insurer": "lead", "share_bp": 10000, "amount_fen": 100}]}"""


async def test_rows_of_the_release_before_are_told_in_their_order(database: str, tmp_path: Path) -> None:
    before = tmp_path / "payout" / "migrations"
    before.mkdir(parents=True)
    for path in sorted(_MIGRATIONS.glob("*.sql"))[:5]:
        shutil.copy(path, before)
    async with await open_pool(database, "payout", size=2) as pool:
        log = EventLog(pool, "payout", 2, lambda: NOW, uuid4)
        await log.prepare([before])
        for kind, about in (("award", AWARD), ("reversal", REVERSAL)):
            await pool.execute(
                "insert into insurer_todo (kind, about, traceparent) values ($1, $2::text::jsonb, $3)",
                kind,
                about,
                TRACE,
            )
        await log.prepare([_MIGRATIONS])
        assert await write_insurer_streams(log) == 2
        assert await write_insurer_streams(log) == 0
        async with pool.acquire() as connection:
            told = await read_stream(connection, "payout", "insurer-lead", 0, 10)
    assert [(one.type, one.traceparent) for one in told] == [
        ("InsurerPartBorne", TRACE),
        ("InsurerPartReleased", TRACE),
    ]
