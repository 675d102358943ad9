"""How far a consumer is behind is read from the tables, in events and in time."""

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from services.operations.use_cases.lag import measure_lag
from tests.integration.projections.claim_logs import Logs, following, open_logs


async def test_lag_is_counted_and_timed_from_the_first_event_that_waits(
    database: str, tmp_path: Path
) -> None:
    async with open_logs(database) as logs, following(database) as live:
        await logs.tell(10)
        await live.follow()
        heard = {one.source: one for one in await measure_lag(database) if one.consumer == "projections"}
        assert {one.events for one in heard.values()} == {0}
        assert {one.waiting_since for one in heard.values()} == {None}
        heard_to = logs.clock()
        heard_events = await events_of(logs, "intake")
        await logs.tell(3)
        behind = {one.source: one for one in await measure_lag(database)}
        assert set(behind) == set(logs.by_source)
        intake = behind["intake"]
        assert intake.events == await events_of(logs, "intake") - heard_events >= 3
        assert (intake.lanes_behind >= 1, intake.heard_to) == (True, heard_to)
        assert intake.waiting_since is not None
        assert heard_to < intake.waiting_since <= logs.clock()
        platform = tmp_path / "platform.json"
        platform.write_text(json.dumps({"services": {}, "database_url": database}))
        shown = await asyncio.to_thread(huiji, "lag", "--json", "--at-most", "60", "--platform", platform)
        assert shown.exit_code == 1
        assert sum(row["events"] for row in json.loads(shown.stdout)) == sum(
            o.events for o in behind.values()
        )
        await live.follow()
        assert (
            await asyncio.to_thread(huiji, "lag", "--at-most", "60", "--platform", platform)
        ).exit_code == 0


async def events_of(logs: Logs, source: str) -> int:
    count: int = await logs.by_source[source].pool.fetchval("select count(*) from event")
    return count


def huiji(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"NO_COLOR": "1"})
