"""Streams as they were: known by a moment (recording time), or in effect at a moment (service time), or both.

`known_at` asks what we knew: the events that were recorded by then. `at` asks how things were, by all that is known:
the events that had taken effect by then (`libs.contracts.effect`). A claim of last month that is recorded today was
in effect last month, and was not known then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from libs.contracts import ClaimEvent, Event
from libs.contracts.city_time import CITY_ZONE
from libs.contracts.effect import day_of_service, effect_of
from libs.eventlog.event import Recorded


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of view: None is "now" for knowledge, and "ever" for effect; both None is the live state."""

    at: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """An event of a stream with its two times. `known_from` is never before that of the stream's earlier events."""

    recorded: Recorded
    event: Event
    known_from: datetime
    effective_from: datetime


def known_from(events: Iterable[Recorded]) -> list[datetime]:
    """Since when each event of one stream, in order, is known.

    A transaction's time is its start: of two that raced, the later version may bear the earlier time. Nobody knew the
    one without the other, so the time of knowledge never goes back.
    """
    known: list[datetime] = []
    for event in events:
        known.append(event.recorded_at if not known else max(known[-1], event.recorded_at))
    return known


def dated(events: Sequence[Recorded], claim_days: Mapping[str, date] | None = None) -> list[Dated]:
    """The events of one stream, in order, with their times. Raises a contract error for one that cannot be read.

    `claim_days` are days of service that the stream itself does not say; a claim's newest own one counts before them.
    """
    decoded = [recorded.decode() for recorded in events]
    days = dict(claim_days or {})
    for event in decoded:
        day = day_of_service(event)
        if day is not None and isinstance(event, ClaimEvent):
            days[event.claim_id] = day
    since: dict[str, datetime] = {}
    found = []
    for recorded, event, known in zip(events, decoded, known_from(events), strict=True):
        matter, moment = _effect(event, known, days)
        since[matter] = max(since.get(matter, moment), moment)
        found.append(Dated(recorded, event, known, since[matter]))
    return found


def as_of(
    events: Sequence[Recorded], moment: Moment, claim_days: Mapping[str, date] | None = None
) -> list[Dated]:
    """Those of a stream's events, given in order, that were known and in effect at the moment."""
    known = [
        recorded
        for recorded, since in zip(events, known_from(events), strict=True)
        if moment.known_at is None or since <= moment.known_at
    ]
    # Dated by what was known then: a correction of the day of service that came later does not count.
    return [one for one in dated(known, claim_days) if moment.at is None or one.effective_from <= moment.at]


def _effect(event: Event, known: datetime, days: Mapping[str, date]) -> tuple[str, datetime]:
    effect = effect_of(event)
    since = effect.since
    if since == "day_of_service":
        since = days.get(event.claim_id, "recording") if isinstance(event, ClaimEvent) else "recording"
    if isinstance(since, datetime):
        # Another's clock may be ahead of ours; what was done had been done when we heard of it.
        return effect.matter, min(since, known)
    if isinstance(since, date):
        return effect.matter, datetime.combine(since, time.min, CITY_ZONE)
    return effect.matter, known
