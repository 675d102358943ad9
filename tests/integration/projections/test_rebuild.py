"""A read model built anew from the logs equals the live one, whatever happens meanwhile."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from libs.eventlog import Source
from libs.eventlog.errors import PositionNotServed
from libs.testing.staff import token_of, written_staff
from libs.testing.waiting import PATIENCE_SECONDS
from services.projections.adapters.event_tables import TableSource
from services.projections.domain.pace import LiveTraffic, Pace
from services.projections.errors import AlreadyRebuilding, GenerationUnknown, NeverStarted
from services.projections.read_model import CLAIMS, ReadModel
from services.projections.use_cases.announce_versions import announce_versions
from services.projections.use_cases.fill_shard import Filling
from services.projections.use_cases.keep_generations import drop_retired, list_generations
from services.projections.use_cases.rebuild import Outcome, Request, rebuild
from tests.integration.projections.claim_logs import (
    Follower,
    Logs,
    following,
    open_logs,
    reference,
    statuses,
)
from tests.support.kernel import LogSource
from tests.support.waiting import until

if TYPE_CHECKING:
    from libs.eventlog.database import Pool

_ROOT = Path(__file__).parents[3]
_UNHURRIED = Pace(None, 1_000_000)


def tables(live: "Pool", model: ReadModel) -> Mapping[str, Source]:
    return {name: TableSource(live, name, model.handled_types) for name in model.subscriptions}


async def rebuilt(database: str, request: Request | None = None, model: ReadModel = CLAIMS) -> Outcome:
    return await rebuild(database, model, request or Request(_UNHURRIED), tables, None)


@pytest.fixture
async def logs(database: str) -> AsyncIterator[Logs]:
    async with open_logs(database) as logs:
        yield logs


@pytest.fixture
async def live(database: str, logs: Logs) -> AsyncIterator[Follower]:
    async with following(database) as follower:
        yield follower


async def test_the_rebuilt_tables_equal_the_live_ones_and_take_their_place(
    database: str, logs: Logs, live: Follower
) -> None:
    await logs.tell(60)
    await live.follow()
    before = await live.everything()
    assert len(before["claim"]) == 60
    indexes = await live.log.pool.fetch(
        "select indexname from pg_indexes where schemaname = 'projections' order by 1"
    )
    outcome = await rebuilt(database)
    assert (outcome.generation, outcome.replaced) == (2, 1)
    assert await live.everything() == before
    assert statuses(await list_generations(database, CLAIMS)) == [(1, "retired"), (2, "live")]
    kept = await live.log.pool.fetchval("select count(*) from projections_claims_v1.claim_status")
    assert kept == 60
    again = await live.log.pool.fetch(
        "select indexname from pg_indexes where schemaname = 'projections' order by 1"
    )
    assert again == indexes
    await logs.tell(30)
    await live.follow()
    assert await live.everything() == await reference(database)
    assert await drop_retired(database, CLAIMS) == [1]
    assert await live.log.pool.fetchval("select to_regnamespace('projections_claims_v1')") is None
    assert len((await live.everything())["claim"]) == 90


async def test_an_ordinary_log_needs_no_consumer_and_an_event_that_is_missing_is_noticed(
    database: str, logs: Logs, live: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    await logs.tell(20)
    await live.follow()

    async def refused(*_: object) -> None:
        raise AssertionError("nothing here is unusual")

    monkeypatch.setattr(Filling, "_put_by_consumer", refused)
    assert (await rebuilt(database, Request(_UNHURRIED, check=True))).differences == {}
    source = TableSource(live.log.pool, "adjudication", CLAIMS.handled_types)
    head = (await source.heads())[0]
    read = await source.read_told(0, 0, head)
    assert read == [event for event in await source.read(0, 0, head) if event.type in CLAIMS.handled_types]
    with pytest.raises(PositionNotServed):
        await source.read_told(0, 0, head + 1)


async def test_the_logs_as_the_services_serve_them_give_the_same(
    database: str, logs: Logs, live: Follower
) -> None:
    await logs.tell(40)
    await live.follow()
    before = await live.everything()

    def served(_: "Pool", model: ReadModel) -> Mapping[str, Source]:
        return {name: LogSource(logs.by_source[name]) for name in model.subscriptions}

    await rebuild(database, CLAIMS, Request(_UNHURRIED), served, None)
    assert await live.everything() == before


async def test_live_traffic_goes_on_and_no_reader_sees_a_half(
    database: str, logs: Logs, live: Follower
) -> None:
    await logs.tell(40)
    await live.follow()
    finished = asyncio.Event()
    seen: list[tuple[int, int]] = []

    async def traffic() -> None:
        while not finished.is_set():
            await logs.tell(3)
            await live.follow()

    async def reading() -> None:
        while not finished.is_set():
            row = await live.log.pool.fetchrow(
                "select (select count(*) from claim_status) as claims, (select count(*) from step) as steps"
            )
            assert row is not None
            seen.append((row["claims"], row["steps"]))
            await asyncio.sleep(0.005)

    tasks = [asyncio.create_task(traffic()), asyncio.create_task(reading())]
    for _ in range(2):
        await rebuilt(database)
    finished.set()
    await asyncio.gather(*tasks)
    assert seen == sorted(seen)
    assert seen[-1][0] > 40
    assert await live.everything() == await reference(database)
    assert statuses(await list_generations(database, CLAIMS))[-1] == (3, "live")


@pytest.mark.parametrize("seed", range(2))
async def test_killed_at_random_points_and_resumed_it_ends_the_same(
    database: str, logs: Logs, live: Follower, tmp_path: Path, seed: int
) -> None:
    choice = random.Random(seed)
    await logs.tell(70)
    await live.follow()
    total = sum(live.consumer.positions.values())
    # What is left after a mark takes seconds at this rate: the process is killed before its end also where this one
    # has to wait for the machine.
    for mark in sorted(choice.sample(range(total // 10, total * 6 // 10), 2)):
        with _started(database, tmp_path, "--rate", "200", "--page-events", "10") as process:
            await _reach(live, mark, process)
            assert process.poll() is None, (tmp_path / "rebuild.log").read_text()
            os.kill(process.pid, signal.SIGKILL)
        assert mark <= await _built(live) < total
        await logs.tell(2)
        await live.follow()
    before = await live.everything()
    with _started(database, tmp_path) as process:
        status = await asyncio.to_thread(process.wait, PATIENCE_SECONDS)
    assert status == 0, (tmp_path / "rebuild.log").read_text()
    assert await live.everything() == before == await reference(database)


async def _built(live: Follower) -> int:
    if await live.log.pool.fetchval("select to_regclass('projections_claims_v2.checkpoint')") is None:
        return 0
    built: int = await live.log.pool.fetchval(
        "select coalesce(sum(position), 0)::bigint from projections_claims_v2.checkpoint"
    )
    return built


async def _reach(live: Follower, events: int, process: subprocess.Popen[bytes]) -> None:
    """Until so many events are built, or the process has ended. It rests for live, so it may take its time."""

    async def reached() -> bool:
        return process.poll() is not None or await _built(live) >= events

    await until(reached, seconds=240)


def _started(database: str, tmp_path: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    with (tmp_path / "rebuild.log").open("ab") as output:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "services.projections.entrypoints.rebuild",
                "claims",
                "--processes",
                "2",
                *arguments,
            ],
            env={**os.environ, "HUIJI_DATABASE_URL": database, **environment},
            cwd=_ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


async def test_a_check_finds_a_row_that_the_logs_do_not_say_and_changes_nothing(
    database: str, logs: Logs, live: Follower
) -> None:
    await logs.tell(10)
    await live.follow()
    assert (await rebuilt(database, Request(_UNHURRIED, check=True))).differences == {}
    await live.log.pool.execute("update payment set amount_fen = amount_fen + 1 where claim_id = 'c3'")
    await live.log.pool.execute("update claim set bill_fen = bill_fen + 1 where claim_id = 'c4'")
    await live.log.pool.execute("delete from step where subject = 'claim-c5'")
    tampered = await live.everything()
    found = (await rebuilt(database, Request(_UNHURRIED, check=True))).differences
    assert found["claim"] == (1, 1)
    assert found["payment"][0] == found["payment"][1] >= 1
    assert found["step"] == (0, len([1 for row in (await reference(database))["step"] if "claim-c5," in row]))
    assert await live.everything() == tampered
    assert statuses(await list_generations(database, CLAIMS)) == [(1, "live")]


async def test_where_staff_is_named_an_operator_switches_and_is_noted(
    database: str, logs: Logs, live: Follower, tmp_path: Path
) -> None:
    await logs.tell(3)
    await live.follow()
    known = {"HUIJI_STAFF_FILE": str(written_staff(tmp_path))}
    for who, status in (("wang", 1), ("li", 0)):
        with _started(database, tmp_path, **known, HUIJI_STAFF_TOKEN=token_of(who)) as process:
            assert await asyncio.to_thread(process.wait) == status, (tmp_path / "rebuild.log").read_text()
    switched = [(row["status"], row["switched_by"]) for row in await list_generations(database, CLAIMS)]
    assert switched == [("retired", None), ("live", "li")]


async def test_a_new_version_of_the_code_is_announced_until_it_is_built(
    database: str, logs: Logs, live: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = replace(CLAIMS, version=CLAIMS.version + 1)
    await logs.tell(5)
    await live.follow()
    assert await announce_versions(live.log) == []
    monkeypatch.setattr("services.projections.use_cases.announce_versions.READ_MODELS", {"claims": newer})
    assert await announce_versions(live.log) == ["claims"]
    await rebuilt(database, model=newer)
    assert await announce_versions(live.log) == []


async def test_tables_that_older_code_has_followed_in_meanwhile_are_announced_again(
    database: str, logs: Logs, live: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = replace(CLAIMS, version=CLAIMS.version - 1)
    await logs.tell(5)
    await live.follow()
    assert await announce_versions(live.log) == []
    for running, outdated in ((older, ["claims"]), (older, []), (CLAIMS, ["claims"]), (CLAIMS, ["claims"])):
        models = {"claims": running}
        monkeypatch.setattr("services.projections.use_cases.announce_versions.READ_MODELS", models)
        assert await announce_versions(live.log) == outdated


async def test_a_retired_generation_catches_up_and_comes_back(
    database: str, logs: Logs, live: Follower
) -> None:
    await logs.tell(20)
    await live.follow()
    await rebuilt(database)
    await logs.tell(20)
    await live.follow()
    outcome = await rebuilt(database, Request(_UNHURRIED, back_to=1))
    assert (outcome.generation, outcome.replaced) == (1, 2)
    assert await live.everything() == await reference(database)
    with pytest.raises(GenerationUnknown):
        await rebuilt(database, Request(_UNHURRIED, back_to=1))


async def test_what_live_had_parked_is_processed_and_what_cannot_be_is_parked_again(
    database: str, logs: Logs, live: Follower
) -> None:
    await logs.tell(6)
    await live.follow()
    park = (
        "insert into parked (source, shard, position, subject, type, reason, error, envelope, parked_at)"
        " select 'intake', shard, position, subject, type, 'was_a_bug', 'x', ''::bytea, recorded_at from intake.event"
    )
    await live.log.pool.execute(f"{park} where stream_id = 'claim-2'")
    await live.log.pool.execute("delete from claim where claim_id = 'c2'")

    async def refuses_the_fifth(work: object, events: object) -> None:
        assert all("c5" not in event.subject for event in events), "c5"  # type: ignore[attr-defined]
        await CLAIMS.fill(work, events)  # type: ignore[arg-type]

    broken = replace(CLAIMS, fill=refuses_the_fifth)
    await rebuilt(database, model=broken)
    rows = await live.log.pool.fetch("select subject, status, resolution from parked order by id")
    assert dict(rows[0]) == {
        "subject": "claim-c2",
        "status": "retried",
        "resolution": "processed by generation 2",
    }
    assert {(row["subject"], row["status"]) for row in rows[1:]} == {("claim-c5", "parked")}
    assert len((await live.everything())["claim"]) == 5


async def test_two_at_once_and_a_database_without_projections_are_refused(database: str, logs: Logs) -> None:
    with pytest.raises(NeverStarted):
        await rebuilt(database)
    async with following(database) as live, live.log.pool.acquire() as other:
        await other.fetchval("select pg_advisory_lock(hashtext('huiji rebuild claims'))")
        with pytest.raises(AlreadyRebuilding):
            await rebuilt(database)


async def test_while_live_lags_it_goes_on_more_slowly(database: str, logs: Logs, live: Follower) -> None:
    await logs.tell(30)
    await live.follow()
    await logs.tell(30)
    rests: list[LiveTraffic] = []

    class Watched(Pace):
        def rest_seconds(self, worked_seconds: float, events: int, live: LiveTraffic) -> float:
            rests.append(live)
            return super().rest_seconds(worked_seconds, events, live)

    await rebuilt(database, Request(Watched(None, 100)))
    lag = sum(
        [(await log.pool.fetchval("select sum(position) from shard")) for log in logs.by_source.values()]
    )
    assert rests[0].lag_events == lag - sum(live.consumer.positions.values()) > 100
    assert len((await live.everything())["claim"]) == 30
