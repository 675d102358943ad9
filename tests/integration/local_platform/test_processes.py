"""Children start, are watched and end as promised."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from libs.local_platform import PartDidNotStart, Processes, ProcessSpec
from libs.local_platform.processes import tied_command
from libs.testing.waiting import is_running, wait_until

# Says it is there, and on SIGTERM says goodbye.
POLITE = """
import signal, sys
def goodbye(*_):
    print("goodbye", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, goodbye)
print("here", flush=True)
signal.pause()
"""
# Ignores SIGTERM and has a child of its own, whose process id it prints.
STUBBORN = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]).pid, flush=True)
signal.pause()
"""


def a_part(processes: Processes, program: str, **fields: object) -> ProcessSpec:
    """A part that is ready once it has written a line."""
    log = processes.log_of("part")

    def ready() -> str | None:
        return None if log.read_text() else "has said nothing"

    spec = ProcessSpec(name="part", command=(sys.executable, "-c", program), ready=ready)
    return ProcessSpec(**{**vars(spec), **fields})


def test_a_polite_child_is_given_time_to_say_goodbye(processes: Processes) -> None:
    processes.start_and_wait(a_part(processes, POLITE))
    processes.stop("part")
    assert processes.log_of("part").read_text() == "here\ngoodbye\n"


def test_a_stubborn_child_is_killed_with_what_it_started(processes: Processes) -> None:
    pid = processes.start_and_wait(a_part(processes, STUBBORN, stop_within_seconds=0.2))
    grandchild = int(processes.log_of("part").read_text())
    processes.stop_all()
    assert not is_running(pid)
    wait_until(lambda: not is_running(grandchild), "the grandchild is gone")


def test_a_second_wish_to_stop_does_not_wait(processes: Processes) -> None:
    pid = processes.start_and_wait(a_part(processes, STUBBORN, stop_within_seconds=3_600))
    processes.hurry.set()
    processes.stop_all()
    assert not is_running(pid)


def test_a_child_that_never_gets_ready_is_named_with_what_is_missing(processes: Processes) -> None:
    spec = a_part(processes, POLITE, ready=lambda: "port 1 refuses", ready_within_seconds=0.5)
    with pytest.raises(PartDidNotStart, match=r"part did not start: not ready after 0 s \(port 1 refuses\)"):
        processes.start_and_wait(spec)


def test_a_program_that_does_not_exist_is_named(processes: Processes) -> None:
    spec = ProcessSpec(name="part", command=("/no/such/program",), ready=lambda: "nothing yet")
    with pytest.raises(PartDidNotStart, match="cannot run /no/such/program: No such file or directory"):
        processes.start_and_wait(spec)


def test_the_log_of_the_run_before_is_kept(processes: Processes) -> None:
    for _ in range(2):
        processes.start_and_wait(a_part(processes, POLITE))
        processes.stop("part")
    assert processes.log_of("part").with_suffix(".previous.log").read_text() == "here\ngoodbye\n"


def test_a_child_ends_with_a_killed_parent(tmp_path: Path) -> None:
    child = tied_command((sys.executable, "-c", "import signal; signal.pause()"), signal.SIGKILL)
    # The parent makes the child with its own process id in place of ours.
    program = (
        "import os, subprocess, sys, signal\n"
        f"command = {child!r}\n"
        "command[4] = str(os.getpid())\n"
        "print(subprocess.Popen(command).pid, flush=True)\n"
        "signal.pause()\n"
    )
    assert child[4] == str(os.getpid())
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        wait_until(lambda: "signal.pause" in Path(f"/proc/{pid}/cmdline").read_text(), "the child runs")
        wait_until(lambda: "tied_exec" not in Path(f"/proc/{pid}/cmdline").read_text(), "the child is tied")
        parent.kill()
    wait_until(lambda: not is_running(pid), "the child is gone")
