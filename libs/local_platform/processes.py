"""Child processes that start in order, answer when ready, and never outlive us."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from libs.local_platform import tied_exec
from libs.local_platform.errors import PartDidNotStart, PartStopped, describe_status
from libs.local_platform.ports import LOOPBACK

_POLL_SECONDS = 0.05
_LOG_TAIL_LINES = 15
_LOG_TAIL_BYTES = 16_384

Readiness = Callable[[], str | None]
"""Answers None when the part is ready, else in a few words what is missing."""

PartState = Literal["starting", "ready", "stopping", "stopped", "ended"]
"""`ended`: by itself; it is started again."""

#: A part that ends more often than this within the window has a fault that starting again does not mend.
MOST_RESTARTS = 5
RESTART_WINDOW_SECONDS = 600.0
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0


def _at_once() -> str | None:
    return None


@dataclass(frozen=True)
class ProcessSpec:
    """How to start, know and stop one part; `environment` is added to ours."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Readiness = _at_once
    ready_within_seconds: float = 120.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_seconds: float = 15.0
    #: What the kernel sends when the supervisor dies. SIGKILL is certain, and every service of ours survives it.
    orphan_signal: signal.Signals = signal.SIGKILL
    directory: Path | None = None
    #: Parts with the same word here need no order among themselves: `stop_all` stops them at the same time.
    together: str = ""
    #: (uid, gid) to run as; only root can change it.
    run_as: tuple[int, int] | None = None


@dataclass
class _Child:
    spec: ProcessSpec
    process: subprocess.Popen[bytes]
    log: Path
    ready: bool = False
    started_at: float = 0.0
    #: When it was started again, and when it is to be the next time.
    restarts: list[float] = field(default_factory=list)
    restart_at: float | None = None


