"""A sealed process touches nothing outside, however it tries."""

import subprocess
import sys
from pathlib import Path

import pytest

_SEALED = """
import os, socket, subprocess, sys, urllib.request
from pathlib import Path
from libs.replay import EffectRefused, NotSealable, seal_process
out = Path(sys.argv[1])
(out / "before").write_text("x")
seal = seal_process(out)
"""

ATTEMPTS = {
    "a connection": "socket.create_connection(('127.0.0.1', 9))",
    "a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "a server": "socket.socket().bind(('127.0.0.1', 0))",
    "a unix socket": "socket.socket(socket.AF_UNIX).connect('/tmp/none')",
    "a name": "socket.getaddrinfo('localhost', 80)",
    "an HTTP request": "urllib.request.urlopen('http://127.0.0.1:9')",
    "an HTTP client": "import httpx2",
    "a broker's client": "import aiokafka",
    "a database's client": "import asyncpg",
    "an event loop that asks nobody": "import uvloop",
    "a program": "subprocess.run(['true'])",
    "a shell": "os.system('true')",
    "another process": "os.fork()",
    "another program's image": "os.execv('/bin/true', ['true'])",
    "a signal": "os.kill(os.getppid(), 0)",
    "a file elsewhere": "Path(sys.argv[2], 'elsewhere').write_text('x')",
    "a file elsewhere, by number": "os.open(sys.argv[2] + '/elsewhere', os.O_CREAT | os.O_WRONLY)",
    "a file elsewhere, by a link": "(out / 'link').symlink_to(sys.argv[2])",
    "moving a file out": "(out / 'before').rename(sys.argv[2] + '/elsewhere')",
    "removing a file elsewhere": "os.remove(sys.argv[2] + '/kept')",
    "a library that talks by itself": "import ctypes; ctypes.CDLL('libc.so.6')",
}


def run(code: str, out: Path, elsewhere: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _SEALED + code, str(out), str(elsewhere)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """A directory that may be written, and one that may not."""
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept")
    return out, elsewhere


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_an_effect_is_refused_and_remembered(attempt: str, places: tuple[Path, Path]) -> None:
    swallowed = f"""
try:
    {attempt}
except Exception as error:
    assert isinstance(error, EffectRefused) or isinstance(error.__context__, EffectRefused) \\
        or 'a replay has no effects' in str(error), repr(error)
else:
    raise SystemExit("it went through")
assert len(seal.refused) >= 1, "not remembered"
"""
    done = run(swallowed, *places)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in places[1].iterdir()) == ["kept"]


def test_without_the_seal_the_same_attempts_go_through(places: tuple[Path, Path]) -> None:
    """The attempts are real: what is refused above happens here."""
    unsealed = _SEALED.replace("seal = seal_process(out)", "")
    for attempt in ("a program", "a file elsewhere", "a name", "an HTTP client"):
        done = subprocess.run(
            [sys.executable, "-c", unsealed + ATTEMPTS[attempt], *map(str, places)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    assert (places[1] / "elsewhere").exists()


def test_inside_its_directory_a_sealed_process_writes_reads_moves_and_removes(
    places: tuple[Path, Path],
) -> None:
    work = """
(out / "a").mkdir(); (out / "a" / "b").write_text("x"); (out / "a").rename(out / "c")
assert (out / "c" / "b").read_text() == "x" and Path(sys.argv[2], "kept").read_text() == "kept"
(out / "c" / "b").unlink(); (out / "c").rmdir()
assert seal.refused == []
"""
    done = run(work, *places)
    assert done.returncode == 0, done.stderr


def test_a_process_that_has_loaded_a_client_is_not_sealed(places: tuple[Path, Path]) -> None:
    begun = _SEALED.replace("out = Path", "import httpx2\nout = Path")
    done = subprocess.run(
        [sys.executable, "-c", begun, *map(str, places)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "NotSealable" in done.stderr and "httpx2" in done.stderr
