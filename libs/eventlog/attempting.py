"""How often a transaction is tried: a race that is lost is tried again, what fails by itself is not for long."""

import asyncio
from collections.abc import Awaitable, Callable

from libs.eventlog.errors import ConcurrencyConflict, is_operational

# Losing a race is normal, losing it again and again alone is a decision that can never be appended.
CONFLICTS_OF_A_BATCH = 3
CONFLICTS_OF_ONE = 8
# Alone and with nothing cached an event gets a second chance before it is called poisoned.
FAILURES_OF_ONE = 2
PAUSE_SECONDS = 0.01


async def attempt(
    transaction: Callable[[], Awaitable[None]], events: int, on_failure: Callable[[Exception], None]
) -> None:
    """Run a transaction of so many events until it commits, or has failed as often as it may: then raises why.

    `on_failure` hears of every failure, before the next attempt.
    """
    failures = 0
    while True:
        try:
            await transaction()
        except Exception as error:
            on_failure(error)
            failures += 1
            if failures >= _attempts(error, events):
                raise
            await asyncio.sleep(PAUSE_SECONDS * 2**failures)
        else:
            return


def holds_all(error: Exception) -> bool:
    """True when the fault lies outside what is processed: nothing is to be blamed for it, or parked."""
    return is_operational(error) and not isinstance(error, ConcurrencyConflict)


def _attempts(error: Exception, events: int) -> int:
    """How often a transaction of so many events may fail this way before its caller hears of it."""
    if isinstance(error, ConcurrencyConflict):
        return CONFLICTS_OF_ONE if events == 1 else CONFLICTS_OF_A_BATCH
    if is_operational(error):
        return 1
    return FAILURES_OF_ONE if events == 1 else 1
