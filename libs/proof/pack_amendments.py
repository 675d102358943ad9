"""Amendments in an evidence pack: each is about an event of the pack, and says how that one counts.

Of the standard library alone, as the verifier is: it stands in the pack's `verify.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

AMENDMENTS = ("PatchProposed", "EventPatched", "EventAnnulled")
_COUNTS = {"EventPatched": "counts as patched", "EventAnnulled": "counts not at all: annulled"}


def faults_of_amendments(events: Iterable[dict[str, Any]]) -> Iterator[str]:
    """What is wrong with the amendments: each has its event in the pack, as hashed, and amends it once."""
    recorded = {(event["event_id"], _place(event)): event for event in events}
    decided = set()
    for event in recorded.values():
        if event["type"] not in AMENDMENTS:
            continue
        body = json.loads(event["body"])
        amended = recorded.get((body["event_id"], _about(event, body)))
        if amended is None:
            yield f"{_place(event)} amends an event that is not in the pack"
            continue
        if body["event_hash"] != amended["hash"]:
            yield f"{_place(event)} amends an event of another hash"
        if event["subject"] != "amendment-" + body["event_id"]:
            yield f"{_place(event)} has another subject"
        if event["type"] in _COUNTS and body["event_id"] in decided:
            yield f"{_place(event)} amends an event for the second time"
        if event["type"] in _COUNTS:
            decided.add(body["event_id"])


def how_amended(events: Iterable[dict[str, Any]]) -> list[str]:
    """What counts otherwise than it was recorded, for those who could not process it; a line each."""
    lines = []
    for event in events:
        if event["type"] in _COUNTS:
            body = json.loads(event["body"])
            amended = f"{_about(event, body)} {body['event_type']}"
            counts = f"{_COUNTS[event['type']]} by {_place(event)}"
            lines.append(f"{amended} {counts}, for those who could not process it")
    return lines


def _about(event: dict[str, Any], body: dict[str, Any]) -> str:
    return f"{event['source']}/{event['shard']}/{body['position']}"


def _place(event: dict[str, Any]) -> str:
    return f"{event['source']}/{event['shard']}/{event['position']}"
