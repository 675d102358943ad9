"""One service as its real process, on a real database and broker, with stand-ins for those it listens to."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg
import httpx2

from libs import contracts
from libs.contracts import Event
from libs.eventlog import Recorded
from libs.eventlog.envelope import from_json
from libs.local_platform import Processes, ProcessSpec, answers_http, choose_port, start_embedded_broker
from libs.privacy import KeyStore, MasterKeyRing, Pseudonymiser, create_master_key, open_key_pool, seal_json
from libs.testing.postgres import PostgresUnderTest, in_own_loop
from libs.testing.staff import shown_by, written_staff
from libs.testing.waiting import PATIENCE_SECONDS, is_running, wait_until

SHARDS = 2
E = TypeVar("E", bound=Event)


class ServicesUnderTest:
    """Starts processes and speaks with them. Every service of one instance shares a database and a broker."""

    def __init__(
        self, processes: Processes, database_url: str, directory: Path, bootstrap: str | None = None
    ) -> None:
        self._processes = processes
        self.directory = directory
        self.database_url = database_url
        self.master_key_file = directory / "master.key"
        self.staff_file = written_staff(directory)
        self._master: MasterKeyRing = create_master_key(self.master_key_file)
        self.bootstrap = bootstrap or start_embedded_broker(processes).bootstrap
        self._pids: dict[str, int] = {}
        self._ports: dict[str, int] = {}
        self._client = httpx2.Client(timeout=PATIENCE_SECONDS, trust_env=False)
        self.pseudonymiser = Pseudonymiser(self._master.pseudonym_secret())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def start_source(self, *names: str) -> None:
        """Start stand-ins for these services."""
        for name in names:
            self._start(name, (sys.executable, "-m", "libs.testing.event_source", name), {})
        self._processes.wait_ready(*names)

    def start(self, name: str, settings: Mapping[str, str] | None = None) -> None:
        """Start the service `services.<name>` and wait until it is ready; `settings` are further variables."""
        self._start(name, (sys.executable, "-m", f"services.{name}"), settings or {})
        self._processes.wait_ready(name)

    def stop(self, name: str) -> None:
        """Stop a process gracefully."""
        self._processes.stop(name)

    def pid(self, name: str) -> int:
        """The process id of a service, to kill it by."""
        return self._pids[name]

    def await_death(self, name: str) -> None:
        """Wait until a process is gone that somebody killed; it can be started again then."""
        wait_until(lambda: not is_running(self._pids[name]), f"{name} is dead")
        self._processes.stop(name)

    def reserve_ports(self, *names: str) -> None:
        """Give these processes their addresses, so that those started first know those started later."""
        for name in names:
            self._ports.setdefault(name, choose_port())

    def url(self, name: str, path: str = "") -> str:
        """Where a process answers."""
        return f"http://127.0.0.1:{self._ports[name]}{path}"

    def get(self, name: str, path: str, *, by: str | None = None) -> httpx2.Response:
        """GET from a process; `by` a member of the tests' staff, where it knows them."""
        return self._client.get(self.url(name, path), headers=shown_by(by) if by else None)

    def send(self, method: str, name: str, path: str, body: Any) -> httpx2.Response:
        """Send JSON to a process."""
        return self._client.request(method, self.url(name, path), json=body)

    def say(self, source: str, *events: Event) -> None:
        """Let a stand-in publish events, in order."""
        said = [
            {"type": contracts.event_type(event), "body": contracts.encode(event).decode()}
            for event in events
        ]
        self.send("POST", source, "/append", said).raise_for_status()

    def log(self, name: str) -> list[Recorded]:
        """The whole log of a process, shard by shard."""
        lines: list[bytes] = []
        for shard in range(SHARDS):
            response = self.get(name, f"/log/{shard}?limit=10000").raise_for_status()
            lines += response.content.splitlines()
        return [from_json(line) for line in lines]

    def said(self, name: str, kind: type[E]) -> list[E]:
        """The events of one type in a process's log."""
        return [event for recorded in self.log(name) if isinstance(event := recorded.decode(), kind)]

    def wait_for(
        self, name: str, kind: type[E], count: int, within_seconds: float = PATIENCE_SECONDS
    ) -> list[E]:
        """The events of one type once there are so many; more than that fails the test."""
        wait_until(
            lambda: len(self.said(name, kind)) >= count, f"{count} {kind.__name__} by {name}", within_seconds
        )
        found = self.said(name, kind)
        assert len(found) == count, f"{len(found)} {kind.__name__} instead of {count}"
        return found

    def wait_until_heard(self, name: str, *sources: str) -> None:
        """Until the process has processed all that the sources have said."""

        def heard() -> bool:
            heads = {source: self.get(source, "/log/heads").json() for source in sources}
            checkpoints = in_own_loop(_checkpoints(self.database_url, name))
            return all(
                checkpoints.get((source, int(shard)), 0) == head
                for source, shards in heads.items()
                for shard, head in shards.items()
            )

        wait_until(heard, f"{name} has heard {', '.join(sources)}")

    def sealed(self, person_id: str, context: str, document: Mapping[str, Any]) -> str:
        """The document sealed under the person's key."""

        async def seal() -> str:
            pool = await open_key_pool(self.database_url, max_size=1)
            try:
                keys = await KeyStore(pool, self._master).ensure({person_id})
                return seal_json(keys[person_id], document, context)
            finally:
                await pool.close()

        return in_own_loop(seal())

    def destroy_key(self, person_id: str) -> None:
        """Erase the person from the key store."""

        async def destroy() -> None:
            pool = await open_key_pool(self.database_url, max_size=1)
            try:
                assert await KeyStore(pool, self._master).destroy(person_id)
            finally:
                await pool.close()

        in_own_loop(destroy())

    def output_of(self, name: str) -> str:
        """What a process has written to its standard output and error since its last start."""
        return self._processes.log_of(name).read_text()

    def query(self, name: str, statement: str) -> list[dict[str, Any]]:
        """Rows of the schema of a service."""
        return in_own_loop(_fetch(self.database_url, name, statement))

    def _start(self, name: str, command: Sequence[str], settings: Mapping[str, str]) -> None:
        port = self._ports.setdefault(name, choose_port())
        environment = {
            "HUIJI_SERVICE": name,
            "HUIJI_DATABASE_URL": self.database_url,
            "HUIJI_KAFKA": self.bootstrap,
            "HUIJI_HTTP_PORT": str(port),
            "HUIJI_SHARDS": str(SHARDS),
            "HUIJI_SOURCES": json.dumps({known: self.url(known) for known in self._ports}),
            "HUIJI_MASTER_KEY_FILE": str(self.master_key_file),
            "HUIJI_STAFF_FILE": str(self.staff_file),
            # The embedded broker looks again after half of this; Kafka answers at once either way.
            "HUIJI_FETCH_MAX_WAIT_MS": "20",
            "HUIJI_TAIL_CHECK_SECONDS": "0.5",
            **settings,
        }
        self._pids[name] = self._processes.start(
            ProcessSpec(name=name, command=tuple(command), environment=environment, ready=answers_http(port))
        )


@contextmanager
def services_under_test(
    postgres: PostgresUnderTest, directory: Path, bootstrap: str | None = None
) -> Iterator[ServicesUnderTest]:
    """A fresh database and broker (`bootstrap`, else an embedded one); everything stops and is dropped afterwards."""
    database_url = postgres.create_database()
    try:
        with (
            Processes(directory / "logs") as processes,
            ServicesUnderTest(processes, database_url, directory, bootstrap) as services,
        ):
            yield services
    finally:
        postgres.drop_database(database_url)


async def _fetch(database_url: str, schema: str, statement: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(database_url, server_settings={"search_path": f'"{schema}"'})
    try:
        return [dict(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def _checkpoints(database_url: str, service: str) -> dict[tuple[str, int], int]:
    rows = await _fetch(database_url, service, "select source, shard, position from checkpoint")
    return {(row["source"], row["shard"]): row["position"] for row in rows}
