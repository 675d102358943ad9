"""Work that is not done inside a consumer's transaction: look-ups, sending, polling, deadlines."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from libs.eventlog import is_operational

logger = structlog.get_logger(__name__)


class Pump:
    """Calls `step` while it finds work, then waits to be woken or for `interval_seconds`.

    A step that fails for an operational reason, or raises one of `retryable`, is tried again after a growing
    pause; any other error ends the pump, and with it the service: it is a fault of ours.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[int]],
        *,
        interval_seconds: float,
        retryable: tuple[type[Exception], ...] = (),
        longest_pause_seconds: float = 5.0,
    ) -> None:
        self.name = name
        self._step = step
        self._interval_seconds = interval_seconds
        self._retryable = retryable
        self._longest_pause_seconds = longest_pause_seconds
        self._awake = asyncio.Event()
        self.failing: str | None = None

    def wake(self) -> None:
        """There may be work now."""
        self._awake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        failures = 0
        while True:
            self._awake.clear()
            try:
                while await self._step():
                    self.failing, failures = None, 0
                self.failing, failures = None, 0
            except Exception as error:
                if not (isinstance(error, self._retryable) or is_operational(error)):
                    raise
                failures += 1
                self.failing = f"{type(error).__name__}: {error}"
                logger.warning("pump_failing", pump=self.name, error=type(error).__name__, failures=failures)
                await asyncio.sleep(min(0.1 * 2**failures, self._longest_pause_seconds))
                continue
            await self._wait()

    async def _wait(self) -> None:
        try:
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the wake-up.
            async with asyncio.timeout(self._interval_seconds):
                await self._awake.wait()
        except TimeoutError:
            return
