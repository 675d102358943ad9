"""Which events of a failing batch are to blame, and what is left of the batch without them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from libs.contracts.registry import ContractError
from libs.eventlog.attempting import holds_all
from libs.eventlog.breaker import ParkingBreaker
from libs.eventlog.errors import blamed
from libs.eventlog.event import Recorded
from libs.eventlog.parking import BLOCKED, Poison

logger = structlog.get_logger(__name__)

# More than one of so many is not a few bad claims: halving then meets the breaker before much is parked.
FEW_OF_A_BATCH = 20

_WAITING = Poison(BLOCKED, "an earlier event of the subject is parked")


@dataclass(frozen=True, slots=True)
class SortedOut:
    """Events for the handler, and those that are parked instead, with why; `poisoned` of them are so themselves."""

    free: list[Recorded]
    to_park: list[tuple[Recorded, Poison]]
    poisoned: int


@dataclass(slots=True)
class Verdicts:
    """What a batch's failures have shown: which events are poisoned and why, and which have failed once."""

    breaker: ParkingBreaker
    poisons: dict[UUID, Poison] = field(default_factory=dict)
    suspects: set[UUID] = field(default_factory=set)

    def judge(self, events: Sequence[Recorded], error: Exception, *, final: bool) -> bool:
        """Note of which event a failure came; whether trying again without what is poisoned now is worth it.

        What cannot be read stays so; a decision gets a second chance with nothing cached, unless this is `final`.
        Raises operational errors and TooManyParked.
        """
        if holds_all(error):
            raise error
        culprit = _culprit(events, error)
        if culprit is None or culprit.event_id in self.poisons:
            return False
        if len(self.poisons) > len(events) // FEW_OF_A_BATCH:
            return False
        if final or isinstance(error, ContractError) or culprit.event_id in self.suspects:
            self.breaker.check()
            self.poisons[culprit.event_id] = Poison.in_event(culprit, error)
        self.suspects.add(culprit.event_id)
        return True

    def sort_out(self, events: Sequence[Recorded], waiting: set[str]) -> SortedOut:
        """What is poisoned is parked, with everything after it of its subject and of subjects that wait already."""
        blocked = set(waiting)
        free: list[Recorded] = []
        to_park: list[tuple[Recorded, Poison]] = []
        poisoned = 0
        for event in events:
            if event.subject in blocked:
                to_park.append((event, _WAITING))
            elif (poison := self.poisons.get(event.event_id)) is not None:
                logger.warning("event_parked", subject=event.subject, type=event.type, reason=poison.reason)
                to_park.append((event, poison))
                blocked.add(event.subject)
                poisoned += 1
            else:
                free.append(event)
        return SortedOut(free, to_park, poisoned)


def _culprit(events: Sequence[Recorded], error: Exception) -> Recorded | None:
    """The event that an error came of: the only one, the one that whoever failed has named, or an unreadable one."""
    if len(events) == 1:
        return events[0]
    named = blamed(error)
    if named is None and isinstance(error, ContractError):
        return next((event for event in events if not _readable(event)), None)
    # By its id: a traced handler is given copies that continue the trace.
    return next((event for event in events if event.event_id == getattr(named, "event_id", None)), None)


def _readable(event: Recorded) -> bool:
    try:
        event.decode()
    except ContractError:
        return False
    return True
