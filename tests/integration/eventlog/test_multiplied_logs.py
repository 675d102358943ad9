"""A log whose table the benchmark has filled anew is a log as any other."""

import asyncpg
import pytest

from tests.benchmarks.rebuilt_indexes import only_filled
from tests.support.kernel import add, all_events, open_log


async def test_a_table_that_is_filled_anew_keeps_its_triggers_and_functions(database: str) -> None:
    async with open_log(database, "intake") as log:
        await add(log, "c1", [1, 2], after=0)
        before = await all_events(log)
        async with log.pool.acquire() as connection:
            count = "select count(*) from pg_proc where proname = 'event_hash'"
            assert await connection.fetchval(count) == 1
            async with connection.transaction(), only_filled(connection, "intake", "event") as short:
                await connection.execute(f"insert into intake.event select * from {short}")
            assert await connection.fetchval(count) == 1
            with pytest.raises(asyncpg.RaiseError, match="events are never changed"):
                await connection.execute("update event set body = 'x'")
        await add(log, "c1", [3], after=2)
        assert (await all_events(log))[: len(before)] == before
