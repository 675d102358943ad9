"""Decisions and coverages become commands to the person's stream; referrals commit with what they follow from."""

from collections.abc import Mapping, Sequence
from functools import partial

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimDenied
from libs.contracts.enrolment import CoverageActivated, PersonErased
from libs.eventlog import Handler, Recorded, UnitOfWork
from libs.eventlog.stage import Instruction, Stage
from libs.privacy import KeyStore
from services.charity.adapters import referrals
from services.charity.domain.heard import VIEWS, HeardAdjudicated, HeardReversed
from services.charity.domain.referring import Command, NoteDecision, NoteGroups, NoteWithdrawal
from services.charity.domain.state import Person

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    "adjudication": frozenset(
        {ClaimAdjudicated.__name__, ClaimDenied.__name__, AdjudicationReversed.__name__}
    ),
    "enrolment": frozenset({CoverageActivated.__name__, PersonErased.__name__}),
}


def hear_events(stage: Stage[Person, Command], keys: KeyStore) -> Handler:
    """The consumer's handler."""

    async def handle(work: UnitOfWork, recorded: Sequence[Recorded]) -> None:
        instructions: list[Instruction[Command]] = []
        erased: list[str] = []
        for cause in recorded:
            event = VIEWS.read(cause.type, cause.schema_version, cause.body)
            command: Command
            match event:
                case HeardAdjudicated():
                    command = NoteDecision(event, work.now)
                case HeardReversed():
                    if event.replaced_by is not None:
                        continue  # what the claim leaves is said by the decision that follows
                    command = NoteWithdrawal(event, work.now)
                case CoverageActivated():
                    command = NoteGroups(event)
                case PersonErased():
                    erased.append(event.person_id)
                    work.after_commit(partial(keys.forget, event.person_id))
                    continue
                case _:
                    raise AssertionError(f"not subscribed to {cause.type}")
            instructions.append(Instruction(f"person-{event.person_id}", command, cause))
        decided = await stage.apply(work, instructions)
        await referrals.follow(
            work.connection, [event for index in sorted(decided) for event in decided[index]]
        )
        await referrals.forget(work.connection, erased)

    return handle
