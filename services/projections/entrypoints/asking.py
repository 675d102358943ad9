"""What the entrypoints of the read models share: who asks, and how many rows."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Query

from libs.eventlog import EventLog
from libs.runtime.readers import Asking, ReaderFile, reading_desk
from libs.runtime.staff import Staff
from services.projections.adapters.access_records import AccessRecords
from services.projections.use_cases.look import Limited, Look, Unlimited

# What is known of a claim before intake was heard has no time yet.
NEWEST_FIRST = "order by received_at desc nulls last"

Limit = Annotated[int, Query(ge=1, le=1_000)]
LookOf = Callable[..., Look]
"""A FastAPI dependency: how whoever sends a request sees the read models."""


def unlimited(log: EventLog) -> LookOf:
    """Of a deployment that names no readers: everybody sees everything, and nothing is recorded."""
    look = Unlimited(log)
    return lambda: look


def limited(log: EventLog, readers: ReaderFile, staff: Staff | None, records: AccessRecords) -> LookOf:
    """Whoever shows a reader's token sees what the access policy shows them; staff who operate read as operators."""
    who = reading_desk(readers, staff)

    def look(asking: Annotated[Asking, Depends(who)]) -> Look:
        return Limited(log, records, asking)

    return look
