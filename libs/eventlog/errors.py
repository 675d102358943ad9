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


class PositionNotServed(SourceUnreachable):
    """A source announced an event that its own log does not have: a restored backup, or a foreign topic."""

    code = "position_not_served"

    def __init__(self, source: str, shard: int, position: int) -> None:
        super().__init__(source, f"position {position} of shard {shard} is not in it")


class SourceWentBack(EventLogError):
    """A source's log ends before what was already processed of it: its newer events would be taken for old ones."""

    code = "source_went_back"

    def __init__(self, source: str, shard: int, processed: int, head: int) -> None:
        super().__init__(f"{source} shard {shard} ends at {head}, but {processed} was already processed")


class CheckpointMoved(EventLogError):
    """A checkpoint is not where this process left it: deliver again from where it stands."""

    code = "checkpoint_moved"

    def __init__(self, source: str, shard: int, stored: int, delivered: int) -> None:
        super().__init__(f"{source} shard {shard} stands at {stored}, delivered was {delivered}")


class NewerThanThisCode(EventLogError):
    """An event was written by newer code than this: its lane waits for the upgrade, and nothing is parked."""

    code = "newer_than_this_code"

    def __init__(
        self, source: str, shard: int, position: int, type_name: str, version: int, known: int | None
    ) -> None:
        knows = "does not know this type" if known is None else f"knows version {known}"
        super().__init__(
            f"upgrade this service: {source} shard {shard} position {position} is {type_name} version {version},"
            f" this code {knows}"
        )
        self.lane = (source, shard)


class UnknownLane(EventLogError):
    """An event of a source or shard that this deployment does not have."""

    code = "unknown_lane"

    def __init__(self, source: str, shard: int) -> None:
        super().__init__(f"no source {source} with shard {shard} is consumed here")


class EventTooLarge(EventLogError):
    """An event's body is larger than what every broker takes: it could be recorded but never published."""

    code = "event_too_large"

    def __init__(self, type_name: str, stream_id: str, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"{type_name} for {stream_id} has {size_bytes} bytes, the limit is {limit_bytes}")


class LogIsArchive(EventLogError):
    """The log was imported to be looked at, not to be gone on with."""

    code = "log_is_archive"

    def __init__(self, source: str) -> None:
        super().__init__(
            f"the log of {source} is an archive: its deployment may still run elsewhere, and would pay twice with this"
        )


class LogIsNewer(EventLogError):
    """The log has events that newer code wrote: whoever cannot read what it has said must not go on with it."""

    code = "log_is_newer"

    def __init__(self, source: str, type_name: str, version: int) -> None:
        super().__init__(
            f"{source} has recorded {type_name} version {version}, which this code does not know: a service does not go"
            " back behind what it has said; start the release that said it, or a later one"
        )


class SchemaIsNewer(EventLogError):
    """A newer release has changed the tables in a way that this code cannot work with."""

    code = "schema_is_newer"

    def __init__(self, schema: str, name: str, why: str) -> None:
        super().__init__(
            f"migration {name} of {schema} closes the database to code that does not have it ({why}): start the"
            " release that brought it, or a later one"
        )


class ArchiveAway(EventLogError):
    """A body lies in the archive, and the archive is not there: nothing is lost, and whoever asks waits for it."""

    code = "archive_away"

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"the archive cannot be read: {path}: {why}")


class ArchiveDamaged(EventLogError):
    """What the archive has is not what was put there: no body of it is believed."""

    code = "archive_damaged"

    def __init__(self, name: str, first_position: int, last_position: int, why: str) -> None:
        super().__init__(
            f"the archive is damaged: {name}, events of positions {first_position} to {last_position}: {why}"
        )


class LogDamaged(EventLogError):
    """A shard's row points at positions that are taken: no retry helps, the log was tampered with or half restored."""

    code = "log_damaged"

    def __init__(self, detail: str) -> None:
        super().__init__(f"the next positions of a shard are already taken: {detail}")


class TooManyParked(EventLogError):
    """Most of what arrives cannot be processed: that is a fault of ours, not of single claims."""

    code = "too_many_parked"

    def __init__(self, parked: int, seen: int) -> None:
        super().__init__(f"{parked} of the last {seen} events could not be processed: consumption is held")


def blame(error: BaseException, event: object) -> None:
    """Note on an error which recorded event it came of; the first to know is believed.

    Who says so has kept nothing in memory of the attempt: what others have cached is not forgotten for it.
    """
    if not hasattr(error, _BLAMED):
        setattr(error, _BLAMED, event)


def blamed(error: BaseException) -> object | None:
    """The recorded event that an error came of, when whoever raised it knew."""
    return getattr(error, _BLAMED, None)


_BLAMED = "_huiji_blamed_event"


def is_operational(error: BaseException) -> bool:
    """True when trying again may help: the fault lies with connections or contention, not with the event.

    A database that takes no writes counts: it is the old primary after a failover. A missing table counts: it means
    a deployment that is not migrated yet, and must not park a city's claims. A value that does not fit its column
    does not count, though asyncpg derives that error from its InterfaceError too. asyncpg's InternalClientError is what
    it says when the server has ended a session while it was idle (asyncpg issues 784 and 1069).
    """
    if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
        return False
    return isinstance(
        error,
        ConcurrencyConflict
        | CheckpointMoved
        | SourceUnreachable
        | ArchiveAway
        | asyncpg.InterfaceError
        | asyncpg.InternalClientError
        | asyncpg.PostgresConnectionError
        | asyncpg.OperatorInterventionError
        | asyncpg.InsufficientResourcesError
        | asyncpg.TransactionRollbackError
        | asyncpg.LockNotAvailableError
        | asyncpg.ReadOnlySQLTransactionError
        | asyncpg.UndefinedTableError
        | asyncio.TimeoutError
        | OSError,
    )


class SigningKeyUnusable(EventLogError):
    """A service's key for its roots, or the file of what it has signed, cannot be read."""

    code = "signing_key_unusable"

    def __init__(self, file: str, detail: str) -> None:
        super().__init__(f"{file} cannot be used to sign roots: {detail}")


class RootsRewritten(EventLogError):
    """The log's roots are not those that were signed: nothing more is signed."""

    code = "roots_rewritten"

    def __init__(self, source: str, shard: int, number: int) -> None:
        super().__init__(f"root {number} of {source}/{shard} is not published any more as it was signed")
