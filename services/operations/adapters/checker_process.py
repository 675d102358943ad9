"""A check that a service makes of itself, in a process of its own: services do not import each other."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence

import orjson

from libs.proof import Checked
from libs.proof.report import checked_of_json, unchecked
from services.operations.entrypoints.places import CHECKOUT

_LAST_WORDS = 400


def run_checker(
    check: str,
    module: str,
    arguments: Sequence[str],
    on_progress: Callable[[int, int], None],
    environment: Mapping[str, str] | None = None,
) -> Checked:
    """Run `python -m module` and read what it has checked; one that fails has checked nothing, and says why."""
    said: list[str] = []
    # A file, not a pipe: nobody reads it while the process tells its progress.
    with (
        tempfile.TemporaryFile("w+") as answer,
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=CHECKOUT,
            env={**os.environ, **(environment or {})},
            stdout=answer,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            words = line.split()
            if len(words) == 3 and words[0] == "progress":
                on_progress(int(words[1]), int(words[2]))
            else:
                said.append(line)
        process.wait()
        answer.seek(0)
        output = answer.read()
    if process.returncode:
        return unchecked(check, f"exit status {process.returncode}: {''.join(said)[-_LAST_WORDS:].strip()}")
    try:
        return checked_of_json(orjson.loads(output))
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        return unchecked(check, f"its answer cannot be read: {type(error).__name__}")
