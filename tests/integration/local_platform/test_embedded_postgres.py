"""PostgreSQL from the wheel keeps what was committed, and opens nothing that was private."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from libs.local_platform import (
    EmbeddedPostgres,
    PlaceNotPrivate,
    Processes,
    private_directory,
    remove_postgres,
    start_embedded_postgres,
)
from libs.testing.postgres import in_own_loop
from libs.testing.waiting import is_running, wait_until


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Where the PostgreSQL of this test lives."""
    yield tmp_path / "postgres"
    remove_postgres(tmp_path / "postgres")


async def _ask(server: EmbeddedPostgres, *statements: str) -> object:
    connection = await asyncpg.connect(server.url())
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


def ask(server: EmbeddedPostgres, *statements: str) -> object:
    """The value of the last statement."""
    return in_own_loop(_ask(server, *statements))


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_a_commit_survives_a_killed_server(processes: Processes, directory: Path) -> None:
    server = start_embedded_postgres(processes, directory)
    ask(server, "create table claim (id int)", "insert into claim values (7) returning id")
    killed = postmaster(server)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not is_running(killed), "the server is gone")
    processes.stop_all()
    assert (server.data / "postmaster.pid").exists()

    again = start_embedded_postgres(processes, directory)
    assert ask(again, "select id from claim") == 7


def test_a_lock_of_a_process_id_that_is_now_another_program_is_no_obstacle(
    processes: Processes, directory: Path
) -> None:
    server = start_embedded_postgres(processes, directory)
    pid_file = server.data / "postmaster.pid"
    left = pid_file.read_text().splitlines()
    processes.stop_all()
    pid_file.write_text("\n".join([str(os.getppid()), *left[1:]]) + "\n")

    again = start_embedded_postgres(processes, directory)
    assert ask(again, "select 1") == 1


def test_nobody_else_gets_in_and_nothing_private_was_opened(processes: Processes, tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    directory = closed / "postgres"
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in (closed, *closed.parents)}
    try:
        server = start_embedded_postgres(processes, directory)
        assert {path: stat.S_IMODE(path.stat().st_mode) for path in before} == before
        assert ask(server, "show listen_addresses") == ""
        for private in (server.sockets, server.data):
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
    finally:
        processes.stop_all()
        remove_postgres(directory)
    assert not server.data.exists()
    assert not server.sockets.exists()


def test_a_path_too_long_for_a_socket_works(processes: Processes, tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 20) / "postgres"
    try:
        assert ask(start_embedded_postgres(processes, directory), "select 1") == 1
    finally:
        processes.stop_all()
        remove_postgres(directory)


def test_a_link_whose_place_somebody_has_cleaned_away_is_removed(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(tmp_path / "gone")
    remove_postgres(tmp_path / "postgres")
    assert not (tmp_path / "postgres").is_symlink()


def test_a_directory_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(PlaceNotPrivate, match="only this user can write"):
        private_directory(shared)


def test_a_link_put_in_place_of_a_directory_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PlaceNotPrivate):
        private_directory(tmp_path / "link")
