"""Each decision moves the year's burden; what of it passes a programme's threshold is referred, never twice.

A claim decided anew counts with its newest decision only, a withdrawn one not at all; referrals that no longer hold
are revised or withdrawn.

decide(person, command, programmes) -> events. The log alone re-derives every referral.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

from libs.contracts import Event
from libs.contracts.adjudication import ClaimDenied
from libs.contracts.charity import BurdenNoted, BurdenWithdrawn, GroupsNoted, ReferralMade
from libs.contracts.enrolment import CoverageActivated
from services.charity.domain.heard import Decided, HeardDenied, Reversed
from services.charity.domain.lowering import Cause, lower
from services.charity.domain.programme import Programme
from services.charity.domain.state import Person, evolve

_REFERRALS = UUID("8f6a2b60-1d0b-4a3e-8a8e-5e1c0f6f2f17")

# A bill that is not owed, or not known, is no need.
_NO_NEED = frozenset({"fraudulent", "after_death", "settlement_differs"})


@dataclass(frozen=True, slots=True)
class NoteGroups:
    """A coverage says to which groups the person belongs."""

    activated: CoverageActivated


@dataclass(frozen=True, slots=True)
class NoteDecision:
    """A claim was decided: what it leaves to the patient is a burden. `now` is the moment at the edge."""

    decision: Decided
    now: datetime


@dataclass(frozen=True, slots=True)
class NoteWithdrawal:
    """A decision was reversed and nothing takes its place: the claim is a burden no more."""

    reversed: Reversed
    now: datetime


Command = NoteGroups | NoteDecision | NoteWithdrawal


def decide(person: Person, command: Command, programmes: Sequence[Programme]) -> Sequence[Event]:
    """What follows from a command. Something already noted changes nothing."""
    match command:
        case NoteGroups(activated=activated):
            return _note_groups(person, activated)
        case NoteDecision(decision=decision, now=now):
            return _note_decision(person, decision, now, programmes)
        case NoteWithdrawal(reversed=undone, now=now):
            cause = Cause(undone.claim_id, undone.decision_id, "claim_withdrawn", now)
            return _lift(person, cause, programmes, keep=None)
        case _:
            assert_never(command)


def burden_of(decision: Decided) -> int:
    """What the decision leaves to the patient, in fen; nothing where the bill is not owed or not known."""
    if isinstance(decision, ClaimDenied | HeardDenied) and decision.reason in _NO_NEED:
        return 0
    return sum(bearing.amount_fen for bearing in decision.bearings if bearing.bearer == "patient")


def referral_id(decision_id: str, programme_id: str) -> str:
    """The id of a referral: derived, so that a crash cannot make two."""
    return str(uuid5(_REFERRALS, f"{decision_id}/{programme_id}"))


def _note_groups(person: Person, activated: CoverageActivated) -> list[GroupsNoted]:
    if any(known.coverage_id == activated.coverage_id for known in person.coverages):
        return []
    return [
        GroupsNoted(
            person_id=activated.person_id,
            coverage_id=activated.coverage_id,
            groups=activated.groups,
            covered_from=activated.covered_from,
            covered_to=activated.covered_to,
        )
    ]


def _note_decision(
    person: Person,
    decision: Decided,
    now: datetime,
    programmes: Sequence[Programme],
) -> list[Event]:
    number = decision.service_date.year
    year = person.year(number)
    if decision.decision_id in year.decisions:
        return []
    cause = Cause(decision.claim_id, decision.decision_id, "burden_fell", now)
    # A corrected claim may have been a burden of another year.
    followed: list[Event] = _lift(person, cause, programmes, keep=number)
    person = _folded(person, followed)
    year = person.year(number)
    burden = burden_of(decision)
    _, replaced = year.claims.get(decision.claim_id, ("", 0))
    noted = BurdenNoted(
        person_id=decision.person_id,
        claim_id=decision.claim_id,
        decision_id=decision.decision_id,
        year=number,
        claim_burden_fen=burden,
        burden_fen=year.burden_fen - replaced + burden,
    )
    followed.append(noted)
    after = evolve(person, noted)
    if burden < replaced:
        return followed + lower(after, number, cause, programmes)
    return followed + _refer(after, decision, number, programmes, now)


def _refer(
    person: Person,
    decision: Decided,
    number: int,
    programmes: Sequence[Programme],
    now: datetime,
) -> list[Event]:
    made: list[Event] = []
    groups = person.groups_on(decision.service_date)
    for programme in programmes:
        if not programme.admits(groups, decision.service_date):
            continue
        referral = _referral(person, decision, number, programme, now)
        if referral is not None:
            person = evolve(person, referral)
            made.append(referral)
    return made


def _lift(person: Person, cause: Cause, programmes: Sequence[Programme], keep: int | None) -> list[Event]:
    """Take the claim's burden out of every year but `keep`."""
    followed: list[Event] = []
    for number, year in person.years.items():
        if number == keep or cause.claim_id not in year.claims:
            continue
        decision_id, burden_fen = year.claims[cause.claim_id]
        lifted = BurdenWithdrawn(
            person_id=person.person_id,
            claim_id=cause.claim_id,
            decision_id=decision_id,
            year=number,
            burden_fen=year.burden_fen - burden_fen,
        )
        followed += [lifted, *lower(evolve(person, lifted), number, cause, programmes)]
    return followed


def _folded(person: Person, events: Sequence[Event]) -> Person:
    for event in events:
        person = evolve(person, event)
    return person


def _referral(
    person: Person,
    decision: Decided,
    number: int,
    programme: Programme,
    now: datetime,
) -> ReferralMade | None:
    """The referral to a programme, when its terms suggest aid that has not been suggested already.

    The programme's terms are applied to the year as a whole: to the burden that other programmes have not been
    asked to take. Of the result, what this programme was asked for before is not asked for again.
    """
    year = person.year(number)
    suggested = year.suggested_fen
    by_this, in_all = suggested.get(programme.id, 0), sum(suggested.values())
    aid = programme.aid_for(year.burden_fen - (in_all - by_this)) - by_this
    if aid < max(1, programme.smallest_aid_fen):
        return None
    return ReferralMade(
        person_id=person.person_id,
        claim_id=decision.claim_id,
        referral_id=referral_id(decision.decision_id, programme.id),
        programme_id=programme.id,
        programme_digest=programme.digest,
        decision_id=decision.decision_id,
        year=number,
        remaining_burden_fen=year.burden_fen,
        threshold_fen=programme.threshold_fen,
        aid_suggested_before_fen=in_all,
        suggested_aid_fen=aid,
        referred_at=now,
    )
