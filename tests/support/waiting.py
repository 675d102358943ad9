"""Waiting on what must become true, never on time alone."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

from libs.testing.waiting import PATIENCE_SECONDS

POLL_SECONDS = 0.02


async def until(fact: Callable[[], bool | Awaitable[bool]], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `fact` is true. Raises AssertionError with its source after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = fact()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not true within {seconds} s: {inspect.getsource(fact).strip()}")
        await asyncio.sleep(POLL_SECONDS)
