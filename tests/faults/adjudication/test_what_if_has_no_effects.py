"""A what-if calls nobody: not the bank, the broker, a service or the database; not when it is killed and goes on."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import polars as pl
import pytest

from libs.benefits import load_plans
from libs.replay.seal import CLIENTS
from tests.support.changed_plans import cheaper
from tests.support.city_history import told_in_a_year, write_history

CITY = ("weifang-2022", "demo-generic")
CHECKOUT = Path(__file__).parents[3]
PART_BYTES = 80_000
KILLS = 4


@dataclass
class Port:
    """Something outside that counts who calls. It answers nobody."""

    url: str
    calls: list[str] = field(default_factory=list)


@contextmanager
def listening(name: str) -> Iterator[Port]:
    server = socket.create_server(("127.0.0.1", 0))
    port = Port(f"127.0.0.1:{server.getsockname()[1]}")

    def accept() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            port.calls.append(name)
            caller.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


@dataclass(frozen=True)
class Outside:
    """Every port that a service of the platform has, instrumented, and the environment that names them all."""

    ports: tuple[Port, ...]
    environment: dict[str, str]

    @property
    def calls(self) -> list[str]:
        return [call for port in self.ports for call in port.calls]


@pytest.fixture
def outside() -> Iterator[Outside]:
    with (
        listening("bank") as bank,
        listening("broker") as broker,
        listening("database") as database,
        listening("bureau and callbacks") as callback,
        listening("charity") as charity,
    ):
        named = {
            "HUIJI_BANK_URL": f"http://{bank.url}",
            "HUIJI_KAFKA": broker.url,
            "HUIJI_DATABASE_URL": f"postgresql://huiji@{database.url}/huiji",
            "HUIJI_BUREAU_URL": f"http://{callback.url}",
            "HUIJI_SOURCES": f'{{"charity": "http://{charity.url}"}}',
            "HTTP_PROXY": f"http://{callback.url}",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{callback.url}",
        }
        yield Outside((bank, broker, database, callback, charity), {**os.environ, **named})


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    told = told_in_a_year(5, CITY, people=30, claims=130)
    return write_history(tmp_path_factory.mktemp("history"), told, load_plans())


@pytest.fixture(scope="module")
def plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A changed plan as its canonical content."""
    path = tmp_path_factory.mktemp("plan") / "changed.json"
    path.write_bytes(cheaper(load_plans()["weifang-2022"]).canonical_json)
    return path


def started(
    outside: Outside, history: Path, plan_file: Path, out: Path, path: tuple[str, ...]
) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "services.adjudication.entrypoints.what_if",
        "run",
        "--history",
        str(history),
    ]
    command += ["--out", str(out), "--plan", str(plan_file), "--part-bytes", str(PART_BYTES), *path]
    return subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=outside.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors


@pytest.mark.parametrize("path", [(), ("--by-column",)], ids=["engine", "by column"])
def test_a_fork_calls_nobody_also_when_it_is_killed_and_goes_on(
    outside: Outside, history: Path, plan_file: Path, tmp_path: Path, path: tuple[str, ...]
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finished(started(outside, history, plan_file, whole, path))
    rng = Random(3)
    for _ in range(KILLS):
        process = started(outside, history, plan_file, killed, path)
        kill_after_parts(process, rng.randint(0, 2))
    left = len(list((killed / ".parts").glob("*-of-*")))
    finished(started(outside, history, plan_file, killed, path))
    assert left > 0, "no part outlived a kill: nothing was resumed"
    assert outside.calls == []
    assert (killed / "report.json").read_bytes() == (whole / "report.json").read_bytes()
    assert (killed / "report.html").read_bytes() == (whole / "report.html").read_bytes()
    for name in ("claims", "liabilities", "insurers", "people"):
        assert pl.read_parquet(killed / f"{name}.parquet").equals(pl.read_parquet(whole / f"{name}.parquet"))


def kill_after_parts(process: subprocess.Popen[str], parts: int) -> None:
    """SIGKILL once so many further parts were reported; what happens next is cut off wherever it is."""
    assert process.stderr is not None
    for _ in range(parts):
        if not process.stderr.readline():
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL


def test_the_ports_do_count_who_calls(outside: Outside) -> None:
    for port in outside.ports:
        host, number = port.url.split(":")
        with socket.create_connection((host, int(number)), timeout=5) as caller:
            caller.settimeout(5)
            assert caller.recv(1) == b""
    assert len(outside.calls) == len(outside.ports)


def test_a_fork_has_loaded_nothing_that_could_call(outside: Outside) -> None:
    code = "import sys, services.adjudication.entrypoints.what_if\nprint('\\n'.join(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert not loaded & CLIENTS
    ours = {name for name in loaded if name.startswith(("libs.", "services."))}
    with_effects = ("libs.eventlog", "libs.runtime", "libs.privacy", "libs.interop")
    assert not [name for name in ours if name.startswith(with_effects)]
    adapters = {name.rpartition(".")[2] for name in ours if ".adjudication.adapters." in name}
    assert adapters == {"exported_history", "what_if_charts", "what_if_page", "what_if_tables"}
