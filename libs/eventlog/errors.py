"""What can go wrong in the kernel, each error named as the fact."""

import asyncio

import asyncpg


class EventLogError(Exception):
    """Something is wrong with an event log."""

    code = "event_log_error"


class ConcurrencyConflict(EventLogError):
    """Another writer appended to a stream first: load again and decide again."""

    code = "concurrency_conflict"

    def __init__(self, detail: str) -> None:
        super().__init__(f"a stream is not at the expected version: {detail}")


class ChainBroken(EventLogError):
    """A stored event does not match the hash chain."""

    code = "chain_broken"

    def __init__(self, source: str, shard: int, position: int, detail: str) -> None:
        super().__init__(f"{source} shard {shard} breaks at position {position}: {detail}")
        self.shard = shard
        self.position = position


class SourceUnreachable(EventLogError):
    """A source's log could not be read; its gap stays open until it answers."""

    code = "source_unreachable"

    def __init__(self, source: str, detail: str) -> None:
        super().__init__(f"the log of {source} cannot be read: {detail}")


class ShardCountDiffers(EventLogError):
    """The deployment was created with another number of shards, which is fixed for its life."""

    code = "shard_count_differs"

    def __init__(self, stored: int, configured: int) -> None:
        super().__init__(
            f"the log has {stored} shards, the settings say {configured}; the number never changes"
        )


class TooManyParked(EventLogError):
    """Most of what arrives cannot be processed: that is a fault of ours, not of single claims."""

    code = "too_many_parked"

    def __init__(self, parked: int, seen: int) -> None:
        super().__init__(f"{parked} of the last {seen} events could not be processed: consumption is held")


def is_operational(error: BaseException) -> bool:
    """True when trying again may help: the fault lies with connections or contention, not with the event.

    A missing table counts: it means a deployment that is not migrated yet, and must not park a city's claims.
    """
    return isinstance(
        error,
        ConcurrencyConflict
        | SourceUnreachable
        | asyncpg.InterfaceError
        | asyncpg.PostgresConnectionError
        | asyncpg.OperatorInterventionError
        | asyncpg.InsufficientResourcesError
        | asyncpg.TransactionRollbackError
        | asyncpg.LockNotAvailableError
        | asyncpg.UndefinedTableError
        | asyncio.TimeoutError
        | OSError,
    )
