"""The simulated platform as a process of its own: it starts, dies on demand, is mended, and stops."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2
import pytest

from libs.interop.bureau import to_deposit
from libs.local_platform import choose_port
from libs.testing.submissions import a_submission
from libs.testing.waiting import PATIENCE_SECONDS, wait_until


@pytest.fixture
def bureau() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = choose_port()
    environment = {**os.environ, "HUIJI_HTTP_PORT": str(port), "HUIJI_BUREAU_SEED": "7"}
    with subprocess.Popen([sys.executable, "-m", "services.bureau_simulator"], env=environment) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(url, process)
            yield url, process
        finally:
            process.kill()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    def ready() -> bool:
        assert process.poll() is None, f"it ended with {process.poll()}"
        try:
            return httpx2.get(f"{url}/health/ready", timeout=PATIENCE_SECONDS).status_code == 200
        except httpx2.TransportError:
            return False

    wait_until(ready, "the bureau is ready")


def test_dead_it_hangs_up_without_a_word_and_can_still_be_mended(
    bureau: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, process = bureau
    with httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
        client.put("/control", json={"dead": True})
        with pytest.raises(httpx2.TransportError):
            client.post("/settlements/lookup", json=[])
        assert client.get("/health/live").json() == {"status": "live"}
        client.put("/control", json={})
        assert client.post("/settlements/lookup", json=[]).json() == {"results": []}
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_SECONDS) in (0, -signal.SIGTERM)


def test_told_to_be_slow_it_answers_late(bureau: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, _ = bureau
    with httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
        client.put("/control", json={"latency_ms": 300})
        began = time.monotonic()
        client.post("/settlements", content=b"[]")
        assert time.monotonic() - began >= 0.3


def test_nothing_personal_reaches_its_output(
    bureau: tuple[str, subprocess.Popen[bytes]], capfd: pytest.CaptureFixture[str]
) -> None:
    url, _ = bureau
    number = to_deposit(a_submission()).certno
    with httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
        client.get("/fhir/Encounter", params={"patient.identifier": number})
        client.post("/settlements/lookup", json=[{"setl_id": "S1", "certno": number}])
        client.post("/settlements/lookup", json=[{"setl_id": number}])
    captured = capfd.readouterr()
    assert number not in captured.out + captured.err
