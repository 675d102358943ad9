"""A rebuild that goes on for as long as something else is measured."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.benchmarks.replay import rebuild_command


@asynccontextmanager
async def rebuilding(database_url: str) -> AsyncIterator[None]:
    """Within: the claims' read model is built as an operator builds it, and again as soon as it is there.

    The last one is waited for: what one leaves half built, the next goes on with.
    """
    command = rebuild_command(database_url, "--check")
    enough = asyncio.Event()

    async def build_again_and_again() -> None:
        while not enough.is_set():
            process = await asyncio.create_subprocess_exec(
                *command.arguments,
                env=command.environment,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            assert await process.wait() == 0, "what is built differs from live"

    building = asyncio.create_task(build_again_and_again())
    try:
        yield
    finally:
        enough.set()
        await building
