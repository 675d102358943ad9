"""A recorded event on the wire: CloudEvents 1.0 headers on Kafka (binary mode), one JSON object per line by HTTP."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from libs.eventlog.errors import EventLogError
from libs.eventlog.event import Recorded
from libs.eventlog.hash_chain import in_utc
from libs.eventlog.uuids import FastUUID

Headers = list[tuple[str, bytes]]


class EnvelopeUnreadable(EventLogError):
    """A message is not one of our events."""

    code = "envelope_unreadable"


def to_headers(event: Recorded) -> Headers:
    """CloudEvents attributes; `position`, `stream` and their like are extension attributes of ours."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(event.event_id).encode()),
        ("ce_source", event.source.encode()),
        ("ce_type", f"huiji.{event.source}.{event.type}.v{event.schema_version}".encode()),
        ("ce_time", in_utc(event.recorded_at)),
        ("ce_subject", event.subject.encode()),
        ("content-type", b"application/json"),
        ("position", b"%d" % event.position),
        ("stream", event.stream_id.encode()),
        ("streamversion", b"%d" % event.version),
        ("hash", event.hash.hex().encode()),
    ]
    if event.caused_by is not None:
        headers.append(("causedby", str(event.caused_by).encode()))
    if event.traceparent is not None:
        headers.append(("traceparent", event.traceparent.encode()))
    return headers


def from_headers(shard: int, headers: Iterable[tuple[str, bytes]], body: bytes) -> Recorded:
    """The recorded event of a Kafka record of partition `shard`. Raises EnvelopeUnreadable."""
    fields = dict(headers)
    try:
        source, type_name, version = _split_type(fields["ce_type"])
        caused_by = fields.get("causedby")
        traceparent = fields.get("traceparent")
        return Recorded(
            source=source,
            shard=shard,
            position=int(fields["position"]),
            stream_id=fields["stream"].decode(),
            version=int(fields["streamversion"]),
            event_id=FastUUID(fields["ce_id"].decode()),
            type=type_name,
            schema_version=version,
            subject=fields["ce_subject"].decode(),
            recorded_at=datetime.fromisoformat(fields["ce_time"].decode()),
            caused_by=FastUUID(caused_by.decode()) if caused_by else None,
            traceparent=traceparent.decode() if traceparent else None,
            body=body,
            hash=bytes.fromhex(fields["hash"].decode()),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EnvelopeUnreadable(f"a header is missing or malformed: {type(error).__name__}") from None


def to_json(event: Recorded) -> bytes:
    """One line of a log as served, exported and parked; the body stays the exact text that was hashed."""
    return orjson.dumps(
        {
            "source": event.source,
            "shard": event.shard,
            "position": event.position,
            "stream_id": event.stream_id,
            "version": event.version,
            "event_id": str(event.event_id),
            "type": event.type,
            "schema_version": event.schema_version,
            "subject": event.subject,
            "recorded_at": event.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "caused_by": str(event.caused_by) if event.caused_by else None,
            "traceparent": event.traceparent,
            "body": event.body.decode(),
            "hash": event.hash.hex(),
        }
    )


def from_json(line: bytes) -> Recorded:
    """The inverse of `to_json`. Raises EnvelopeUnreadable."""
    try:
        raw: dict[str, Any] = orjson.loads(line)
        raw["event_id"] = FastUUID(raw["event_id"])
        raw["recorded_at"] = datetime.fromisoformat(raw["recorded_at"])
        raw["caused_by"] = FastUUID(raw["caused_by"]) if raw["caused_by"] else None
        raw["body"] = raw["body"].encode()
        raw["hash"] = bytes.fromhex(raw["hash"])
        return Recorded(**raw)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EnvelopeUnreadable(f"not a line of a log: {type(error).__name__}") from None


@lru_cache(maxsize=1_024)
def _split_type(attribute: bytes) -> tuple[str, str, int]:
    _, source, type_name, version = attribute.decode().split(".")
    return source, type_name, int(version.removeprefix("v"))
