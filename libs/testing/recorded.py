"""A recorded event without a log, for what only looks at one."""

from uuid import NAMESPACE_OID, uuid5

from libs import contracts
from libs.contracts import Event
from libs.eventlog import Recorded
from libs.testing.heard_events import NOW


def a_recorded(source: str, event: Event, position: int = 1) -> Recorded:
    """The event as `source` would have recorded it at `position`; its hash is none."""
    return Recorded(
        source=source,
        shard=0,
        position=position,
        stream_id=event.subject(),
        version=1,
        event_id=uuid5(NAMESPACE_OID, f"{source}/{position}/{event.subject()}"),
        type=contracts.event_type(event),
        schema_version=event.schema_version,
        subject=event.subject(),
        recorded_at=NOW,
        caused_by=None,
        traceparent=None,
        body=contracts.encode(event),
        hash=bytes(32),
    )
