"""The common shape of a reacting service: an event becomes a command to one stream, whose decider answers.

One batch: load the states it touches in one query, decide event after event in memory, append everything together.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from libs.contracts import Event
from libs.eventlog.errors import blame
from libs.eventlog.event import Append, Recorded
from libs.eventlog.handling import Handler
from libs.eventlog.log import UnitOfWork
from libs.eventlog.states import States

S = TypeVar("S")
C = TypeVar("C")


class Instruction(msgspec.Struct, Generic[C], frozen=True):
    """A command for a stream, and the recorded event that gave rise to it (None: a person or a clock did).

    `traceparent` continues a trace where no recorded event does: a clock, or an answer from outside.
    """

    stream_id: str
    command: C
    cause: Recorded | None = None
    traceparent: str | None = None


Decide = Callable[[S, C], Sequence[Event]]
"""A pure decision: what happens to a stream in this state by this command."""

Translate = Callable[[Recorded, datetime], Instruction[C] | None]
"""Turns an incoming event into an instruction; None when it does not concern this service."""


class Stage(Generic[S, C]):
    """Applies instructions to streams inside a unit of work."""

    def __init__(self, states: States[S], decide: Decide[S, C]) -> None:
        self.states = states
        self._decide = decide

    async def apply(
        self, work: UnitOfWork, instructions: Sequence[Instruction[C]]
    ) -> Mapping[int, Sequence[Event]]:
        """Decide the instructions in order; returns the events of each, by its index.

        What the unit of work has already decided counts as happened. The new states enter the cache when it commits.
        """
        current = await self.states.load(work.reader, [instruction.stream_id for instruction in instructions])
        before = {stream_id: loaded.version for stream_id, loaded in current.items()}
        for earlier in work.pending:
            if earlier.stream_id in current:
                current[earlier.stream_id] = self.states.after(current[earlier.stream_id], earlier.events)
        decided: dict[int, Sequence[Event]] = {}
        for index, instruction in enumerate(instructions):
            loaded = current[instruction.stream_id]
            try:
                events = decided[index] = self._decide(loaded.state, instruction.command)
            except Exception as error:
                # It may have been a wrong state that was remembered: the second chance is with one that is read anew.
                self.states.forget(instruction.stream_id)
                blame(error, instruction.cause)
                raise
            if events:
                work.append(
                    Append(
                        instruction.stream_id,
                        loaded.version,
                        events,
                        instruction.cause,
                        instruction.traceparent,
                    )
                )
                current[instruction.stream_id] = self.states.after(loaded, events)
        work.snapshots += self.states.drafts(before, current)
        work.after_commit(lambda: self.states.keep(current))
        return decided

    def handler(self, translate: Translate[C]) -> Handler:
        """A consumer's handler that translates each event and applies the instructions."""

        async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
            translated = []
            for event in events:
                try:
                    translated.append(translate(event, work.now))
                except Exception as error:
                    blame(error, event)
                    raise
            await self.apply(work, [instruction for instruction in translated if instruction is not None])

        return handle
