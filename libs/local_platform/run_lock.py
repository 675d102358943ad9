"""One run of the platform per directory; the lock is the kernel's, so a crash leaves none behind."""

import fcntl
import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from libs.local_platform.errors import AlreadyRunning

_POLL_SECONDS = 0.05


class RunLock:
    """Holds `directory`/lock while in use as a context manager; raises `AlreadyRunning` when another process has it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / "lock"
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise AlreadyRunning(self._directory, self._written_pid()) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._descriptor is not None
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = None

    def holder(self) -> int | None:
        """Process id of whoever holds the lock now, None when it is free."""
        if not self._path.exists():
            return None
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._written_pid()
        finally:
            os.close(descriptor)
        return None

    def stop_holder(self, timeout_seconds: float) -> bool:
        """SIGTERM to the holder, then wait until the lock is free. False when nobody held it.

        Raises `TimeoutError` when the holder still has it after `timeout_seconds`.
        """
        pid = self.holder()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout_seconds
        while self.holder() is not None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {pid} did not stop within {timeout_seconds:.0f} s")
            time.sleep(_POLL_SECONDS)
        return True

    def _written_pid(self) -> int | None:
        text = self._path.read_text().strip()
        return int(text) if text.isdigit() else None
