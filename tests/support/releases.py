"""Three releases to run beside each other: the last one, today's sources, and a next one that raises a version."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from libs.eventlog.migrate import CLOSES

CHECKOUT = Path(__file__).parents[2]
LAST = CHECKOUT / "tests" / "last_release" / "sources.tar.xz"
#: What the next release says in a shape that today's does not know.
RAISED, RAISED_BY = "RecordsAttached", "medical_data"


def within(older: Any, newer: Any) -> bool:
    """Whether all that the older code says is the same in what the newer says; that may say more."""
    if isinstance(older, dict) and isinstance(newer, dict):
        return all(name in newer and within(value, newer[name]) for name, value in older.items())
    if isinstance(older, list) and isinstance(newer, list):
        return len(older) == len(newer) and all(map(within, older, newer))
    return bool(older == newer)


def last_release(directory: Path) -> Path:
    """Unpack the last release's sources (`tests/last_release`); answers their root."""
    with tarfile.open(LAST) as kept:
        kept.extractall(directory, filter="data")
    return directory


def copy_of_today(directory: Path) -> Path:
    """Today's sources and what they have exported, to be changed; answers their root."""
    for part in ("libs", "services", "docs/schemas"):
        shutil.copytree(CHECKOUT / part, directory / part)
    return directory


def next_release(directory: Path) -> Path:
    """Today's sources, of which medical_data says `RAISED` in a version of its own; answers their root."""
    copy_of_today(directory)
    contracts = directory / "libs" / "contracts"
    with (contracts / "medical_data.py").open("a") as module:
        module.write(f"\n\n{RAISED}.schema_version = 2\n")
    with (contracts / "upcasters.py").open("a") as module:
        module.write(f'\nUPCASTERS = {{**UPCASTERS, ("{RAISED}", 1): _only_more_reasons}}\n')
    return directory


def closed_to(release: Path) -> set[str]:
    """Services that do not go back to a release: a migration that it lacks says so."""
    kernel = Path("libs/eventlog/migrations")
    return {
        folder.parent.name
        for folder in (CHECKOUT / "services").glob("*/migrations")
        for migrations in (folder.relative_to(CHECKOUT), kernel)
        for file in (CHECKOUT / migrations).glob("*.sql")
        if file.read_text().startswith(CLOSES) and not (release / migrations / file.name).exists()
    }


def run_in(release: Path, *command: str) -> str:
    """Run Python with this interpreter and environment on a release's sources; what it prints. Fails when it fails."""
    done = subprocess.run(
        [sys.executable, *command], cwd=release, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
