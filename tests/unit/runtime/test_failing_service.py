"""A service that fails ends with a status and says why in its log, where personal numbers are redacted."""

import json
import os
import subprocess
import sys
from pathlib import Path

NUMBER = "110101199003077758"
FAILING = f"""
from libs.runtime import service
from libs.runtime.settings import ServiceSettings

async def fail(*_):
    raise KeyError("{NUMBER}")

service._open = fail
service.run_service("failing", ServiceSettings, fail)
"""


def test_what_ends_a_service_is_logged_without_the_numbers_it_quotes(tmp_path: Path) -> None:
    settings = {
        "HUIJI_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "HUIJI_KAFKA": "127.0.0.1:9",
        "HUIJI_HTTP_PORT": "9",
        "HUIJI_MASTER_KEY_FILE": str(tmp_path / "absent"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", FAILING],
        env={**os.environ, **settings},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert NUMBER not in ended.stdout + ended.stderr
    (entry,) = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (entry["event"], entry["error"]) == ("service_failed", "KeyError")
    assert "Traceback" in entry["exception"]
    assert ended.stderr == ""