class Processes:
    """The children of one run, in the order they were started; leaving the context stops them in reverse.

    Start children from the main thread only: the kernel ties a child to the thread that made it (prctl(2)).
    """

    def __init__(
        self, logs: Path, on_change: Callable[[str, PartState], None] = lambda _name, _state: None
    ) -> None:
        self._logs = logs
        self._on_change = on_change
        self._children: list[_Child] = []
        #: Set it (a second Ctrl-C does) and `stop_all` kills what has not yet stopped.
        self.hurry = threading.Event()
        self.stopping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def start(self, spec: ProcessSpec) -> int:
        """Start one child and answer its process id; `wait_ready` tells when it works."""
        log = self.log_of(spec.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        process = _spawn(spec, log)
        self._children.append(_Child(spec, process, log, started_at=time.monotonic()))
        self._on_change(spec.name, "starting")
        return process.pid

    def wait_ready(self, *names: str) -> None:
        """Wait until the named children (all of them when none is named) are ready; each is asked until it once is.

        Raises `PartDidNotStart` for the first that ends or stays unready.
        """
        began = time.monotonic()
        wanted = [child for child in self._children if not names or child.spec.name in names]
        waiting = [child for child in wanted if not child.ready]
        while waiting:
            for child in tuple(waiting):
                if self._became_ready(child, time.monotonic() - began):
                    waiting.remove(child)
                    child.ready = True
                    self._on_change(child.spec.name, "ready")
            if waiting:
                time.sleep(_POLL_SECONDS)

    def start_and_wait(self, spec: ProcessSpec) -> int:
        """`start`, then `wait_ready` for this one."""
        pid = self.start(spec)
        self.wait_ready(spec.name)
        return pid

    def check(self) -> None:
        """Raise `PartStopped` when a child has ended by itself."""
        for child in self._children:
            status = child.process.poll()
            if status is not None:
                raise PartStopped(child.spec.name, status, child.log, last_lines(child.log))

    def tend(self) -> None:
        """Start again what has ended by itself, after a pause that grows; call it often, from the main thread.

        Raises `PartStopped` for a part that ends more than `MOST_RESTARTS` times within the window. Its log goes on.
        """
        now = time.monotonic()
        for child in self._children:
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._start_again(child, now)
            elif child.process.poll() is not None:
                self._plan_restart(child, now)
            elif not child.ready:
                self._look_whether_ready(child, now)

    def _plan_restart(self, child: _Child, now: float) -> None:
        child.restarts = [at for at in child.restarts if now - at < RESTART_WINDOW_SECONDS]
        if len(child.restarts) >= MOST_RESTARTS:
            status = child.process.returncode
            raise PartStopped(child.spec.name, status, child.log, last_lines(child.log))
        _kill_group(child.process)
        child.ready = False
        child.restart_at = now + min(_FIRST_PAUSE_SECONDS * 2 ** len(child.restarts), _LONGEST_PAUSE_SECONDS)
        self._on_change(child.spec.name, "ended")

    def _start_again(self, child: _Child, now: float) -> None:
        child.process = _spawn(child.spec, child.log)
        child.started_at, child.restart_at = now, None
        child.restarts.append(now)
        self._on_change(child.spec.name, "starting")

    def _look_whether_ready(self, child: _Child, now: float) -> None:
        if child.spec.ready() is None:
            child.ready = True
            self._on_change(child.spec.name, "ready")
        elif now - child.started_at > child.spec.ready_within_seconds:
            # Not dead and of no use: it ends now, and counts as ended by itself.
            _kill_group(child.process)
            child.process.wait()

    def stop(self, name: str) -> None:
        """Stop one child, gently first."""
        self._stop([child for child in self._children if child.spec.name == name])

    def stop_all(self) -> None:
        """Stop every child, last started first, those of one `together` at once; nothing runs when this returns."""
        self.stopping = True
        while self._children:
            group = self._children[-1].spec.together
            last = [child for child in self._children if group and child.spec.together == group]
            self._stop(last or [self._children[-1]])
        self.stopping = False

    def process_ids(self) -> dict[str, int]:
        """The process id of every child that has been started and not stopped, by name."""
        return {child.spec.name: child.process.pid for child in self._children}

    def spec_of(self, name: str) -> ProcessSpec:
        """How a child was started that has not been stopped, to start it again otherwise. Raises KeyError."""
        return {child.spec.name: child.spec for child in self._children}[name]

    def log_of(self, name: str) -> Path:
        """Where the child writes its standard output and error."""
        return self._logs / f"{name}.log"

    def _became_ready(self, child: _Child, waited_seconds: float) -> bool:
        spec = child.spec
        status = child.process.poll()
        if status is not None:
            raise PartDidNotStart(spec.name, describe_status(status), child.log, last_lines(child.log))
        missing = spec.ready()
        if missing is not None and waited_seconds > spec.ready_within_seconds:
            why = f"not ready after {spec.ready_within_seconds:.0f} s ({missing})"
            raise PartDidNotStart(spec.name, why, child.log, last_lines(child.log))
        return missing is None

    def _stop(self, children: list[_Child]) -> None:
        for child in children:
            if child.process.poll() is None:
                self._on_change(child.spec.name, "stopping")
                child.process.send_signal(child.spec.stop_signal)
        for child in children:
            self._await_end(child)
            self._children.remove(child)
            self._on_change(child.spec.name, "stopped")

    def _await_end(self, child: _Child) -> None:
        deadline = time.monotonic() + child.spec.stop_within_seconds
        while child.process.poll() is None and time.monotonic() < deadline and not self.hurry.is_set():
            time.sleep(_POLL_SECONDS)
        _kill_group(child.process)
        child.process.wait()


def _spawn(spec: ProcessSpec, log: Path) -> subprocess.Popen[bytes]:
    """The process; what it says is added to the log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            tied_command(spec.command, spec.orphan_signal, spec.run_as),
            env={**os.environ, **spec.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=spec.directory,
            # Own session: a Ctrl-C at the terminal reaches only us, and we decide the order.
            start_new_session=True,
        )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Also when the process itself has ended: what it started shares its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def tied_command(
    command: tuple[str, ...], orphan_signal: signal.Signals, run_as: tuple[int, int] | None = None
) -> list[str]:
    """`command` behind `tied_exec`, so that it ends with the process that starts it."""
    uid, gid = run_as or (os.getuid(), os.getgid())
    program = [sys.executable, "-I", "-S", tied_exec.__file__]
    return [*program, str(os.getpid()), str(int(orphan_signal)), str(uid), str(gid), *command]


def answers_http(port: int, path: str = "/health/ready") -> Readiness:
    """Ready when GET `path` on 127.0.0.1:`port` answers 200."""

    def probe() -> str | None:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return f"GET {path}: {type(error).__name__}"
        finally:
            connection.close()
        return None if status == http.HTTPStatus.OK else f"GET {path} answers {status}"

    return probe


def last_lines(log: Path, count: int = _LOG_TAIL_LINES) -> list[str]:
    """The last lines of a log file, without blank ones; empty when there is no file."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()][-count:]
