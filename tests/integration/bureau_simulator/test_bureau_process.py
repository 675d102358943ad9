"""The simulated platform as a process of its own: it starts, dies on demand, is mended, and stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2
import pytest

from libs.interop.bureau import to_deposit
from libs.testing.submissions import a_submission

START_SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def bureau() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = {**os.environ, "HUIJI_HTTP_PORT": str(port), "HUIJI_BUREAU_SEED": "7"}
    with subprocess.Popen([sys.executable, "-m", "services.bureau_simulator"], env=environment) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(url, process)
            yield url, process
        finally:
            process.kill()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"not ready after {START_SECONDS} seconds, exit status {process.poll()}")


def test_dead_it_hangs_up_without_a_word_and_can_still_be_mended(
    bureau: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, process = bureau
    with httpx2.Client(base_url=url) as client:
        client.put("/control", json={"dead": True})
        with pytest.raises(httpx2.TransportError):
            client.post("/settlements/lookup", json=[])
        assert client.get("/health/live").json() == {"status": "live"}
        client.put("/control", json={})
        assert client.post("/settlements/lookup", json=[]).json() == {"results": []}
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) in (0, -signal.SIGTERM)


def test_told_to_be_slow_it_answers_late(bureau: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, _ = bureau
    with httpx2.Client(base_url=url) as client:
        client.put("/control", json={"latency_ms": 300})
        began = time.monotonic()
        client.post("/settlements", content=b"[]")
        assert time.monotonic() - began >= 0.3


def test_nothing_personal_reaches_its_output(
    bureau: tuple[str, subprocess.Popen[bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    url, _ = bureau
    number = to_deposit(a_submission()).certno
    with httpx2.Client(base_url=url) as client:
        client.get("/fhir/Encounter", params={"patient.identifier": number})
        client.post("/settlements/lookup", json=[{"setl_id": "S1", "certno": number}])
        client.post("/settlements/lookup", json=[{"setl_id": number}])
    captured = capfd.readouterr()
    assert number not in captured.out + captured.err
