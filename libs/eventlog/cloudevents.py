"""A recorded event as a CloudEvents 1.0 object in JSON, one per line: readable by whoever knows the standard.

`data` is the body as JSON when writing that JSON again gives the very bytes that were hashed; else `data_base64` has
the bytes. So nothing is lost, and the hash chain can be verified from these lines alone.
"""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from libs.eventlog.envelope import EnvelopeUnreadable
from libs.eventlog.event import Recorded


def to_cloudevent(event: Recorded) -> bytes:
    """One line; `shard`, `position`, `stream`, `streamversion` and `hash` are extension attributes of ours."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event.event_id),
        "source": event.source,
        "type": f"huiji.{event.source}.{event.type}.v{event.schema_version}",
        "time": event.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "subject": event.subject,
        "datacontenttype": "application/json",
        "shard": event.shard,
        # Integers of CloudEvents end at 2^31; positions need not.
        "position": str(event.position),
        "stream": event.stream_id,
        "streamversion": event.version,
        "hash": event.hash.hex(),
    }
    if event.caused_by is not None:
        attributes["causedby"] = str(event.caused_by)
    if event.traceparent is not None:
        attributes["traceparent"] = event.traceparent
    return orjson.dumps(attributes | _data(event.body))


def _data(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"data_base64": base64.b64encode(body).decode()}
    # Large integers and repeated names do not survive being read; then only the bytes will do.
    return {"data": data} if orjson.dumps(data) == body else {"data_base64": base64.b64encode(body).decode()}


def from_cloudevent(line: bytes) -> Recorded:
    """The inverse of `to_cloudevent`. Raises EnvelopeUnreadable."""
    try:
        fields: dict[str, Any] = orjson.loads(line)
        _, source, type_name, version = fields["type"].split(".")
        encoded = fields.get("data_base64")
        caused_by = fields.get("causedby")
        return Recorded(
            source=source,
            shard=int(fields["shard"]),
            position=int(fields["position"]),
            stream_id=fields["stream"],
            version=int(fields["streamversion"]),
            event_id=UUID(fields["id"]),
            type=type_name,
            schema_version=int(version.removeprefix("v")),
            subject=fields["subject"],
            recorded_at=datetime.fromisoformat(fields["time"]),
            caused_by=UUID(caused_by) if caused_by else None,
            traceparent=fields.get("traceparent"),
            body=orjson.dumps(fields["data"])
            if encoded is None
            else base64.b64decode(encoded, validate=True),
            hash=bytes.fromhex(fields["hash"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EnvelopeUnreadable(f"not a CloudEvents line of a log: {type(error).__name__}") from None
