"""A part that ends by itself is started again, a bounded number of times, and its log goes on."""

import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from libs.local_platform import Processes, ProcessSpec
from libs.local_platform import processes as module
from libs.local_platform.errors import PartStopped
from libs.testing.waiting import is_running, wait_until

WAITS = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
ENDS = "import sys; print('ended', flush=True); sys.exit(3)"


@pytest.fixture
def changes() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE_SECONDS", 0.01)


def a_part(processes: Processes, name: str, program: str) -> ProcessSpec:
    log = processes.log_of(name)
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-c", program),
        ready=lambda: None if log.exists() and log.read_text() else "has said nothing",
    )


@pytest.mark.usefixtures("quick")
def test_a_killed_part_runs_again_and_the_others_go_on(
    tmp_path: Path, changes: list[tuple[str, str]]
) -> None:
    with Processes(tmp_path, lambda name, state: changes.append((name, state))) as processes:
        other = processes.start_and_wait(a_part(processes, "other", WAITS))
        pid = processes.start_and_wait(a_part(processes, "part", WAITS))
        os.kill(pid, signal.SIGKILL)

        def runs_again() -> bool:
            processes.tend()
            said = processes.log_of("part").read_text().splitlines()
            return changes.count(("part", "ready")) == 2 and len(said) == 2

        wait_until(runs_again, "the part runs again")
        assert [state for name, state in changes if name == "part"][2:] == ["ended", "starting", "ready"]
        first, second = (int(line) for line in processes.log_of("part").read_text().splitlines())
        assert (first, is_running(first), is_running(second)) == (pid, False, True)
        assert is_running(other)
    assert not is_running(second)


@pytest.mark.usefixtures("quick")
def test_a_part_that_keeps_ending_stops_everything_with_its_reason(
    tmp_path: Path, changes: list[tuple[str, str]]
) -> None:
    with Processes(tmp_path, lambda name, state: changes.append((name, state))) as processes:
        processes.start(a_part(processes, "part", ENDS))
        reasons: list[str] = []

        def given_up() -> bool:
            try:
                processes.tend()
            except PartStopped as stopped:
                reasons.append(str(stopped))
            return bool(reasons)

        wait_until(given_up, "the part is given up")
        assert "exit status 3" in reasons[0]
        assert processes.log_of("part").read_text().count("ended") == 1 + module.MOST_RESTARTS
        assert changes.count(("part", "ended")) == module.MOST_RESTARTS


def test_pauses_grow_and_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=time.sleep))
    with Processes(tmp_path) as processes:
        processes.start(a_part(processes, "part", ENDS))
        (child,) = processes._children
        pauses = []
        for _ in range(module.MOST_RESTARTS):
            child.process.wait()
            processes.tend()
            assert child.restart_at is not None
            pauses.append(child.restart_at - now[0])
            now[0] = child.restart_at
            processes.tend()
        assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0]
