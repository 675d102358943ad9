"""What other services say becomes a command to the person's stream; scores, reviews and invoices commit together."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from libs.contracts.enrolment import CoverageActivated, PersonErased
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from libs.eventlog import Handler, Recorded, UnitOfWork
from libs.eventlog.stage import Instruction, Stage
from libs.privacy import KeyStore
from services.fraud.adapters import invoices, reviews
from services.fraud.domain.commands import Command, NoteClaim, NoteCoverage, NoteRecords, NoteWithdrawal
from services.fraud.domain.heard import VIEWS, HeardFiled
from services.fraud.domain.state import Person

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    "enrolment": frozenset({CoverageActivated.__name__, PersonErased.__name__}),
    "intake": frozenset({ClaimRegistered.__name__, ClaimCorrected.__name__, ClaimWithdrawn.__name__}),
    "medical_data": frozenset({RecordsAttached.__name__, RecordsUnavailable.__name__}),
}


def hear_events(stage: Stage[Person, Command], keys: KeyStore, review_within: timedelta) -> Handler:
    """The consumer's handler."""

    async def handle(work: UnitOfWork, recorded: Sequence[Recorded]) -> None:
        heard = [(event, VIEWS.read(event.type, event.schema_version, event.body)) for event in recorded]
        filed = [event for _, event in heard if isinstance(event, HeardFiled | ClaimWithdrawn)]
        others = iter(await invoices.follow_invoices(work.connection, filed))
        instructions: list[Instruction[Command]] = []
        for cause, event in heard:
            command: Command
            match event:
                case CoverageActivated():
                    command = NoteCoverage(event)
                case HeardFiled():
                    command = NoteClaim(event, next(others), work.now, review_within)
                case ClaimWithdrawn():
                    next(others)
                    command = NoteWithdrawal(event, work.now, review_within)
                case RecordsAttached() | RecordsUnavailable():
                    command = NoteRecords(event, work.now, review_within)
                case PersonErased():
                    # Facts and features name nobody; only a key that this process may hold has to go.
                    work.after_commit(partial(keys.forget, event.person_id))
                    continue
                case _:
                    raise AssertionError(f"not subscribed to {cause.type}")
            instructions.append(Instruction(f"person-{event.person_id}", command, cause))
        decided = await stage.apply(work, instructions)
        said = [event for index in sorted(decided) for event in decided[index]]
        await reviews.follow(work.connection, said, work.now)

    return handle
