"""Which claims' bodies may be put away, and whether somebody may do it now. Pure.

A claim is closed when it is finally decided and settled, waits for nobody, and nothing was recorded of it since a
moment. What goes is decided by stream: a person's stream is of several claims, and goes when all of them are closed,
so that whoever folds it for a claim that is still open needs no archive.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.contracts import Event
from libs.contracts.city_time import CITY_ZONE
from libs.contracts.operations import (
    ArchivingApproved,
    ArchivingFinished,
    ArchivingPlanned,
    ArchivingStarted,
    ArchivingWithdrawn,
)
from services.operations.domain.errors import OperationsError

CLAIM = "claim-"
SINCE, UNKNOWN, SHARED = "recorded_since", "not_in_read_models", "shares_a_stream"


class ArchivingUnknown(OperationsError):
    """No archiving of this id was planned."""

    code = "archiving_unknown"

    def __init__(self, archiving_id: str) -> None:
        super().__init__(f"no archiving {archiving_id} was planned here")


class ArchivingNeedsAnother(OperationsError):
    """Whoever planned it cannot approve it."""

    code = "needs_another_person"

    def __init__(self, who: str) -> None:
        super().__init__(f"{who} has planned it: somebody else has to approve it")


class ArchivingNotApproved(OperationsError):
    """Nothing is put away that a second person has not agreed to."""

    code = "not_approved"

    def __init__(self, archiving_id: str) -> None:
        super().__init__(f"nobody has approved {archiving_id} yet: huiji archive approve {archiving_id}")


class ArchivingBegun(OperationsError):
    """Something of it may lie in the archive: it cannot be withdrawn any more."""

    code = "archiving_begun"

    def __init__(self, archiving_id: str) -> None:
        super().__init__(
            f"{archiving_id} has begun: run it to its end,\nthen bring back what went (huiji archive restore)"
        )


class ArchivingOver(OperationsError):
    """It has ended, or was withdrawn."""

    code = "archiving_over"

    def __init__(self, archiving_id: str) -> None:
        super().__init__(f"{archiving_id} is over; plan another one")


class NothingToArchive(OperationsError):
    """No claim is closed since before the moment, or all that are lie in the archive already."""

    code = "nothing_to_archive"

    def __init__(self, stay: Mapping[str, int]) -> None:
        why = ", ".join(f"{count} {reason}" for reason, count in sorted(stay.items()))
        super().__init__(f"no body is to be put away; claims stay: {why or 'there are none'}")


class CutOffAhead(OperationsError):
    """Claims of which something was recorded since a moment stay; a moment to come says nothing."""

    code = "cut_off_ahead"

    def __init__(self, before: datetime) -> None:
        super().__init__(f"{before.astimezone(CITY_ZONE):%Y-%m-%dT%H:%M} in Shanghai is still to come")


class ConsumersBehind(OperationsError):
    """Who has not heard all that was recorded before the moment may still have something to say."""

    code = "consumers_behind"

    def __init__(self, behind: Sequence[str]) -> None:
        super().__init__(
            f"not everybody has heard what was recorded until then: {', '.join(behind)} (huiji lag); plan it later"
        )


@dataclass(frozen=True, slots=True)
class Part:
    """What one stream of a log has of one subject: how many bodies are in the table, and their bytes."""

    source: str
    stream_id: str
    subject: str
    last_recorded: datetime
    events: int
    body_bytes: int


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes of a shard, and why claims stay, each for one reason."""

    going: tuple[Part, ...]
    stay: Mapping[str, str]

    @property
    def claims(self) -> set[str]:
        """Claims of which something goes."""
        return {part.subject for part in self.going}


def choose(parts: Sequence[Part], standing: Mapping[str, str | None], before: datetime) -> Choice:
    """Of all that the logs have of the claims of a shard, what goes.

    `standing`: by claim id what it waits for; None: it is closed as far as the services' tables tell.
    """
    ours = [part for part in parts if part.subject.startswith(CLAIM)]
    stay = _open_claims(ours, standing, before)
    held: dict[tuple[str, str], bool] = {}
    for part in ours:
        place = (part.source, part.stream_id)
        held[place] = held.get(place, False) or part.subject in stay
    there = [part for part in ours if part.events and part.subject not in stay]
    going = tuple(part for part in there if not held[part.source, part.stream_id])
    shared = {part.subject for part in there} - {part.subject for part in going}
    return Choice(going, stay | dict.fromkeys(shared, SHARED))


