"""The edge's clock and ids: the only places that read the time and draw randomness."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils

from libs.eventlog.uuids import FastUUID


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def clock_with(offset_seconds: float) -> Callable[[], datetime]:
    """The clock of a process, wrong by so much in a drill."""
    if offset_seconds == 0:
        return utc_now
    offset = timedelta(seconds=offset_seconds)
    return lambda: utc_now() + offset


def new_id() -> UUID:
    """A UUIDv7: unique, and sortable by time."""
    return FastUUID(uuid_utils.uuid7().bytes)
