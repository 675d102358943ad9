"""The edge's clock and ids: the only places that read the time and draw randomness."""

from datetime import UTC, datetime
from uuid import UUID

import uuid_utils


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUIDv7: unique, and sortable by time."""
    return UUID(int=uuid_utils.uuid7().int)
