"""The sealed process in which adjudication relives a history: given files and options, no address and no key."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from services.operations.domain.errors import OperationsError

TOOL = "services.adjudication.entrypoints.what_if"
#: What a program needs to run; everything else (URLs, keys, proxies) stays here.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


class ForkFailed(OperationsError):
    """The fork has ended without a result; the message is its own."""

    code = "fork_failed"

    def __init__(self, code: str, message: str) -> None:
        self.reason = code
        super().__init__(message)


def ask_fork(
    step: str,
    arguments: Sequence[str],
    cwd: Path,
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Any]:
    """What the fork answers to `plan` or `run`. `on_progress` hears bytes done, of all. Raises ForkFailed."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    with subprocess.Popen(
        [sys.executable, "-m", TOOL, step, *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        said: dict[str, Any] = {}
        unsaid: list[str] = []
        for line in process.stderr:
            try:
                said = orjson.loads(line)
            except orjson.JSONDecodeError:
                unsaid.append(line.decode(errors="replace").rstrip())
                continue
            if "of_bytes" in said:
                on_progress(said["done_bytes"], said["of_bytes"])
        answer = process.stdout.read()
    if process.returncode != 0:
        last = unsaid[-1] if unsaid else f"it ended with status {process.returncode}"
        raise ForkFailed(said.get("error", "fork_failed"), said.get("message", last))
    found: dict[str, Any] = orjson.loads(answer)
    return found
