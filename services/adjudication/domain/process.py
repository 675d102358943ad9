"""The claim's process: it waits for registration, records and score, pends, times out, decides and decides anew.

decide(person, command) -> events. Whatever arrives is noted first, so the log alone re-derives every decision.
"""

from collections.abc import Sequence
from typing import assert_never

from libs.contracts import Event
from services.adjudication.domain.answering import answer_difference
from services.adjudication.domain.appealing import conclude_appeal, open_appeal, remind_of_appeal
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.commands import (
    AnswerDifference,
    ApproveRuling,
    ByHospitals,
    Command,
    ConcludeAppeal,
    OpenAppeal,
    PassDeadline,
    ProposeRuling,
    RejectRuling,
    ReleaseReservation,
    RequestPreauthorisation,
    TakeNote,
)
from services.adjudication.domain.decision import PlanBook
from services.adjudication.domain.following import what_follows
from services.adjudication.domain.noting import note, pass_deadline
from services.adjudication.domain.planning import (
    expire_reservation,
    release_reservation,
    request_preauthorisation,
)
from services.adjudication.domain.ruling import approve_ruling, propose_ruling, reject_ruling
from services.adjudication.domain.state import Person


def decide(person: Person, command: Command, plans: PlanBook) -> Sequence[Event]:
    """What follows from a command. Something already noted changes nothing.

    Raises an AdjudicationError when a person asks for what cannot be.
    """
    around = Circumstances(command.now, command.clocks, plans)
    noted = _noted(person, command, around)
    return [*noted, *what_follows(person, noted, around)]


def _noted(person: Person, command: Command, around: Circumstances) -> Sequence[Event]:
    match command:
        case TakeNote(heard=heard, now=now, clocks=clocks):
            return note(person, heard, now, clocks)
        case PassDeadline():
            return _rung(person, command)
        case ProposeRuling():
            return propose_ruling(person, command, around)
        case ApproveRuling():
            return approve_ruling(person, command, around)
        case RejectRuling():
            return reject_ruling(person, command)
        case OpenAppeal():
            return open_appeal(person, command)
        case ConcludeAppeal():
            return conclude_appeal(person, command)
        case AnswerDifference():
            return answer_difference(person, command)
        case RequestPreauthorisation() | ReleaseReservation():
            return _planned(person, command)
        case _:
            assert_never(command)


def _rung(person: Person, clock: PassDeadline) -> Sequence[Event]:
    match clock.what:
        case "claim":
            return pass_deadline(person, clock.claim_id, clock.due_at, clock.now)
        case "stay":
            return expire_reservation(person, clock.claim_id, clock.due_at, clock.now)
        case "appeal":
            return remind_of_appeal(person, clock.claim_id, clock.due_at, clock.now)
        case _:
            assert_never(clock.what)


def _planned(person: Person, command: ByHospitals) -> Sequence[Event]:
    match command:
        case RequestPreauthorisation():
            return request_preauthorisation(person, command)
        case ReleaseReservation():
            return release_reservation(person, command)
        case _:
            assert_never(command)
