"""Carry out a batch of commands about people: one query for their states, one transaction for all that happens."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from libs.contracts.enrolment import CoverageActivated, PersonErased
from libs.eventlog import Append, EventLog, Loaded, States, UnitOfWork, is_operational
from services.enrolment.adapters import tables
from services.enrolment.domain.commands import Command
from services.enrolment.domain.errors import EnrolmentError
from services.enrolment.domain.person import decide
from services.enrolment.domain.state import Person
from services.enrolment.use_cases.enrol import Item, sealed
from services.enrolment.use_cases.identities import Identities

logger = structlog.get_logger(__name__)

ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Done:
    """A command was carried out; `happened` is False when it already had been."""

    person: Person
    happened: bool


Outcome = Done | EnrolmentError


def stream_of(person_id: str) -> str:
    """The person's stream."""
    return f"person-{person_id}"


@dataclass(frozen=True)
class CommandPeople:
    """The use case with what it needs. `wake_destruction` is called when a key has to be destroyed."""

    log: EventLog
    states: States[Person]
    identities: Identities
    wake_destruction: Callable[[], None]

    async def process(self, items: Sequence[Item]) -> list[Outcome]:
        """One outcome per item, in order. Contention with other replicas is tried again.

        Raises the operational error that stayed; nothing has happened then.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._process(items)
            except Exception as error:
                if not is_operational(error) or attempt == ATTEMPTS:
                    raise
                self.states.clear()
                logger.info("commanding_again", error=type(error).__name__, attempt=attempt)
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _process(self, items: Sequence[Item]) -> list[Outcome]:
        owners: dict[str, str] = {}
        async with self.log.transaction() as work:
            current = await self.states.load(work.connection, [stream_of(item.person_id) for item in items])
            # Sealed after the states are loaded: should an erasure destroy the key in between, the stream has moved
            # on, the append conflicts, and the next attempt seals under the key of then.
            commands = await sealed(self.identities, items, work.now)
            outcomes = [await self._decide(work, current, command, owners) for command in commands]
            if owners:
                await tables.note_coverages(work.connection, owners)
            work.after_commit(lambda: self.states.keep(current))
        return outcomes

    async def _decide(
        self, work: UnitOfWork, current: dict[str, Loaded[Person]], command: Command, owners: dict[str, str]
    ) -> Outcome:
        stream_id = stream_of(command.person_id)
        loaded = current[stream_id]
        try:
            events = decide(loaded.state, command)
        except EnrolmentError as refused:
            return refused
        if events:
            work.append(Append(stream_id, loaded.version, events))
            loaded = current[stream_id] = self.states.after(loaded, events)
        for event in events:
            match event:
                case CoverageActivated():
                    owners[event.coverage_id] = event.person_id
                case PersonErased():
                    # The key is named inside the transaction that checks the stream's version: should an earlier
                    # erasure complete meanwhile, this one conflicts and names the key of then.
                    key_id = await self.identities.key_id(event.person_id)
                    await tables.note_erasure(work.connection, event.person_id, key_id, work.now)
                    work.after_commit(self.wake_destruction)
        return Done(loaded.state, bool(events))
