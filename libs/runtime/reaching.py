"""Wait for a broker that is not there yet: services start in any order, and come back while it is away."""

import asyncio
from contextlib import suppress
from typing import Protocol

import structlog
from aiokafka.errors import KafkaError

logger = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0


class Connecting(Protocol):
    """What needs the broker."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect, also after a start that failed half way."""


async def reach(
    topic: Connecting, stop: asyncio.Event, first_pause_seconds: float = FIRST_PAUSE_SECONDS
) -> bool:
    """Connect, however long the broker takes; False when the service is to stop before that.

    Who ends instead and is started again is taken for broken after a few times, while the broker is what is missing.
    """
    pause = first_pause_seconds
    while not stop.is_set():
        try:
            await topic.start()
        except (KafkaError, OSError, TimeoutError) as error:
            logger.warning("broker_not_reached", error=f"{type(error).__name__}: {error}")
            await topic.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        else:
            return True
    return False
