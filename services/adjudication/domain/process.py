"""The claim's process: it waits for registration, records and score, pends, times out, decides and decides anew.

decide(person, command) -> events. Whatever arrives is noted first, so the log alone re-derives every decision.
"""

from collections.abc import Sequence
from typing import assert_never

from libs.contracts import Event
from libs.contracts.adjudication import (
    ClaimDeadlinePassed,
    ClaimOpened,
    ClaimWithdrawalNoted,
    CoverageEndNoted,
    CoverageNoted,
    RecordsNoted,
    ReversalReason,
    ReviewNoted,
    ScoreNoted,
)
from services.adjudication.domain.commands import Command, PassDeadline, TakeNote
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.noting import note, pass_deadline
from services.adjudication.domain.settling import Circumstances, settle
from services.adjudication.domain.state import Person, evolve


def decide(person: Person, command: Command, plans: PlanBook) -> Sequence[Event]:
    """What follows from a command. Something already noted changes nothing."""
    match command:
        case TakeNote(heard=heard, now=now, clocks=clocks):
            noted = note(person, heard, now, clocks)
        case PassDeadline(claim_id=claim_id, due_at=due_at, now=now, clocks=clocks):
            noted = pass_deadline(person, claim_id, due_at, now)
        case _:
            assert_never(command)
    return [*noted, *what_follows(person, noted, Circumstances(now, clocks, plans))]


def what_follows(person: Person, noted: Sequence[Event], around: Circumstances) -> Sequence[Event]:
    """What is decided, reversed, confirmed or pended once these facts are noted.

    The facts of a person's log, noted again one after the other, lead to the decisions again: a replay needs no more.
    """
    if not noted:
        return []
    for event in noted:
        person = evolve(person, event)
    return settle(person, _touched(person, noted), around)


def _touched(person: Person, noted: Sequence[Event]) -> dict[str, ReversalReason]:
    touched: dict[str, ReversalReason] = {}
    for event in noted:
        match event:
            case CoverageNoted() | CoverageEndNoted():
                touched |= dict.fromkeys(person.claims, "coverage_changed")
            case ClaimOpened():
                touched[event.claim_id] = "claim_corrected"
            case ClaimWithdrawalNoted():
                touched[event.claim_id] = "claim_withdrawn"
            case RecordsNoted():
                touched[event.claim_id] = _corrected(person, event.claim_id) or "records_changed"
            case ScoreNoted() | ReviewNoted():
                touched[event.claim_id] = _corrected(person, event.claim_id) or "review_concluded"
            case ClaimDeadlinePassed():
                touched[event.claim_id] = _corrected(person, event.claim_id) or "deadline_passed"
            case _:
                raise AssertionError(f"not a fact: {type(event).__name__}")
    return touched


def _corrected(person: Person, claim_id: str) -> ReversalReason | None:
    """A decision on an earlier revision falls because of the correction, whichever fact completes it."""
    claim = person.claim(claim_id)
    return "claim_corrected" if claim.standing and claim.settled_revision != claim.revision else None
