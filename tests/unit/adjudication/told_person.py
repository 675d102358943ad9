"""Given-when-then for a person's stream: it is told things at moments, and keeps the log and what was commanded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from libs.benefits import load_plans
from libs.contracts import Event, decode, encode, event_type
from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied, ClaimPended
from services.adjudication.domain.commands import Clocks, Command, Heard, PassDeadline, TakeNote
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.process import decide
from services.adjudication.domain.state import Person, initial
from tests.unit.adjudication.heard_events import NOW, PERSON

CLOCKS = Clocks(answer=timedelta(seconds=30), pended=timedelta(hours=72))
PLANS = load_plans()
E = TypeVar("E", bound=Event)


@dataclass
class ToldPerson:
    """One person's stream under test. Time passes a second with everything that is heard."""

    plans: PlanBook = field(default_factory=lambda: PLANS)
    person: Person = field(default_factory=lambda: initial(f"person-{PERSON}"))
    now: datetime = NOW
    log: list[Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def hears(self, *heard: Heard) -> list[Event]:
        """Hear these; returns what follows from the last."""
        followed: list[Event] = []
        for one in heard:
            self.now += timedelta(seconds=1)
            followed = self.does(TakeNote(one, self.now, CLOCKS))
        return followed

    def clock_rings(self, claim_id: str = "c1") -> list[Event]:
        """The claim's due time comes."""
        due_at = self.person.claim(claim_id).due_at
        assert due_at is not None, f"{claim_id} has no clock"
        self.now = max(self.now, due_at)
        return self.does(PassDeadline(claim_id, due_at, self.now, CLOCKS))

    def does(self, command: Command) -> list[Event]:
        """Decide, fold and keep. Events take the way through their bytes, as they do in the log."""
        events = [_stored(event) for event in decide(self.person, command, self.plans)]
        self.person = folded(self.person, events)
        self.log += events
        self.commands.append(command)
        return events

    def decisions(self) -> list[ClaimAdjudicated | ClaimDenied]:
        return [event for event in self.log if isinstance(event, ClaimAdjudicated | ClaimDenied)]

    def adjudicated(self, claim_id: str = "c1") -> ClaimAdjudicated:
        """The claim's newest decision under a plan."""
        return [e for e in self.all(ClaimAdjudicated) if e.claim_id == claim_id][-1]

    def standing(self) -> dict[str, ClaimAdjudicated | ClaimDenied]:
        """The decisions that stand, by claim."""
        return {claim_id: claim.standing for claim_id, claim in self.person.claims.items() if claim.standing}

    def denied(self) -> ClaimDenied:
        (found,) = self.all(ClaimDenied)
        return found

    def pended_for(self) -> list[list[str]]:
        """The reason codes of every pend, in order."""
        return [[reason.code for reason in event.reasons] for event in self.all(ClaimPended)]

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.log if isinstance(event, kind)]


def folded(person: Person, events: Sequence[Event]) -> Person:
    """The state after the events."""
    for event in events:
        person = evolve(person, event)
    return person


def _stored(event: Event) -> Event:
    return decode(event_type(event), event.schema_version, encode(event))
