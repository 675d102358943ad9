"""What other services say becomes events of the person's own log; something already noted changes nothing."""

from datetime import datetime

from libs.contracts import Event
from libs.contracts.adjudication import (
    ClaimDeadlinePassed,
    ClaimOpened,
    ClaimWithdrawalNoted,
    CoverageEndNoted,
    CoverageNoted,
    RecordsNoted,
    ReviewNoted,
    ScoreNoted,
)
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed
from libs.contracts.fraud import ClaimScored, ReviewConcluded
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from services.adjudication.domain.commands import Clocks, Heard
from services.adjudication.domain.state import Claim, Person


def note(person: Person, heard: Heard, now: datetime, clocks: Clocks) -> list[Event]:
    """The events that record what was heard; none when it is known, superseded, or about a withdrawn claim."""
    if isinstance(heard, CoverageActivated | CoverageLapsed):
        return _note_coverage(person, heard)
    claim = person.claim(heard.claim_id)
    if claim.withdrawn:
        return []
    match heard:
        case ClaimRegistered() | ClaimCorrected():
            return _note_bill(claim, heard, now, clocks)
        case ClaimWithdrawn():
            return [
                ClaimWithdrawalNoted(
                    person_id=heard.person_id,
                    claim_id=heard.claim_id,
                    reason=heard.reason,
                    withdrawn_at=heard.received_at,
                )
            ]
        case RecordsAttached() | RecordsUnavailable():
            return _note_records(claim, heard)
        case ClaimScored() | ReviewConcluded():
            return _note_judgement(claim, heard)


def pass_deadline(person: Person, claim_id: str, due_at: datetime, now: datetime) -> list[Event]:
    """A clock that rings for a time that no longer counts is ignored: the claim has moved on."""
    if person.claim(claim_id).due_at != due_at or now < due_at:
        return []
    return [ClaimDeadlinePassed(person_id=person.person_id, claim_id=claim_id, due_at=due_at, passed_at=now)]


def _note_bill(
    claim: Claim, heard: ClaimRegistered | ClaimCorrected, now: datetime, clocks: Clocks
) -> list[Event]:
    revision = heard.revision if isinstance(heard, ClaimCorrected) else 1
    if revision <= claim.revision:
        return []
    return [
        ClaimOpened(
            person_id=heard.person_id,
            claim_id=heard.claim_id,
            visit=heard.visit,
            settlement=heard.settlement,
            lines=heard.lines,
            received_at=heard.received_at,
            revision=revision,
            # From now on: after an outage the other services' answers are behind the discharge, not missing.
            answer_due_at=now + clocks.answer,
            one_stop=heard.one_stop,
        )
    ]


def _note_records(claim: Claim, heard: RecordsAttached | RecordsUnavailable) -> list[Event]:
    """Of each revision the first answer counts; records replace their absence."""
    known = claim.records.get(heard.revision)
    replaces_absence = known is None or (isinstance(heard, RecordsAttached) and not known.available)
    if heard.revision < claim.revision or not replaces_absence:
        return []
    available = isinstance(heard, RecordsAttached)
    return [
        RecordsNoted(
            person_id=heard.person_id,
            claim_id=heard.claim_id,
            revision=heard.revision,
            available=available,
            settlement_matches=heard.settlement_matches if isinstance(heard, RecordsAttached) else None,
            deceased_on=heard.deceased_on if isinstance(heard, RecordsAttached) else None,
        )
    ]


def _note_judgement(claim: Claim, heard: ClaimScored | ReviewConcluded) -> list[Event]:
    """A later score replaces an earlier one; of each revision the first verdict counts."""
    if heard.revision < claim.revision:
        return []
    match heard:
        case ClaimScored():
            known = claim.scores.get(heard.revision)
            if known is not None and known.scored_at >= heard.scored_at:
                return []
            return [
                ScoreNoted(
                    person_id=heard.person_id,
                    claim_id=heard.claim_id,
                    revision=heard.revision,
                    score=heard.score,
                    outcome=heard.outcome,
                    scored_at=heard.scored_at,
                )
            ]
        case ReviewConcluded():
            if heard.revision in claim.reviews:
                return []
            return [
                ReviewNoted(
                    person_id=heard.person_id,
                    claim_id=heard.claim_id,
                    revision=heard.revision,
                    verdict=heard.verdict,
                )
            ]


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
                    pre_existing_classes=heard.pre_existing_classes,
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
