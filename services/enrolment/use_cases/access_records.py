"""What decides who may see a person's claims: all editions of the policy, and the person's consents, in both times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from libs.contracts.access import AccessPolicyAdopted, ConsentGiven, ConsentRevoked
from libs.eventlog import EventLog, Recorded
from libs.eventlog.read import read_streams
from libs.eventlog.travel import Dated, dated
from libs.runtime.plain import plain
from services.enrolment.use_cases.adopt_policy import STREAM
from services.enrolment.use_cases.command_people import stream_of

_KINDS = (AccessPolicyAdopted, ConsentGiven, ConsentRevoked)


@dataclass(frozen=True)
class AccessRecords:
    """The use case with what it needs."""

    log: EventLog

    async def of(self, person_ids: Sequence[str]) -> dict[str, Any]:
        """`policies`, and `consents` by person: events, each with since when it is known and since when it holds."""
        streams = {stream_of(person_id): person_id for person_id in person_ids}
        async with self.log.pool.acquire() as connection:
            recorded = await read_streams(connection, self.log.source, [STREAM, *streams])
        by_stream: dict[str, list[Recorded]] = {}
        for one in recorded:
            by_stream.setdefault(one.stream_id, []).append(one)
        return {
            "policies": _told(dated(by_stream.get(STREAM, []))),
            "consents": {
                person_id: _told(dated(by_stream.get(stream, []))) for stream, person_id in streams.items()
            },
        }


def _told(events: Iterable[Dated]) -> list[dict[str, Any]]:
    return [
        {
            "type": one.recorded.type,
            "event": plain(one.event),
            "known_from": one.known_from.isoformat(),
            "effective_from": one.effective_from.isoformat(),
        }
        for one in events
        if isinstance(one.event, _KINDS)
    ]
