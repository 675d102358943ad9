"""A standing decision is disputed, level by level; an upheld appeal rests on a ruling that was approved for it."""

from datetime import datetime

from libs.contracts import Event
from libs.contracts.rulings import AppealConcluded, AppealOpened, AppealOverdue
from services.adjudication.domain.commands import ConcludeAppeal, OpenAppeal
from services.adjudication.domain.ruling import open_claim
from services.adjudication.domain.state import Person
from services.adjudication.errors import (
    AppealOpen,
    AppealTaken,
    AppealUnknown,
    NothingToAppeal,
    OwnRuling,
    UpheldWithoutRuling,
)


def open_appeal(person: Person, command: OpenAppeal) -> list[Event]:
    """The appeal with its level and clock; the same again is nothing."""
    claim = open_claim(person, command.claim_id)
    known = claim.appeals.get(command.appeal_id)
    if known is not None:
        said = (known.by, known.grounds, known.evidence, known.stays_payment)
        if said != (command.by, command.grounds, command.evidence, command.stays_payment):
            raise AppealTaken(f"appeal {command.appeal_id} says something else")
        return []
    if command.appeal_id in claim.appeals_concluded:
        raise AppealTaken(f"appeal {command.appeal_id} is concluded")
    if claim.appeals:
        raise AppealOpen(f"claim {command.claim_id} has an open appeal")
    if claim.standing is None:
        raise NothingToAppeal(f"claim {command.claim_id} has no decision yet")
    level = len(claim.appeals_concluded) + 1
    return [
        AppealOpened(
            person_id=person.person_id,
            claim_id=command.claim_id,
            appeal_id=command.appeal_id,
            level=level,
            decision_id=claim.standing.decision_id,
            by=command.by,
            grounds=command.grounds,
            evidence=command.evidence,
            stays_payment=command.stays_payment,
            opened_at=command.now,
            due_at=command.now + command.authority.appeal_time(level),
        )
    ]


def conclude_appeal(person: Person, command: ConcludeAppeal) -> list[Event]:
    """The outcome. Raises UpheldWithoutRuling: nobody upholds an appeal and leaves the decision as it is."""
    claim = open_claim(person, command.claim_id)
    if claim.appeals_concluded.get(command.appeal_id) == command.outcome:
        return []
    if command.appeal_id not in claim.appeals:
        raise AppealUnknown(f"claim {command.claim_id} has no open appeal {command.appeal_id}")
    if command.by_staff in claim.appealed_rulers.get(command.appeal_id, ()):
        raise OwnRuling("who ruled on a claim cannot answer the appeal against it")
    ruling = claim.approved_for(command.appeal_id)
    if command.outcome == "upheld" and ruling is None:
        raise UpheldWithoutRuling("an appeal is upheld by a ruling that was proposed for it and approved")
    return [
        AppealConcluded(
            person_id=person.person_id,
            claim_id=command.claim_id,
            appeal_id=command.appeal_id,
            outcome=command.outcome,
            ruling_id=ruling.ruling_id if ruling and command.outcome == "upheld" else None,
            concluded_by=command.by_staff,
            concluded_at=command.now,
        )
    ]


def remind_of_appeal(person: Person, claim_id: str, due_at: datetime, now: datetime) -> list[Event]:
    """The time of the claim's open appeal is over; a clock that rings for another is ignored."""
    claim = person.claim(claim_id)
    due = [
        appeal
        for appeal_id, appeal in claim.appeals.items()
        if appeal.due_at == due_at <= now and appeal_id not in claim.appeals_overdue
    ]
    return [
        AppealOverdue(
            person_id=appeal.person_id,
            claim_id=claim_id,
            appeal_id=appeal.appeal_id,
            level=appeal.level,
            due_at=due_at,
            noted_at=now,
        )
        for appeal in due
    ]
