"""A claim's revision is scored once its facts and its records are both known, in whichever order they came.

decide(person, command, rules) -> events. Whatever arrives is noted first, so the log alone re-derives every score.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, assert_never
from uuid import UUID

from libs.contracts import Event
from libs.contracts.derived_ids import derived_id
from libs.contracts.fraud import (
    ClaimFactsNoted,
    ClaimFactsWithdrawn,
    ClaimScored,
    CoverageStartNoted,
    RecordFactsNoted,
    ReviewConcluded,
    ReviewOpened,
)
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from services.fraud.domain.commands import (
    Command,
    ConcludeReview,
    NoteClaim,
    NoteCoverage,
    NoteRecords,
    NoteWithdrawal,
)
from services.fraud.domain.facts import facts_of, revision_of
from services.fraud.domain.features import features_of
from services.fraud.domain.rules import RuleSet
from services.fraud.domain.state import Claim, Person, evolve
from services.fraud.errors import ReviewAlreadyConcluded, ReviewOutdated, ReviewUnknown

Noted = ClaimFactsNoted | ClaimFactsWithdrawn | RecordFactsNoted

_REVIEWS = UUID("3b0f4d0e-6f0c-4f8e-9a55-0f2b7a1c9d44").bytes


def decide(person: Person, command: Command, rules: RuleSet) -> Sequence[Event]:
    """What follows from a command. Something already noted changes nothing."""
    match command:
        case NoteCoverage():
            return _note_coverage(person, command)
        case NoteClaim():
            return _with_scores(person, _note_claim(person, command, rules), command, rules)
        case NoteWithdrawal():
            return _with_scores(person, _note_withdrawal(person, command), command, rules)
        case NoteRecords():
            return _with_scores(person, _note_records(person, command), command, rules)
        case ConcludeReview():
            return _conclude(person, command)
        case _:
            assert_never(command)


def review_id(claim_id: str, revision: int = 1) -> str:
    """The id of the review of a claim's revision: derived, so that a crash cannot open two."""
    return derived_id(_REVIEWS, claim_id if revision == 1 else f"{claim_id} {revision}")


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


def _note_claim(person: Person, command: NoteClaim, rules: RuleSet) -> Noted | None:
    filed, revision = command.filed, revision_of(command.filed)
    known = person.claim(filed.claim_id)
    if known.withdrawn or (known.facts is not None and known.facts.revision >= revision):
        return None
    return ClaimFactsNoted(
        person_id=filed.person_id,
        claim_id=filed.claim_id,
        revision=revision,
        facts=facts_of(filed, rules.vocabulary),
        invoice_claim_id=command.invoice_claim_id,
    )


def _note_withdrawal(person: Person, command: NoteWithdrawal) -> Noted | None:
    claim_id = command.withdrawn.claim_id
    # One that is forgotten, being too old to matter, has nothing left to withdraw.
    if claim_id not in person.claims or person.claim(claim_id).withdrawn:
        return None
    return ClaimFactsWithdrawn(person_id=person.person_id, claim_id=claim_id)


def _note_records(person: Person, command: NoteRecords) -> Noted | None:
    answer = command.answer
    claim = person.claim(answer.claim_id)
    if claim.withdrawn or not _says_more(answer, claim.records):
        return None
    stated: dict[str, Any] = {
        "person_id": answer.person_id,
        "claim_id": answer.claim_id,
        "revision": answer.revision,
    }
    if not isinstance(answer, RecordsAttached):
        return RecordFactsNoted(**stated, available=False)
    return RecordFactsNoted(
        **stated,
        available=True,
        cyclic_treatment=answer.cyclic_treatment,
        deceased_on=answer.deceased_on,
        prior_stays=answer.prior_stays,
    )


def _says_more(answer: RecordsAttached | RecordsUnavailable, known: RecordFactsNoted | None) -> bool:
    """Records of a newer revision, or of the same one when none were available so far."""
    if known is None or known.revision != answer.revision:
        return known is None or known.revision < answer.revision
    return not known.available and isinstance(answer, RecordsAttached)


def _with_scores(
    person: Person, noted: Noted | None, command: NoteClaim | NoteWithdrawal | NoteRecords, rules: RuleSet
) -> list[Event]:
    """`noted`, the claim's score where it is complete now, and the reviews that scores demand.

    Where a claim is corrected or withdrawn, those of the person that somebody is to look at are scored again: they may
    be suspicious only because of it.
    """
    if noted is None:
        return []
    followed: list[Event] = [noted]
    scored: list[Event] = [noted]
    for claim_id in _touched(person, noted):
        # Each is scored as of what was said of those before it.
        person = reduce(evolve, scored, person)
        scored = _score(person, claim_id, rules, command.now, command.review_within)
        followed += scored
    return followed


def _touched(person: Person, noted: Noted) -> list[str]:
    if isinstance(noted, RecordFactsNoted) or (isinstance(noted, ClaimFactsNoted) and noted.revision == 1):
        return [noted.claim_id]
    others = [one for one, claim in person.claims.items() if claim.under_review and one != noted.claim_id]
    return [noted.claim_id, *others]


def _score(
    person: Person, claim_id: str, rules: RuleSet, now: datetime, review_within: timedelta
) -> list[Event]:
    claim = person.claim(claim_id)
    if not claim.complete:
        return []
    assert claim.facts is not None, f"{claim_id} is complete"
    revision = claim.facts.revision
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
        revision=revision,
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
        revision=revision,
        review_id=review_id(claim_id, revision),
        opened_at=now,
        due_at=now + review_within,
    )
    return [scored, opened]


def _conclude(person: Person, command: ConcludeReview) -> list[Event]:
    claim = person.claim(command.claim_id)
    if claim.withdrawn or _is_of_an_earlier_revision(claim, command):
        raise ReviewOutdated(command.review_id)
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
            revision=claim.review.revision,
            review_id=command.review_id,
            verdict=command.verdict,
            reviewer=command.reviewer,
            reason_code=command.reason_code,
            concluded_at=command.now,
        )
    ]


def _is_of_an_earlier_revision(claim: Claim, command: ConcludeReview) -> bool:
    if claim.facts is None:
        return False
    earlier = range(1, claim.facts.revision)
    return any(review_id(command.claim_id, number) == command.review_id for number in earlier)
