"""When a burden falls, referrals ask for less: who is asked last gives up first, and the newest referral first.

Afterwards no programme is asked for more than its terms give for what those before it leave; so all of them together
are asked for no more than there is burden.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.contracts import Event
from libs.contracts.charity import ReferralRevised, ReferralWithdrawn
from services.charity.domain.programme import Programme
from services.charity.domain.state import Person, Referral


@dataclass(frozen=True, slots=True)
class Cause:
    """Whose decision or withdrawal lowered the burden."""

    claim_id: str
    decision_id: str
    reason: Literal["burden_fell", "claim_withdrawn"]
    now: datetime


def lower(person: Person, number: int, cause: Cause, programmes: Sequence[Programme]) -> list[Event]:
    """What of the year's referrals no longer holds."""
    followed: list[Event] = []
    suggested = person.year(number).suggested_fen
    left_fen = person.year(number).burden_fen
    known = {programme.id: programme for programme in programmes}
    # A programme that is no more has no terms left to give by: what the others leave is all that it may be asked for.
    for programme_id in [*known, *sorted(suggested.keys() - known.keys())]:
        asked_fen, programme = suggested.get(programme_id, 0), known.get(programme_id)
        most_fen = min(asked_fen, programme.aid_for(left_fen) if programme else left_fen)
        followed += _ask_less(person, number, cause, programme_id, asked_fen - most_fen)
        left_fen -= most_fen
    return followed


def _ask_less(person: Person, number: int, cause: Cause, programme_id: str, by_fen: int) -> list[Event]:
    followed: list[Event] = []
    for referral in reversed(list(person.year(number).referrals.values())):
        if by_fen > 0 and referral.programme_id == programme_id:
            followed.append(_asked_less(person, number, cause, referral, min(by_fen, referral.suggested_fen)))
            by_fen -= referral.suggested_fen
    return followed


def _asked_less(person: Person, number: int, cause: Cause, referral: Referral, by_fen: int) -> Event:
    burden_fen = person.year(number).burden_fen
    left_fen = referral.suggested_fen - by_fen
    if left_fen:
        return ReferralRevised(
            person_id=person.person_id,
            claim_id=referral.claim_id,
            referral_id=referral.referral_id,
            programme_id=referral.programme_id,
            decision_id=cause.decision_id,
            year=number,
            remaining_burden_fen=burden_fen,
            suggested_aid_before_fen=referral.suggested_fen,
            suggested_aid_fen=left_fen,
            revised_at=cause.now,
        )
    return ReferralWithdrawn(
        person_id=person.person_id,
        claim_id=referral.claim_id,
        referral_id=referral.referral_id,
        programme_id=referral.programme_id,
        decision_id=cause.decision_id,
        year=number,
        remaining_burden_fen=burden_fen,
        suggested_aid_before_fen=referral.suggested_fen,
        reason=cause.reason,
        withdrawn_at=cause.now,
    )
