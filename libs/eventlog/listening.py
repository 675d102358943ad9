"""Being woken by other processes that append to a log: a command line, a second replica without a relay."""

import asyncio
from collections.abc import Callable

import structlog

from libs.eventlog.cancelling import heed_cancellation
from libs.eventlog.errors import is_operational
from libs.eventlog.log import EventLog, channel_of

logger = structlog.get_logger(__name__)


async def listen_for_appends(log: EventLog, wake: Callable[[], None], *, retry_seconds: float) -> None:
    """Until cancelled: call `wake` when anybody has appended, and whenever listening begins (again)."""
    while True:
        heed_cancellation()
        try:
            await _listen_once(log, wake)
        except Exception as error:
            if not is_operational(error):
                raise
            logger.info("relay_not_listening", source=log.source, error=type(error).__name__)
        await asyncio.sleep(retry_seconds)


async def _listen_once(log: EventLog, wake: Callable[[], None]) -> None:
    channel = channel_of(log.source)
    ended = asyncio.Event()

    def notified(*_: object) -> None:
        wake()

    def terminated(_: object) -> None:
        ended.set()

    async with log.pool.acquire() as connection:
        connection.add_termination_listener(terminated)
        try:
            await connection.add_listener(channel, notified)
            wake()
            await ended.wait()
        finally:
            connection.remove_termination_listener(terminated)
            if not connection.is_closed():
                await connection.remove_listener(channel, notified)
