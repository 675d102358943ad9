"""Being cancelled, though what was awaited has swallowed it."""

import asyncio


def heed_cancellation() -> None:
    """Raise CancelledError when the running task was cancelled and has gone on all the same.

    Every loop that runs until it is cancelled calls this in each round. asyncio's `wait_for` of Python 3.11 loses a
    cancellation that comes together with its answer (CPython issue 86296), and clients for Kafka and PostgreSQL await
    by it: a service that was told to stop would then wait for such a loop for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
