"""What is parked, looked at from all sides, and retried across services in causal order."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import orjson

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import Refused, ask
from services.operations.adapters.histories import Histories, Moment

_NOT_FOUND = 404


def look_at_parked(histories: Histories, service: str, subject: str) -> dict[str, Any]:
    """`parked`: the events beside their errors and what amends them; `states`: of the streams that they touch."""
    running = histories.running
    rows = ask(f"{running.url(service)}/parked/{quote(subject, safe='')}", token=histories.token)
    for row in rows:
        place = f"{running.url(row['source'])}/amendments/{row['shard']}/{row['position']}"
        row["amendments"] = ask(place, token=histories.token)["amendments"]
    streams = dict.fromkeys(stream for row in rows for stream in _touched(row, subject))
    states = {}
    for stream_id in streams:
        answer = histories.state(service, stream_id, Moment(), {})
        if answer is not None:
            states[stream_id] = answer["state"]
    return {"parked": rows, "states": states}


def _touched(row: dict[str, Any], subject: str) -> list[str]:
    """Streams are named by what they are of; a body that cannot be read names nothing."""
    try:
        body = orjson.loads(row["event"]["body"])
        person_id = body.get("person_id")
    except (orjson.JSONDecodeError, AttributeError):
        return [subject]
    return [subject, f"person-{person_id}"] if person_id else [subject]


def retry_everywhere(
    running: RunningAt, services: Sequence[str], token: str, reason: str | None
) -> dict[str, int]:
    """Retry what is parked, service by service in the order of the topology: a cause before what follows from it.

    What a service makes of it arrives behind what is parked downstream, and is retried there after it.
    """
    totals = Counter(subjects=0, retried=0, still_parked=0)
    for service in services:
        after: int | None = 0
        while after is not None:
            try:
                body = {"reason": reason, "after": after}
                done = ask(f"{running.url(service)}/parked/retry", body, token=token)
            except Refused as refusal:
                # A service that consumes nothing parks nothing.
                if refusal.status != _NOT_FOUND:
                    raise
                break
            after = done.pop("next_after")
            totals.update(done)
    return dict(totals)
