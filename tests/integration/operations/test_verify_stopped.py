"""`huiji verify --stopped`: the data that a platform has left is checked with its database alone started for it."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from libs.eventlog import Append, EventLog
from libs.eventlog.database import open_pool
from libs.eventlog.publishing import close_days
from libs.eventlog.root_signing import open_signer
from libs.local_platform import (
    Processes,
    create_database_if_missing,
    private_directory,
    remove_postgres,
    start_embedded_postgres,
)
from libs.runtime.clock import utc_now
from libs.testing.heard_events import a_claim_registered
from services.operations.adapters.root_witness import ROOT_KEYS, keys_of_platform
from services.operations.domain.topology import DATABASE, root_key_file
from services.operations.entrypoints.commands import app


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Path]:
    """What a platform with an intake that had three claims has left: a database, a key, and what it has signed."""
    directory = private_directory(tmp_path / "platform")
    keys_of_platform(directory / ROOT_KEYS, ["intake"])
    _with_database(directory, "")
    yield directory
    remove_postgres(directory / "postgres")


def _with_database(directory: Path, statement: str) -> None:
    """Start the database, tell and close a day, or run a statement, and stop it."""
    with Processes(directory / "logs") as processes:
        postgres = start_embedded_postgres(processes, directory / "postgres")
        url = asyncio.run(create_database_if_missing(postgres, DATABASE))
        asyncio.run(_run(url, statement) if statement else _tell(url, directory))


async def _tell(url: str, directory: Path) -> None:
    pool = await open_pool(url, "intake", size=2)
    log = EventLog(pool, "intake", 2, utc_now, uuid4)
    await log.prepare()
    async with log.transaction() as work:
        for claim_id in "abc":
            work.append(Append(f"claim-{claim_id}", 0, [a_claim_registered(claim_id)]))
    signer = open_signer(root_key_file(directory / ROOT_KEYS, "intake"))
    await close_days(log, through_now=True, signer=signer)
    await pool.close()


async def _run(url: str, statement: str) -> None:
    pool = await open_pool(url, "intake", size=2)
    await pool.execute(statement)
    await pool.close()


def verified(directory: Path) -> tuple[int, dict[str, list[str]]]:
    """The exit status, and the rules that each check found broken."""
    checks = ("--only", "chains", "--only", "roots")
    words = ["verify", "--stopped", str(directory), *checks, "--json"]
    done = CliRunner().invoke(app, words, env={"NO_COLOR": "1"})
    document = json.loads(done.stdout)
    return done.exit_code, {
        check["check"]: [finding["rule"] for finding in check["findings"]] for check in document["checks"]
    }


def test_what_a_platform_has_left_is_proved_and_a_rewritten_past_is_not(left: Path) -> None:
    assert verified(left) == (0, {"chains": [], "roots": []})
    rewrite = "alter table root disable trigger all; delete from root"
    _with_database(left, rewrite)
    status, found = verified(left)
    assert (status, found["chains"], set(found["roots"])) == (1, [], {"roots_as_kept"})


def test_a_directory_without_data_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["verify", "--stopped", str(tmp_path)], env={"NO_COLOR": "1"})
    assert (done.exit_code, "no platform has left data" in done.stderr) == (2, True)
