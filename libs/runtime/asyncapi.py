"""The AsyncAPI 3 document, made from the contract registry: handlers take raw bytes, so no framework can know it."""

from collections.abc import Mapping
from html import escape
from typing import Any

from pydantic.json_schema import models_json_schema

from libs.contracts import PUBLISHED, Event
from libs.eventlog.kafka import topic_of

_HEADERS = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "position"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid", "description": "the event's id, unique for ever"},
        "ce_source": {"type": "string", "description": "the publishing service"},
        "ce_type": {"type": "string", "description": "huiji.<service>.<type>.v<version>"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "what the event is about; also the record's key"},
        "position": {
            "type": "string",
            "description": "gapless position in the shard, which is the partition",
        },
        "stream": {"type": "string"},
        "streamversion": {"type": "string"},
        "hash": {"type": "string", "description": "hash chain of the shard, hex SHA-256"},
        "causedby": {"type": "string", "description": "id of the event that led to this one"},
        "traceparent": {"type": "string", "description": "W3C trace context"},
    },
}


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "td,th{text-align:left;padding:.1rem .8rem .1rem 0;vertical-align:top}summary{cursor:pointer}"
)


def asyncapi_document(service: str, subscriptions: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """What `service` sends to its topic and receives from others', with full payload schemas."""
    sends = PUBLISHED.get(service, ())
    receives = {
        source: tuple(kind for kind in PUBLISHED.get(source, ()) if kind.__name__ in types)
        for source, types in sorted(subscriptions.items())
    }
    return _document(f"Huiji {service}", ({service: sends} if sends else {}), receives)


def whole_asyncapi_document() -> dict[str, Any]:
    """Every topic of the platform, as a consumer outside sees it."""
    return _document("Huiji", {}, dict(PUBLISHED))


def _document(
    title: str, sends: Mapping[str, tuple[type[Event], ...]], receives: Mapping[str, tuple[type[Event], ...]]
) -> dict[str, Any]:
    kinds = {kind for group in (*sends.values(), *receives.values()) for kind in group}
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    _, definitions = models_json_schema(
        [(kind, "serialization") for kind in ordered], ref_template="#/components/schemas/{model}"
    )
    channels = {
        source: _channel(source, group) for source, group in sorted({**receives, **sends}.items()) if group
    }
    operations = {
        f"receive_{source}": _operation("receive", source) for source, group in receives.items() if group
    }
    operations |= {f"send_{source}": _operation("send", source) for source in sends}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": "1", "description": "Topic partitions are shards; see position."},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {_message_name(kind): _message(kind) for kind in ordered},
            "schemas": definitions.get("$defs", {}) | {"Headers": _HEADERS},
        },
    }


def _message_name(kind: type[Event]) -> str:
    return f"{kind.__name__}.v{kind.schema_version}"


def _channel(source: str, kinds: tuple[type[Event], ...]) -> dict[str, Any]:
    names = [_message_name(kind) for kind in kinds]
    return {
        "address": topic_of(source),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operation(action: str, source: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{source}"}}


def _message(kind: type[Event]) -> dict[str, Any]:
    return {
        "name": kind.__name__,
        "summary": (kind.__doc__ or "").strip().splitlines()[0],
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }


def asyncapi_page(service: str, subscriptions: Mapping[str, frozenset[str]]) -> str:
    """The document as one self-contained page: no script, nothing loaded from elsewhere."""
    document = asyncapi_document(service, subscriptions)
    rows = []
    for name, operation in document["operations"].items():
        channel = document["channels"][operation["channel"]["$ref"].rsplit("/", 1)[1]]
        rows.append(f"<h2>{escape(name)} <code>{escape(channel['address'])}</code></h2>")
        rows += [_message_html(message_name, document) for message_name in channel["messages"]]
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}: AsyncAPI</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>"
        f'<p><a href="/asyncapi.json">AsyncAPI 3 document</a></p>{"".join(rows)}</html>'
    )


def _message_html(name: str, document: dict[str, Any]) -> str:
    message = document["components"]["messages"][name]
    schema = document["components"]["schemas"][message["payload"]["$ref"].rsplit("/", 1)[1]]
    fields = "".join(
        f"<tr><td><code>{escape(field)}</code></td><td>{escape(_type_of(part))}</td>"
        f"<td>{escape(part.get('description', ''))}</td></tr>"
        for field, part in schema.get("properties", {}).items()
    )
    return (
        f"<details><summary><b>{escape(name)}</b> {escape(message['summary'])}</summary>"
        f"<table>{fields}</table></details>"
    )


def _type_of(part: dict[str, Any]) -> str:
    if "$ref" in part:
        return str(part["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in part:
        return " or ".join(_type_of(option) for option in part["anyOf"])
    if part.get("type") == "array":
        return f"list of {_type_of(part.get('items', {}))}"
    return str(part.get("format") or part.get("type") or "any")
