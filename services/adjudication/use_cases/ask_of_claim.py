"""A member of staff, an appellant or a hospital asks something: decided on the person's stream in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from libs.contracts import Event
from libs.eventlog import ConcurrencyConflict, EventLog
from libs.eventlog.stage import Instruction, Stage
from services.adjudication.adapters import deadlines, overdue_appeals
from services.adjudication.domain.commands import ByHospitals, ByPeople, Command
from services.adjudication.domain.state import Person

# A conflict means that the person's stream moved on meanwhile, which takes an incoming claim: rare, never lasting.
ATTEMPTS = 5


async def ask_of_claim(
    log: EventLog,
    stage: Stage[Person, Command],
    person_id: str,
    command: Callable[[datetime], ByPeople | ByHospitals],
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
                await overdue_appeals.follow(work.connection, decided.values())
                return decided[0]
        except ConcurrencyConflict:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")
