"""Bodies in the archive: only the table notices; what does not fit is refused; a kill at any step loses nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from inspect import isawaitable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from libs.eventlog import EventLog, Relay, States, archiving, bringing_back, read
from libs.eventlog.archive_check import check_archive
from libs.eventlog.errors import ArchiveAway, ArchiveDamaged, ChainBroken
from libs.eventlog.segments import BLOCK_EVENTS
from libs.eventlog.verify import verify_shard
from tests.support.kernel import MemoryTopic, add, add_to_many, all_events, open_log
from tests.support.ticks import MOMENT, stream_of

CLAIMS, EACH = 40, 10


@pytest.fixture
async def log(database: str) -> AsyncIterator[EventLog]:
    async with open_log(database, "intake", shards=1) as opened:
        await add_to_many(opened, CLAIMS, EACH)
        yield opened


async def rows(log: EventLog) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await log.pool.fetch("select * from event order by shard, position")]


async def slips(log: EventLog) -> int:
    return int(await log.pool.fetchval("select count(*) from event where substr(body, 1, 1) = '\\x00'"))


async def archive(log: EventLog, directory: Path, *, keep: int = 5) -> list[int]:
    """Put away the bodies of all claims but the first `keep`; answers the positions."""
    positions = [
        row["position"]
        for row in await log.pool.fetch("select position, subject from event order by position")
        if int(row["subject"].removeprefix("claim-c")) >= keep
    ]
    async with log.pool.acquire() as connection, archiving.alone(connection, log.source):
        await archiving.finish_blocks(connection, log.source)
        await archiving.put_away(connection, log.source, 0, positions, directory, "run-1", MOMENT)
    return positions


async def restore(log: EventLog, positions: list[int]) -> tuple[int, list[bringing_back.Misfit]]:
    async with log.pool.acquire() as connection, archiving.alone(connection, log.source):
        return await bringing_back.bring_back(connection, log.source, 0, positions)


def file_of(directory: Path) -> Path:
    (path,) = (directory / "intake").iterdir()
    return path


async def test_whoever_reads_gets_the_bodies_and_the_table_has_slips(log: EventLog, tmp_path: Path) -> None:
    before = await all_events(log)
    positions = await archive(log, tmp_path)
    assert await slips(log) == len(positions) == (CLAIMS - 5) * EACH > BLOCK_EVENTS
    assert await all_events(log) == before
    states: States[list[int]] = States("intake", lambda _: [], lambda state, event: [*state, event.number])
    async with log.pool.acquire() as connection:
        await verify_shard(connection, "intake", 0)
        loaded = await states.load(connection, [stream_of("c1"), stream_of("c9")])
        assert {one.version for one in loaded.values()} == {EACH}
        of_one = [event for event in before if event.subject == "claim-c9"]
        assert await read.read_subject(connection, "intake", 0, "claim-c9") == of_one
        assert await read.read_stream(connection, "intake", stream_of("c9"), 3, 2) == of_one[3:5]
        checked = await check_archive(connection, "intake")
    assert (checked.whole, checked.segments, checked.events) == (True, 1, len(positions))


async def test_a_lost_broker_is_given_archived_events_again(log: EventLog, tmp_path: Path) -> None:
    before = await all_events(log)
    await archive(log, tmp_path)
    topic = MemoryTopic(shards=1)
    relay = Relay(log, topic)
    while await relay.publish_once():
        pass
    assert topic.partitions[0] == before


async def test_an_archived_claim_goes_on_and_comes_back_byte_for_byte(log: EventLog, tmp_path: Path) -> None:
    positions = await archive(log, tmp_path)
    await add(log, "c9", [EACH + 1], after=EACH)
    with_slips, events = await rows(log), await all_events(log)
    assert await restore(log, positions) == (len(positions), [])
    restored = await rows(log)
    assert await slips(log) == 0
    file_of(tmp_path).unlink()
    assert await all_events(log) == events
    assert await restore(log, positions) == (0, [])
    # Again, and with what came since; twice, and back once more.
    positions = await archive(log, tmp_path)
    assert await archive(log, tmp_path) == positions
    assert [row[:-2] for row in await rows(log)] == [row[:-2] for row in with_slips]
    assert await restore(log, positions) == (len(positions), [])
    assert await rows(log) == restored


class Killed(BaseException):
    """The process ended here."""


def dying(real: Callable[..., Any], *, call: int, after: bool) -> Callable[..., Any]:
    """`real`, but for its `call`th call, before or after which the process ends."""
    calls: list[object] = []

    async def wait_and_die(outcome: Awaitable[object]) -> None:
        await outcome
        raise Killed

    def stand_in(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) != call:
            return real(*arguments)
        if not after:
            raise Killed
        outcome = real(*arguments)
        if isawaitable(outcome):
            return wait_and_die(outcome)
        raise Killed

    return stand_in


async def test_a_kill_at_any_step_loses_nothing_and_the_next_run_goes_on(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, table = await all_events(log), await rows(log)
    steps = [("write_file", 1), ("_note", 1), ("_slip", 1), ("_slip", 2)]
    for number, (step, call) in enumerate(steps * 2):
        directory = tmp_path / str(number)
        with monkeypatch.context() as killing:
            stand_in = dying(getattr(archiving, step), call=call, after=number >= len(steps))
            killing.setattr(archiving, step, stand_in)
            with pytest.raises(Killed):
                await archive(log, directory)
        assert await all_events(log) == before
        positions = await archive(log, directory)
        assert await slips(log) == len(positions)
        assert await all_events(log) == before
        async with log.pool.acquire() as connection:
            checked = await check_archive(connection, "intake")
        assert checked.whole
        assert checked.events == len(positions)
        await restore(log, positions)
        assert await rows(log) == table


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


async def test_a_flipped_byte_or_a_lost_end_hits_the_events_of_its_block_and_no_others(
    log: EventLog, tmp_path: Path
) -> None:
    before = await all_events(log)
    positions = await archive(log, tmp_path)
    whole = file_of(tmp_path).read_bytes()
    in_first, in_last = positions[:BLOCK_EVENTS], positions[BLOCK_EVENTS:]
    for harm in (flip, cut):
        harm(file_of(tmp_path))
        with pytest.raises(ArchiveDamaged, match=f"positions {in_last[0]} to {in_last[-1]}: its digest"):
            await all_events(log)
        async with log.pool.acquire() as connection:
            checked = await check_archive(connection, "intake")
            read_on = await read.read_shard(connection, "intake", 0, 0, in_first[-1])
        assert [one.position for one in checked.misfits] == in_last
        assert {one.subject for one in checked.misfits} == {before[at - 1].subject for at in in_last}
        assert "not the file that was written" in checked.faults[0]
        assert read_on == before[: in_first[-1]]
        file_of(tmp_path).write_bytes(whole)
    flip(file_of(tmp_path))
    brought, misfits = await restore(log, positions)
    assert (brought, [one.position for one in misfits]) == (len(in_first), in_last)
    assert await slips(log) == len(in_last)
    file_of(tmp_path).write_bytes(whole)
    assert await restore(log, positions) == (len(in_last), [])
    assert await all_events(log) == before


async def test_an_archive_that_is_away_is_waited_for(log: EventLog, tmp_path: Path) -> None:
    before = await all_events(log)
    positions = await archive(log, tmp_path / "archive")
    (tmp_path / "archive").rename(tmp_path / "elsewhere")
    with pytest.raises(ArchiveAway, match="No such file"):
        await all_events(log)
    async with log.pool.acquire() as connection:
        checked = await check_archive(connection, "intake")
    assert [one.position for one in checked.misfits] == positions
    (tmp_path / "elsewhere").rename(tmp_path / "archive")
    assert await all_events(log) == before


async def test_two_blocks_that_change_places_are_believed_neither(log: EventLog, tmp_path: Path) -> None:
    await archive(log, tmp_path)
    await log.pool.execute(
        "update archive_block set begins_at = other.begins_at, bytes = other.bytes, digest = other.digest"
        " from archive_block as other where other.block <> archive_block.block"
    )
    with pytest.raises(ArchiveDamaged, match="does not have this event"):
        await all_events(log)


async def test_the_database_itself_takes_no_other_body_and_no_slip_without_a_block(
    log: EventLog, tmp_path: Path
) -> None:
    positions = await archive(log, tmp_path)
    for statement in (
        f"update event set body = '{{}}' where position = {positions[0]}",
        f"update event set body = '\\x0031' where position = {positions[0]}",
        "update event set body = '\\x00393939' where position = 1",
        f"update event set body = '\\x0031' where position = {positions[-1] + 1000} or position = 1",
    ):
        with pytest.raises(asyncpg.RaiseError, match="events are never changed"):
            await log.pool.execute(statement)


async def test_a_body_that_no_file_has_stays_and_what_says_where_bodies_are_is_not_deleted(
    log: EventLog, tmp_path: Path
) -> None:
    positions = [row["position"] for row in await log.pool.fetch("select position from event order by 1")]
    async with log.pool.acquire() as connection:
        await archiving.put_away(connection, "intake", 0, positions[::2], tmp_path, "run-1", MOMENT)
    for statement in (
        f"update event set body = '\\x0031' where position = {positions[1]}",
        "delete from archive_block",
        "delete from archive_segment",
        "truncate archive_segment cascade",
    ):
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            await log.pool.execute(statement)
    assert await slips(log) == len(positions[::2])


async def test_a_file_of_which_every_body_is_back_is_a_second_copy_that_nobody_misses(
    log: EventLog, tmp_path: Path
) -> None:
    positions = await archive(log, tmp_path)
    first, *others = positions
    await restore(log, others)
    file = file_of(tmp_path)
    file.rename(tmp_path / "away")
    async with log.pool.acquire() as connection:
        needed = await check_archive(connection, "intake")
    assert ([one.position for one in needed.misfits], needed.copies) == ([first], 0)
    assert "No such file" in needed.faults[0]
    (tmp_path / "away").rename(file)
    await restore(log, [first])
    file.unlink()
    async with log.pool.acquire() as connection:
        checked = await check_archive(connection, "intake")
    assert (checked.whole, checked.segments, checked.copies) == (True, 1, 1)


async def test_a_file_that_a_killed_run_has_only_noted_is_no_second_copy(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "_slip", dying(archiving._slip, call=1, after=False))
    with pytest.raises(Killed):
        await archive(log, tmp_path)
    file_of(tmp_path).rename(tmp_path / "away")
    async with log.pool.acquire() as connection:
        checked = await check_archive(connection, "intake")
    assert (checked.segments, checked.copies, checked.whole) == (1, 0, False)
    assert "No such file" in checked.faults[0]


async def test_bodies_that_come_back_while_the_archive_is_checked_are_no_misfits(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions = await archive(log, tmp_path)
    real = bringing_back.rows_at

    async def restored_meanwhile(*arguments: Any) -> Any:
        await restore(log, positions)
        return await real(*arguments)

    monkeypatch.setattr("libs.eventlog.archive_check.rows_at", restored_meanwhile)
    async with log.pool.acquire() as connection:
        checked = await check_archive(connection, "intake")
    assert (checked.whole, checked.misfits) == (True, ())


async def test_a_file_of_a_run_that_goes_on_is_no_stranger(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await archive(log, tmp_path, keep=20)
    real = bringing_back.rows_at

    async def archived_meanwhile(*arguments: Any) -> Any:
        await archive(log, tmp_path)
        return await real(*arguments)

    monkeypatch.setattr("libs.eventlog.archive_check.rows_at", archived_meanwhile)
    stranger = tmp_path / "intake" / "of-a-run-that-was-killed"
    stranger.touch()
    async with log.pool.acquire() as connection, log.pool.acquire() as other:
        assert (await check_archive(connection, "intake")).strangers == (str(stranger),)
        async with archiving.alone(other, "intake"):
            monkeypatch.undo()
            assert (await check_archive(connection, "intake")).strangers == ()


async def test_what_does_not_fit_its_hash_is_not_put_away(log: EventLog, tmp_path: Path) -> None:
    async with log.pool.acquire() as connection, connection.transaction():
        await connection.execute("alter table event disable trigger event_is_append_only")
        await connection.execute("update event set body = body || ' '::bytea where position = 300")
        await connection.execute("alter table event enable trigger event_is_append_only")
    with pytest.raises(ChainBroken, match="position 300"):
        await archive(log, tmp_path)
    assert await slips(log) == 0
    assert not (tmp_path / "intake").exists()


async def test_a_log_with_an_archive_is_closed_to_code_that_does_not_know_it(log: EventLog) -> None:
    async with log.pool.acquire() as connection:
        await archiving.close_to_older_code(connection, "intake")
        await log.prepare()
        closes = await connection.fetchval(
            "select closes from migration where name like '%archived_bodies.sql'"
        )
    assert "older code" in closes