def _open_claims(
    parts: Iterable[Part], standing: Mapping[str, str | None], before: datetime
) -> dict[str, str]:
    """By subject why a claim is not closed."""
    last: dict[str, datetime] = {}
    for part in parts:
        last[part.subject] = max(last.get(part.subject, part.last_recorded), part.last_recorded)
    found = {}
    for subject, recorded in last.items():
        waits = standing.get(subject.removeprefix(CLAIM), UNKNOWN)
        if waits is not None:
            found[subject] = waits
        elif recorded >= before:
            found[subject] = SINCE
    return found


def reasons(stay: Mapping[str, str]) -> dict[str, int]:
    """How many claims stay for which reason."""
    return dict(sorted(Counter(stay.values()).items()))


@dataclass(frozen=True, slots=True)
class Archiving:
    """One archiving, as its events tell it."""

    planned: ArchivingPlanned | None = None
    approved_by: str | None = None
    withdrawn: bool = False
    started: bool = False
    finished: ArchivingFinished | None = None

    @property
    def status(self) -> str:
        """In one word."""
        if self.finished is not None:
            return "finished"
        if self.withdrawn:
            return "withdrawn"
        if self.started:
            return "started"
        return "approved" if self.approved_by is not None else "planned"

    @property
    def over(self) -> bool:
        """Whether nothing can come of it any more."""
        return self.withdrawn or self.finished is not None


def evolve(archiving: Archiving, event: Event) -> Archiving:
    """After one of its events."""
    match event:
        case ArchivingPlanned():
            return replace(archiving, planned=event)
        case ArchivingApproved():
            return replace(archiving, approved_by=event.approved_by)
        case ArchivingWithdrawn():
            return replace(archiving, withdrawn=True)
        case ArchivingStarted():
            return replace(archiving, started=True)
        case ArchivingFinished():
            return replace(archiving, finished=event)
        case _:
            return archiving


def plan_of(archiving: Archiving, archiving_id: str) -> ArchivingPlanned:
    """What was planned. Raises ArchivingUnknown."""
    if archiving.planned is None:
        raise ArchivingUnknown(archiving_id)
    return archiving.planned


def approve(archiving: Archiving, archiving_id: str, by: str, now: datetime) -> list[Event]:
    """A second person agrees; once is enough. Raises ArchivingUnknown, ArchivingNeedsAnother, ArchivingOver."""
    planned = plan_of(archiving, archiving_id)
    if archiving.over:
        raise ArchivingOver(archiving_id)
    if planned.requested_by.strip().casefold() == by.strip().casefold():
        raise ArchivingNeedsAnother(by)
    if archiving.approved_by is not None:
        return []
    return [ArchivingApproved(archiving_id=archiving_id, approved_by=by, approved_at=now)]


def withdraw(archiving: Archiving, archiving_id: str, by: str, now: datetime) -> list[Event]:
    """It is not wanted any more. Raises ArchivingUnknown, ArchivingBegun, ArchivingOver."""
    plan_of(archiving, archiving_id)
    if archiving.over:
        raise ArchivingOver(archiving_id)
    if archiving.started:
        raise ArchivingBegun(archiving_id)
    return [ArchivingWithdrawn(archiving_id=archiving_id, withdrawn_by=by, withdrawn_at=now)]


def start(archiving: Archiving, archiving_id: str, by: str, now: datetime) -> list[Event]:
    """It runs, first or again after a kill. Raises ArchivingUnknown, ArchivingNotApproved, ArchivingOver."""
    plan_of(archiving, archiving_id)
    if archiving.over:
        raise ArchivingOver(archiving_id)
    if archiving.approved_by is None:
        raise ArchivingNotApproved(archiving_id)
    return [
        ArchivingStarted(archiving_id=archiving_id, started_by=by, started_at=now, resumed=archiving.started)
    ]
