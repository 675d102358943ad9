"""A claim is scored once its facts and its records are both known, in whichever order they came.

decide(person, command, rules) -> events. Whatever arrives is noted first, so the log alone re-derives every score.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID, uuid5

from libs.contracts import Event
from libs.contracts.fraud import (
    ClaimFactsNoted,
    ClaimScored,
    CoverageStartNoted,
    RecordFactsNoted,
    ReviewConcluded,
    ReviewOpened,
)
from libs.contracts.medical_data import RecordsAttached
from services.fraud.domain.commands import Command, ConcludeReview, NoteClaim, NoteCoverage, NoteRecords
from services.fraud.domain.facts import facts_of
from services.fraud.domain.features import features_of
from services.fraud.domain.rules import RuleSet
from services.fraud.domain.state import Person, evolve
from services.fraud.errors import ReviewAlreadyConcluded, ReviewUnknown

_REVIEWS = UUID("3b0f4d0e-6f0c-4f8e-9a55-0f2b7a1c9d44")


def decide(person: Person, command: Command, rules: RuleSet) -> Sequence[Event]:
    """What follows from a command. Something already noted changes nothing."""
    match command:
        case NoteCoverage():
            return _note_coverage(person, command)
        case NoteClaim():
            return _with_score(person, _note_claim(person, command, rules), command, rules)
        case NoteRecords():
            return _with_score(person, _note_records(person, command), command, rules)
        case ConcludeReview():
            return _conclude(person, command)
        case _:
            assert_never(command)


def review_id(claim_id: str) -> str:
    """The id of a claim's review: derived, so that a crash cannot open two."""
    return str(uuid5(_REVIEWS, claim_id))


def _note_coverage(person: Person, command: NoteCoverage) -> list[Event]:
    activated = command.activated
    if any(known.coverage_id == activated.coverage_id for known in person.coverages):
        return []
    return [
        CoverageStartNoted(
            person_id=activated.person_id,
            coverage_id=activated.coverage_id,
            covered_from=activated.covered_from,
            covered_to=activated.covered_to,
            continuous_years=activated.continuous_years,
        )
    ]


def _note_claim(person: Person, command: NoteClaim, rules: RuleSet) -> list[ClaimFactsNoted]:
    claim = command.registered
    if person.claim(claim.claim_id).facts is not None:
        return []
    return [
        ClaimFactsNoted(
            person_id=claim.person_id,
            claim_id=claim.claim_id,
            facts=facts_of(claim, rules.vocabulary),
            invoice_claim_id=command.invoice_claim_id,
        )
    ]


def _note_records(person: Person, command: NoteRecords) -> list[RecordFactsNoted]:
    answer = command.answer
    known = person.claim(answer.claim_id).records
    if known is not None and (known.available or not isinstance(answer, RecordsAttached)):
        return []
    if not isinstance(answer, RecordsAttached):
        return [RecordFactsNoted(person_id=answer.person_id, claim_id=answer.claim_id, available=False)]
    return [
        RecordFactsNoted(
            person_id=answer.person_id,
            claim_id=answer.claim_id,
            available=True,
            cyclic_treatment=answer.cyclic_treatment,
            deceased_on=answer.deceased_on,
            prior_stays=answer.prior_stays,
        )
    ]


def _with_score(
    person: Person,
    noted: Sequence[ClaimFactsNoted | RecordFactsNoted],
    command: NoteClaim | NoteRecords,
    rules: RuleSet,
) -> list[Event]:
    """`noted` and, where the claim is complete now, its score and the review that the score demands."""
    followed: list[Event] = list(noted)
    for event in noted:
        after = evolve(person, event)
        followed += _score(after, event.claim_id, rules, command.now, command.review_within)
    return followed


def _score(
    person: Person, claim_id: str, rules: RuleSet, now: datetime, review_within: timedelta
) -> list[Event]:
    claim = person.claim(claim_id)
    if claim.facts is None or claim.records is None:
        return []
    features = features_of(person, claim_id)
    found = rules.score(features)
    if claim.scored is not None and (claim.scored.score, claim.scored.outcome) == (
        found.score,
        found.outcome,
    ):
        return []
    scored = ClaimScored(
        person_id=person.person_id,
        claim_id=claim_id,
        score=found.score,
        outcome=found.outcome,
        reasons=found.reasons,
        features=features.as_json(),
        rules_digest=rules.digest,
        threshold=rules.threshold,
        scored_at=now,
    )
    if found.outcome == "clear" or claim.review is not None:
        return [scored]
    opened = ReviewOpened(
        person_id=person.person_id,
        claim_id=claim_id,
        review_id=review_id(claim_id),
        opened_at=now,
        due_at=now + review_within,
    )
    return [scored, opened]


def _conclude(person: Person, command: ConcludeReview) -> list[Event]:
    claim = person.claim(command.claim_id)
    if claim.review is None or claim.review.review_id != command.review_id:
        raise ReviewUnknown(command.review_id)
    if claim.concluded is not None:
        if claim.concluded.verdict != command.verdict:
            raise ReviewAlreadyConcluded(command.review_id, claim.concluded.verdict)
        return []
    return [
        ReviewConcluded(
            person_id=person.person_id,
            claim_id=command.claim_id,
            review_id=command.review_id,
            verdict=command.verdict,
            reviewer=command.reviewer,
            reason_code=command.reason_code,
            concluded_at=command.now,
        )
    ]
