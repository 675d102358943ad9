"""Services as real processes that a test starts, kills and starts again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

from libs.local_platform import choose_port
from libs.privacy import create_master_key
from libs.testing.staff import shown_by, written_staff
from libs.testing.waiting import PATIENCE_SECONDS
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]


class ServiceProcess:
    """One process of a test service; `start` may be called again after it has died."""

    def __init__(
        self, name: str, work: Path, environment: Mapping[str, str], *, instance: str | None = None
    ) -> None:
        self.name = name
        self.port = choose_port()
        self._log = work / f"{name}-{instance or self.port}.log"
        self._environment = {**os.environ, **environment, "HUIJI_HTTP_PORT": str(self.port)}
        if instance is not None:
            self._environment["HUIJI_INSTANCE"] = f"{name}-{instance}"
        self._process: subprocess.Popen[bytes] | None = None
        self.should_live = False

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, failpoint: str = "") -> None:
        """Start; the log of earlier starts is kept."""
        self.should_live = not failpoint
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.kernel_service", self.name],
                env={**self._environment, "HUIJI_FAILPOINT": failpoint},
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )

    async def ready(self, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until it takes work."""

        async def is_ready() -> bool:
            self.assert_alive()
            try:
                return (await self.get("/health/ready", check=False)).status_code == 200
            except httpx2.HTTPError:
                return False

        await until(is_ready, seconds=seconds)

    async def killed(self, *, seconds: float) -> bool:
        """Wait until it has killed itself; False when it did not within `seconds`."""
        try:
            return await asyncio.to_thread(self._running.wait, seconds) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        self.should_live = False
        self._running.kill()
        self._running.wait()

    def stop(self) -> int:
        """SIGTERM, then wait; returns the exit status."""
        self.should_live = False
        self._running.terminate()
        return self._running.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def assert_alive(self) -> None:
        """Raises AssertionError with the end of its log when it has ended."""
        status = self._running.poll()
        assert status is None, f"{self.name} ended with {status}:\n{self.log()[-3000:]}"

    def log(self) -> str:
        """All it has written."""
        return self._log.read_text()

    async def get(self, path: str, *, check: bool = True) -> httpx2.Response:
        """GET from it."""
        return await self._ask("GET", path, None, check)

    async def post(self, path: str, content: Any, *, check: bool = True, by: str = "op-1") -> httpx2.Response:
        """POST JSON to it, as a member of the tests' staff."""
        return await self._ask("POST", path, content, check, by)

    async def _ask(
        self, method: str, path: str, content: Any, check: bool, by: str = "op-1"
    ) -> httpx2.Response:
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            response = await client.request(method, self.url + path, json=content, headers=shown_by(by))
        if check:
            response.raise_for_status()
        return response

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "not started"
        return self._process


def environment_of(
    database: str,
    bootstrap: str,
    work: Path,
    *,
    sources: Mapping[str, str],
    shards: int,
    subscribe: list[str],
) -> dict[str, str]:
    """Settings of a service process; the key file is made when missing."""
    key = work / "master.key"
    if not key.exists():
        create_master_key(key)
    return {
        "HUIJI_DATABASE_URL": database,
        "HUIJI_KAFKA": bootstrap,
        "HUIJI_MASTER_KEY_FILE": str(key),
        "HUIJI_STAFF_FILE": str(written_staff(work)),
        "HUIJI_SOURCES": json.dumps(dict(sources)),
        "HUIJI_SUBSCRIBE": json.dumps(subscribe),
        "HUIJI_SHARDS": str(shards),
        # The embedded broker looks again after half of this; Kafka answers at once either way.
        "HUIJI_FETCH_MAX_WAIT_MS": "20",
        "HUIJI_TAIL_CHECK_SECONDS": "0.5",
        "HUIJI_STOP_SECONDS": "5",
    }
