"""The claim's process: it waits for registration, records and score, pends, times out, and decides once.

decide(person, command) -> events. Whatever arrives is noted first, so the log alone re-derives every decision.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from pydantic import ValidationError

from libs.benefits import BenefitsError
from libs.contracts import ClaimEvent, Event
from libs.contracts.adjudication import (
    ClaimDeadlinePassed,
    ClaimOpened,
    ClaimPended,
    CoverageEndNoted,
    CoverageNoted,
    PendReason,
    RecordsNoted,
    ReviewNoted,
    ScoreNoted,
)
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed
from libs.contracts.fraud import ClaimScored, ReviewConcluded
from libs.contracts.intake import ClaimRegistered
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from services.adjudication.domain.commands import Clocks, Command, Heard, PassDeadline, TakeNote
from services.adjudication.domain.decision import DenialReason, PlanBook, adjudicate, deny
from services.adjudication.domain.state import Claim, Person, evolve


def decide(person: Person, command: Command, plans: PlanBook) -> Sequence[Event]:
    """What follows from a command. Something already noted changes nothing."""
    match command:
        case TakeNote(heard=heard, now=now, clocks=clocks):
            noted = _note(person, heard, now, clocks)
        case PassDeadline(claim_id=claim_id, due_at=due_at, now=now, clocks=clocks):
            noted = _pass_deadline(person, claim_id, due_at, now)
        case _:
            assert_never(command)
    after = person
    for event in noted:
        after = evolve(after, event)
    followed: list[Event] = list(noted)
    for claim_id in _claims_to_look_at(after, noted):
        next_events = _next(after, claim_id, now, clocks, plans)
        for event in next_events:
            after = evolve(after, event)
        followed += next_events
    return followed


def _note(person: Person, heard: Heard, now: datetime, clocks: Clocks) -> list[Event]:
    if isinstance(heard, CoverageActivated | CoverageLapsed):
        return _note_coverage(person, heard)
    claim = person.claim(heard.claim_id)
    if claim.decision_id is not None:
        return []
    who = {"person_id": heard.person_id, "claim_id": heard.claim_id}
    match heard:
        case ClaimRegistered() if claim.opened is None:
            return [
                ClaimOpened(
                    **who,
                    visit=heard.visit,
                    settlement=heard.settlement,
                    lines=heard.lines,
                    received_at=heard.received_at,
                    # From now on: after an outage the other services' answers are behind the discharge, not missing.
                    answer_due_at=now + clocks.answer,
                )
            ]
        case RecordsAttached() if claim.records is None or not claim.records.available:
            matches, deceased_on = heard.settlement_matches, heard.deceased_on
            return [RecordsNoted(**who, available=True, settlement_matches=matches, deceased_on=deceased_on)]
        case RecordsUnavailable() if claim.records is None:
            return [RecordsNoted(**who, available=False, settlement_matches=None)]
        case ClaimScored() if claim.score is None or claim.score.scored_at < heard.scored_at:
            outcome, scored_at = heard.outcome, heard.scored_at
            return [ScoreNoted(**who, score=heard.score, outcome=outcome, scored_at=scored_at)]
        case ReviewConcluded() if claim.review is None:
            return [ReviewNoted(**who, verdict=heard.verdict)]
        case _:
            return []


def _note_coverage(person: Person, heard: CoverageActivated | CoverageLapsed) -> list[Event]:
    known = person.coverages.get(heard.coverage_id)
    match heard:
        case CoverageActivated() if known is None:
            return [
                CoverageNoted(
                    person_id=heard.person_id,
                    coverage_id=heard.coverage_id,
                    plan_id=heard.plan_id,
                    tier=heard.tier,
                    covered_from=heard.covered_from,
                    covered_to=heard.covered_to,
                    scheme=heard.scheme,
                    pre_existing=heard.pre_existing,
                    groups=heard.groups,
                    continuous_years=heard.continuous_years,
                    claim_free_years=heard.claim_free_years,
                )
            ]
        case CoverageLapsed() if known is not None and heard.lapsed_on < known.covered_to:
            return [
                CoverageEndNoted(
                    person_id=heard.person_id, coverage_id=heard.coverage_id, lapsed_on=heard.lapsed_on
                )
            ]
        case _:
            return []


def _pass_deadline(person: Person, claim_id: str, due_at: datetime, now: datetime) -> list[Event]:
    """A clock that rings for a time that no longer counts is ignored: the claim has moved on."""
    if person.claim(claim_id).due_at != due_at or now < due_at:
        return []
    return [ClaimDeadlinePassed(person_id=person.person_id, claim_id=claim_id, due_at=due_at, passed_at=now)]


def _claims_to_look_at(person: Person, noted: Sequence[Event]) -> list[str]:
    """The claim that was heard of; all that wait, when a coverage was."""
    if any(isinstance(event, CoverageNoted | CoverageEndNoted) for event in noted):
        return [claim_id for claim_id, claim in person.claims.items() if claim.opened is not None]
    return [event.claim_id for event in noted if isinstance(event, ClaimEvent)]


def _next(person: Person, claim_id: str, now: datetime, clocks: Clocks, plans: PlanBook) -> list[Event]:
    """Decide, pend or keep waiting."""
    claim = person.claim(claim_id)
    if claim.opened is None or _is_arriving(claim):
        return []
    reasons = _what_is_missing(person, claim, plans)
    denial = _denial_after_waiting(claim, reasons)
    if denial is not None or not reasons:
        try:
            return [_decision(person, claim, denial, now, plans)]
        except (BenefitsError, ValidationError):
            # One bill that contradicts itself must neither block the person's stream nor stop the clocks of others.
            reasons = [PendReason(code="not_evaluable", owner="operator")]
    if tuple(reasons) == claim.pended and not claim.deadline_passed:
        return []
    return [
        ClaimPended(
            person_id=person.person_id,
            claim_id=claim_id,
            reasons=tuple(reasons),
            pended_at=now,
            due_at=now + clocks.pended,
        )
    ]


def _is_arriving(claim: Claim) -> bool:
    """Records and score are under way, whatever else is missing: sources may be heard in any order."""
    arrived = claim.records is not None and claim.score is not None
    return not arrived and not claim.deadline_passed and not claim.pended


def _what_is_missing(person: Person, claim: Claim, plans: PlanBook) -> list[PendReason]:
    """Why the claim cannot be decided now. The bureau's records are not among it: past its deadline a claim is
    decided without them."""
    assert claim.opened is not None
    reasons: list[PendReason] = []
    if claim.score is None:
        reasons.append(PendReason(code="score_missing", owner="fraud"))
    elif claim.score.outcome == "review" and claim.review is None:
        reasons.append(PendReason(code="fraud_review", owner="operator"))
    if claim.records is not None and claim.records.settlement_matches is False:
        reasons.append(PendReason(code="settlement_differs", owner="hospital"))
    coverage = person.coverage_on(claim.opened.visit.admitted_on)
    if coverage is None:
        reasons.append(PendReason(code="coverage_unknown", owner="enrolment"))
    elif coverage.plan_id not in plans:
        reasons.append(PendReason(code="plan_unknown", owner="operator"))
    return reasons


def _denial_after_waiting(claim: Claim, reasons: Sequence[PendReason]) -> DenialReason | None:
    """What the claim is denied for once those who had to provide something have let their time pass.

    Our own people and services get no such deadline: a claim waits for them.
    """
    if not (claim.deadline_passed and claim.pended):
        return None
    codes = {reason.code for reason in reasons}
    if "settlement_differs" in codes:
        return "settlement_differs"
    return "no_coverage" if codes == {"coverage_unknown"} else None


def _decision(
    person: Person, claim: Claim, denial: DenialReason | None, now: datetime, plans: PlanBook
) -> Event:
    assert claim.opened is not None
    coverage = person.coverage_on(claim.opened.visit.admitted_on)
    if denial is not None:
        return deny(person, claim.opened, coverage, denial, now)
    assert coverage is not None, "a claim without coverage is not ready"
    deceased_on = claim.records.deceased_on if claim.records else None
    if claim.review is not None and claim.review.verdict == "fraudulent":
        return deny(person, claim.opened, coverage, "fraudulent", now)
    if deceased_on is not None and deceased_on < claim.opened.visit.admitted_on:
        return deny(person, claim.opened, coverage, "after_death", now)
    without_records = claim.records is None or not claim.records.available
    return adjudicate(
        person, claim.opened, coverage, plans[coverage.plan_id], now, without_records=without_records
    )
