"""The platform starts whole or not at all, and leaves nothing behind however it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from libs.local_platform import AlreadyRunning, PartDidNotStart, PartStopped, RunLock, remove_postgres
from libs.local_platform.processes import PartState
from libs.testing.postgres import in_own_loop
from libs.testing.waiting import PATIENCE_SECONDS, is_running, wait_until
from services.operations.domain.topology import SHARDS, Service
from services.operations.use_cases.forget import forget
from services.operations.use_cases.run_platform import run_platform
from tests.integration.operations.dummy_platform import CHECKOUT, DUMMY, dummy_plan


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Where the platform of this test lives."""
    yield tmp_path / "platform"
    remove_postgres(tmp_path / "platform" / "postgres")


@pytest.fixture(autouse=True)
def mark(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Every child inherits this, so that what a run leaves behind can be found."""
    monkeypatch.setenv("HUIJI_TEST_RUN", str(directory))


def left_behind(directory: Path) -> list[str]:
    """Command lines of living processes that a run at `directory` started."""
    data = (directory / "postgres" / "data").resolve()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"HUIJI_TEST_RUN={directory}".encode() in (process / "environ").read_bytes().split(b"\0")
            # PostgreSQL's workers overwrite their environment with their title.
            if marked or (process / "cwd").resolve() == data:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return [command for command in found if command]


@pytest.fixture
def supervisor(directory: Path, mark: None) -> Iterator[subprocess.Popen[str]]:
    """A platform of dummies in a process of its own."""
    with supervising(directory) as process:
        yield process


@contextmanager
def supervising(directory: Path, *services: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.integration.operations.dummy_platform", str(directory), *services]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def read_until(supervisor: subprocess.Popen[str], line: str) -> None:
    assert supervisor.stdout is not None
    for said in supervisor.stdout:
        if said.strip() == line:
            return
    raise AssertionError(f"the platform ended without saying {line!r}")


def ignore(_name: str, _state: PartState) -> None:
    """No progress is shown."""


def told_to(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        told: dict[str, str] = json.load(answer)["told"]
    return told


def test_every_service_is_told_all_it_needs_to_find_the_others(directory: Path) -> None:
    with run_platform(dummy_plan(directory), ignore) as running:
        first = told_to(running.platform.url("first"))

        addresses = running.platform.addresses
        assert first["HUIJI_SERVICE"] == "first"
        assert json.loads(first["HUIJI_SOURCES"]) == dict(addresses.services)
        assert set(addresses.services) == {"first", "second"}
        assert first["HUIJI_SHARDS"] == str(SHARDS)
        assert Path(first["HUIJI_MASTER_KEY_FILE"]).stat().st_mode & 0o777 == 0o600
        assert "HUIJI_DATABASE_URL" not in told_to(addresses.bureau_url)


def test_the_bank_holds_the_account_that_payout_pays_from(directory: Path) -> None:
    with run_platform(dummy_plan(directory, "first"), ignore) as running:
        url = f"{running.platform.addresses.bank_url}/_mock/accounts/HUIJI"
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            account = json.load(answer)
    assert (account["account_number"], account["currency"]) == ("31050161393600000", "CNY")
    assert account["balance"] > 0


def test_parts_stop_in_the_reverse_of_their_start(directory: Path) -> None:
    changes: list[tuple[str, PartState]] = []
    with run_platform(dummy_plan(directory), lambda name, state: changes.append((name, state))):
        pass
    stopped = [name for name, state in changes if state == "stopped"]
    assert stopped[-3:] == ["bank", "broker", "postgres"]
    assert set(stopped[:2]) == {"first", "second"}


def test_what_was_committed_is_there_in_the_next_run_until_it_is_forgotten(directory: Path) -> None:
    async def claims_after_one_more(url: str) -> object:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("create table if not exists claim (id int)")
            await connection.execute("insert into claim values (1)")
            return await connection.fetchval("select count(*) from claim")
        finally:
            await connection.close()

    def one_run() -> object:
        with run_platform(dummy_plan(directory, "first"), ignore) as running:
            return in_own_loop(claims_after_one_more(running.platform.addresses.database_url))

    assert [one_run(), one_run()] == [1, 2]
    forget(directory)
    assert one_run() == 1


def test_a_service_that_cannot_start_is_named_with_its_log_and_all_others_stop(directory: Path) -> None:
    platform = run_platform(dummy_plan(directory, "first", "broken"), ignore)
    with pytest.raises(PartDidNotStart, match=r"broken did not start: exit status 1") as failure:
        platform.__enter__()
    assert failure.value.log == directory / "run" / "logs" / "broken.log"
    assert "the plan file of 2026 is missing" in str(failure.value)
    assert RunLock(directory / "run").holder() is None
    assert left_behind(directory) == []


def test_a_service_that_ends_by_itself_is_noticed(directory: Path) -> None:
    with run_platform(dummy_plan(directory), ignore) as running:
        with urllib.request.urlopen(running.platform.url("second"), timeout=PATIENCE_SECONDS) as answer:
            pid: int = json.load(answer)["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_running(pid), "the killed service is gone")
        with pytest.raises(PartStopped, match="second stopped by itself"):
            running.processes.check()


def test_a_taken_port_is_avoided(directory: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]
        plan = replace(dummy_plan(directory), services=(Service("first", DUMMY, port),))
        with run_platform(plan, ignore) as running:
            assert running.platform.url("first") != f"http://127.0.0.1:{port}"


def test_a_second_platform_in_the_same_directory_is_refused(directory: Path) -> None:
    plan = dummy_plan(directory)
    with (
        RunLock(directory / "run"),
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()} already runs"),
    ):
        run_platform(plan, ignore).__enter__()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_leaves_no_process_and_no_lock(
    directory: Path, supervisor: subprocess.Popen[str], number: signal.Signals
) -> None:
    read_until(supervisor, "all ready")
    supervisor.send_signal(number)
    output, _ = supervisor.communicate(timeout=PATIENCE_SECONDS)
    assert supervisor.returncode == 0
    assert "asked to stop" in output
    assert left_behind(directory) == []
    assert RunLock(directory / "run").holder() is None


def test_a_stop_signal_while_starting_leaves_no_process(directory: Path) -> None:
    with supervising(directory, "first", "silent") as supervisor:
        read_until(supervisor, "first ready")
        supervisor.send_signal(signal.SIGINT)
        output, _ = supervisor.communicate(timeout=PATIENCE_SECONDS)
    assert supervisor.returncode == 0
    assert "all ready" not in output
    assert left_behind(directory) == []


def test_a_killed_supervisor_takes_its_parts_along_and_the_next_start_works(
    directory: Path, supervisor: subprocess.Popen[str]
) -> None:
    read_until(supervisor, "all ready")
    assert len(left_behind(directory)) > 1
    supervisor.kill()
    supervisor.communicate(timeout=PATIENCE_SECONDS)

    with run_platform(dummy_plan(directory), ignore) as running:
        assert told_to(running.platform.url("first"))["HUIJI_SERVICE"] == "first"
    assert left_behind(directory) == []


def test_down_stops_a_platform_that_runs_elsewhere(
    directory: Path, supervisor: subprocess.Popen[str]
) -> None:
    read_until(supervisor, "all ready")
    assert RunLock(directory / "run").stop_holder(timeout_seconds=PATIENCE_SECONDS) is True
    supervisor.communicate(timeout=PATIENCE_SECONDS)
    assert left_behind(directory) == []
    assert RunLock(directory / "run").stop_holder(timeout_seconds=PATIENCE_SECONDS) is False
