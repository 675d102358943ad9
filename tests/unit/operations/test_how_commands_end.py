"""`huiji` as a process: what it imports to list its commands, and how it ends when it is interrupted or unread."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.operations.entrypoints.commands import COMMANDS
from services.operations.entrypoints.ending import INTERRUPTED, UNREAD

CHECKOUT = Path(__file__).parents[3]
MAIN = "from services.operations.__main__ import main\n"
INTERRUPT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts the tests may have it ignored
def interrupt(*_): os.kill(os.getpid(), signal.SIGINT)
"""
AT_AN_IMPORT = """
class Interrupting:
    def find_spec(self, name, *_):
        if name == "{module}": interrupt()
sys.meta_path.insert(0, Interrupting())
"""
AT_ITS_WORK = "import libs.benefits.inspection as its_work; its_work.list_plans = interrupt\n"


def python(code: str, *arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=CHECKOUT, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip


def test_every_command_is_listed_by_what_it_says_itself() -> None:
    for late in COMMANDS:
        own = (late.loaded.help or "").split("\n\n")[0].replace("\n", " ")
        assert own == late.help


def test_the_list_of_commands_imports_none_of_them() -> None:
    ran = python(f"import sys\n{MAIN}try: main()\nfinally: print(*sys.modules)", "--help")
    assert "What waits for a person" in ran.stdout
    ours = {name for name in ran.stdout.splitlines()[-1].split() if name.startswith(("libs.", "services.op"))}
    entrypoints = ("", ".commands", ".ending", ".exits", ".late")
    assert ours == {
        "services.operations",
        "services.operations.__main__",
        *(f"services.operations.entrypoints{each}" for each in entrypoints),
    }


@pytest.mark.parametrize(
    "when",
    [
        AT_AN_IMPORT.format(module="typer"),
        AT_AN_IMPORT.format(module="services.operations.entrypoints.plan"),
        AT_ITS_WORK,
    ],
    ids=["before the command is known", "while the command is imported", "while it works"],
)
def test_an_interrupted_command_ends_with_130_and_without_a_traceback(when: str) -> None:
    ran = python(f"{INTERRUPT}{when}{MAIN}main()", "plan", "list")
    assert (ran.returncode, ran.stdout, ran.stderr) == (INTERRUPTED, "", "")


@pytest.mark.parametrize("arguments", [("--help",), ("plan", "schema", "case")], ids=["table", "JSON"])
def test_output_that_nobody_reads_ends_a_command_with_141_and_without_a_word(
    arguments: tuple[str, ...],
) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        ran = python(f"{MAIN}main()", *arguments, stdout=writes)
    finally:
        os.close(writes)
    assert (ran.returncode, ran.stderr) == (UNREAD, "")


def test_a_command_of_which_only_the_status_is_wanted_needs_no_output() -> None:
    ran = python(
        f"import sys\nsys.stdout = sys.__stdout__ = None  # as with `>&-`\n{MAIN}main()", "plan", "list"
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_full_disk_and_a_place_that_cannot_be_written_are_said_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        ran = python(f"{MAIN}main()", "plan", "schema", "case", stdout=full.fileno())
    assert (ran.returncode, ran.stderr) == (1, "The output: No space left on device\n")
    ran = python(f"{MAIN}main()", "make-master-key", "/proc/nosuch/key")
    assert (ran.returncode, ran.stderr) == (1, "/proc/nosuch/key: No such file or directory\n")
