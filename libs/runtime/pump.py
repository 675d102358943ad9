"""Work that is not done inside a consumer's transaction: look-ups, sending, polling, deadlines."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from libs.eventlog import is_operational
from libs.eventlog.cancelling import heed_cancellation

logger = structlog.get_logger(__name__)


class Pump:
    """Calls `step` while it finds work, then waits to be woken or for `interval_seconds`.

    A step that finds less than `full` has found all there was, and is not asked again before it is woken. After a round
    that found work it rests for `rest_seconds`, so that a little work gathers into one.
    A step that fails for an operational reason, or raises one of `retryable`, is tried again after a growing
    pause; any other error ends the pump, and with it the service: it is a fault of ours.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[int]],
        *,
        interval_seconds: float,
        full: int = 1,
        rest_seconds: float = 0.0,
        retryable: tuple[type[Exception], ...] = (),
        longest_pause_seconds: float = 5.0,
    ) -> None:
        self.name = name
        self._step = step
        self._interval_seconds = interval_seconds
        self._full = full
        self._rest_seconds = rest_seconds
        self._retryable = retryable
        self._longest_pause_seconds = longest_pause_seconds
        self._awake = asyncio.Event()
        self._failures = 0
        self.failing: str | None = None

    def wake(self) -> None:
        """There may be work now."""
        self._awake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            heed_cancellation()
            self._awake.clear()
            try:
                worked = await self._round()
                self.failing, self._failures = None, 0
            except Exception as error:
                if not (isinstance(error, self._retryable) or is_operational(error)):
                    raise
                self._failures += 1
                self.failing = f"{type(error).__name__}: {error}"
                logger.warning(
                    "pump_failing", pump=self.name, error=type(error).__name__, failures=self._failures
                )
                await asyncio.sleep(min(0.1 * 2**self._failures, self._longest_pause_seconds))
                continue
            if worked:
                await asyncio.sleep(self._rest_seconds)
            await self._wait()

    async def _round(self) -> bool:
        """Steps until one finds less than it could; whether any found something."""
        worked = False
        while found := await self._step():
            worked, self.failing, self._failures = True, None, 0
            if found < self._full:
                break
        return worked

    async def _wait(self) -> None:
        try:
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the wake-up.
            async with asyncio.timeout(self._interval_seconds):
                await self._awake.wait()
        except TimeoutError:
            return
