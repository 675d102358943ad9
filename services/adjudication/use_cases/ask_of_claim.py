"""A member of staff, or an appellant, asks something of a claim: decided on the person's stream in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from libs.contracts import Event
from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Instruction, Stage
from services.adjudication.adapters import deadlines
from services.adjudication.domain.commands import ByPeople, Command
from services.adjudication.domain.state import Person

# A conflict means that the person's stream moved on meanwhile, which takes an incoming claim: rare, never lasting.
ATTEMPTS = 5


async def ask_of_claim(
    log: EventLog, stage: Stage[Person, Command], person_id: str, command: Callable[[datetime], ByPeople]
) -> Sequence[Event]:
    """What followed; nothing when it was asked before. `command` is given the moment of the transaction.

    Raises an AdjudicationError, or ConcurrencyConflict when the stream would not hold still.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with log.transaction() as work:
                asked: Instruction[Command] = Instruction(f"person-{person_id}", command(work.now))
                decided = await stage.apply(work, [asked])
                await deadlines.follow(work.connection, [(decided[0], None)])
                return decided[0]
        except ConcurrencyConflict:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")
