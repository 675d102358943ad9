"""What other services say becomes a command to the person's stream; decisions and clocks commit together."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from libs.contracts.enrolment import CoverageActivated, CoverageLapsed
from libs.contracts.fraud import ClaimScored, ReviewConcluded
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from libs.eventlog import Handler, Recorded, UnitOfWork
from libs.eventlog.stage import Instruction, Stage
from services.adjudication.adapters import deadlines, overdue_appeals
from services.adjudication.domain.commands import Clocks, Command, TakeNote
from services.adjudication.domain.state import Person

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    "enrolment": frozenset({CoverageActivated.__name__, CoverageLapsed.__name__}),
    "intake": frozenset({ClaimRegistered.__name__, ClaimCorrected.__name__, ClaimWithdrawn.__name__}),
    "medical_data": frozenset({RecordsAttached.__name__, RecordsUnavailable.__name__}),
    "fraud": frozenset({ClaimScored.__name__, ReviewConcluded.__name__}),
}


def hear_events(stage: Stage[Person, Command], clocks: Clocks) -> Handler:
    """The consumer's handler."""

    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        instructions = [_to_instruction(event, work.now, clocks) for event in events]
        decided = await stage.apply(work, instructions)
        await deadlines.follow(
            work.connection, [(decided[index], events[index].traceparent) for index in sorted(decided)]
        )
        # A withdrawal ends appeals.
        await overdue_appeals.follow(work.connection, decided.values())

    return handle


def _to_instruction(recorded: Recorded, now: datetime, clocks: Clocks) -> Instruction[Command]:
    heard = recorded.decode()
    match heard:
        case (
            CoverageActivated()
            | CoverageLapsed()
            | ClaimRegistered()
            | ClaimCorrected()
            | ClaimWithdrawn()
            | RecordsAttached()
            | RecordsUnavailable()
            | ClaimScored()
            | ReviewConcluded()
        ):
            return Instruction(f"person-{heard.person_id}", TakeNote(heard, now, clocks), recorded)
        case _:
            raise AssertionError(f"not subscribed to {recorded.type}")
