"""What happens to a person by a command: every activation, lapse, consent and erasure, in one stream."""

from collections.abc import Sequence
from typing import assert_never

from libs.contracts import Event
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed, ErasureCompleted, PersonErased
from services.enrolment.domain import consents
from services.enrolment.domain.commands import (
    Activate,
    Command,
    CompleteErasure,
    Erase,
    GiveConsent,
    Lapse,
    RevokeConsent,
)
from services.enrolment.domain.errors import (
    AlreadyLapsed,
    CoverageOverlaps,
    CoverageTermsDiffer,
    CoverageUnknown,
    ErasureUnderWay,
    LapseOutsidePeriod,
)
from services.enrolment.domain.state import Person, Terms
from services.enrolment.domain.status import with_status


def decide(person: Person, command: Command) -> Sequence[Event]:
    """What happens by a command; nothing when it already has. Raises EnrolmentError."""
    match command:
        case Activate():
            return _activate(person, command)
        case Lapse():
            return _lapse(person, command)
        case Erase():
            if person.erasure == "pending":
                return ()
            erased = PersonErased(
                person_id=command.person_id, erased_at=command.now, requested_by=command.requested_by
            )
            return (*consents.end_all(person, command), erased)
        case CompleteErasure():
            if person.erasure != "pending":
                return ()
            return (ErasureCompleted(person_id=command.person_id, completed_at=command.now),)
        case GiveConsent():
            return consents.give(person, command)
        case RevokeConsent():
            return consents.revoke(person, command)
        case _:
            assert_never(command)


def _activate(person: Person, command: Activate) -> Sequence[Event]:
    if person.erasure == "pending":
        # Sealed under the key that is about to go: recorded, it could be neither read nor given anew.
        raise ErasureUnderWay
    terms = command.terms
    if command.evidence is not None:
        terms = with_status(person, terms, command.evidence)
    coverage_id = command.coverage_id
    known = person.coverages.get(coverage_id)
    if known is not None:
        differing = known.terms.differing(terms)
        if known.readable and known.identity_digest != command.identity_digest:
            differing += ("person",)
        if differing:
            raise CoverageTermsDiffer(coverage_id, differing)
        # Who was erased and comes back gives their name and account anew; the old seals stay closed.
        if known.readable or known.lapsed_on is not None:
            return ()
    for other_id, other in person.coverages.items():
        same_plan = other_id != coverage_id and other.terms.plan_id == command.terms.plan_id
        if same_plan and other.includes_days_of(command.terms):
            raise CoverageOverlaps(other_id)
    return (_activated(coverage_id, command, terms),)


def _activated(coverage_id: str, command: Activate, terms: Terms) -> CoverageActivated:
    return CoverageActivated(
        person_id=command.person_id,
        coverage_id=coverage_id,
        plan_id=terms.plan_id,
        tier=terms.tier,
        covered_from=terms.covered_from,
        covered_to=terms.covered_to,
        enrolled_at=command.enrolled_at,
        scheme=terms.scheme,
        pre_existing=terms.pre_existing,
        pre_existing_reason=terms.pre_existing_reason,
        pre_existing_classes=terms.pre_existing_classes,
        status_source=terms.status_source,
        groups=terms.groups,
        continuous_years=terms.continuous_years,
        claim_free_years=terms.claim_free_years,
        premium_fen=terms.premium_fen,
        premium_payer=terms.premium_payer,
        identity=command.identity,
        identity_digest=command.identity_digest,
    )


def _lapse(person: Person, command: Lapse) -> Sequence[Event]:
    coverage = person.coverages.get(command.coverage_id)
    if coverage is None:
        raise CoverageUnknown(command.coverage_id)
    if coverage.lapsed_on is not None:
        if (coverage.lapsed_on, coverage.lapse_reason) != (command.lapsed_on, command.reason):
            raise AlreadyLapsed(command.coverage_id)
        return ()
    if not coverage.terms.covered_from <= command.lapsed_on <= coverage.terms.covered_to:
        raise LapseOutsidePeriod(command.coverage_id)
    return (
        CoverageLapsed(
            person_id=command.person_id,
            coverage_id=command.coverage_id,
            lapsed_on=command.lapsed_on,
            reason=command.reason,
        ),
    )
