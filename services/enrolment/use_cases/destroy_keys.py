"""Destroy the keys of people who are erased, and record it: what a crash leaves undone, the next start does."""

from dataclasses import dataclass

import structlog

from libs.eventlog import Append, EventLog, States
from libs.privacy import KeyDestroyed, KeyStore
from services.enrolment.adapters import tables
from services.enrolment.domain.commands import CompleteErasure
from services.enrolment.domain.person import decide
from services.enrolment.domain.state import Person
from services.enrolment.use_cases.command_people import stream_of

logger = structlog.get_logger(__name__)

AT_ONCE = 20


@dataclass(frozen=True)
class DestroyKeys:
    """The use case with what it needs."""

    log: EventLog
    states: States[Person]
    keys: KeyStore

    async def step(self) -> int:
        """Destroy the oldest keys that are to be, and append ErasureCompleted; returns how many."""
        async with self.log.transaction() as work:
            todo = await tables.next_erasures(work.connection, AT_ONCE)
            for person_id, key_id in todo.items():
                await self._destroy(person_id, key_id)
            if todo:
                await tables.remove_erasures(work.connection, list(todo))
            current = await self.states.load(work.connection, [stream_of(person_id) for person_id in todo])
            for person_id in todo:
                stream_id = stream_of(person_id)
                loaded = current[stream_id]
                events = decide(loaded.state, CompleteErasure(person_id, work.now))
                work.append(Append(stream_id, loaded.version, events))
                current[stream_id] = self.states.after(loaded, events)
            work.after_commit(lambda: self.states.keep(current))
        if todo:
            logger.info("keys_destroyed", people=len(todo))
        return len(todo)

    async def _destroy(self, person_id: str, key_id: str) -> None:
        """Not twice: after a crash the person may have come back, and the key they have now is not the one meant."""
        self.keys.forget(person_id)
        if not isinstance((await self.keys.open({key_id}))[key_id], KeyDestroyed):
            await self.keys.destroy(person_id)
        self.keys.forget(person_id)
