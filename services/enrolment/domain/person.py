"""A person's coverages: one stream, in which every activation, lapse and erasure of the person stands in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, Literal, assert_never
from uuid import UUID, uuid5

from libs.contracts import Event
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed, ErasureCompleted, PersonErased
from libs.contracts.settlement import Scheme
from services.enrolment.domain.errors import (
    AlreadyLapsed,
    CoverageOverlaps,
    CoverageTermsDiffer,
    CoverageUnknown,
    ErasureUnderWay,
    LapseOutsidePeriod,
)

_COVERAGES: Final = UUID("7d1a5f9e-3b64-5c0b-a7de-2f6d1e0b9c58")

PremiumPayer = Literal["self", "family_account", "government", "charity"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person is covered by, for which days, and the status frozen with it. Amounts in fen."""

    plan_id: str
    tier: str | None
    covered_from: date
    covered_to: date
    scheme: Scheme
    pre_existing: bool
    pre_existing_reason: str | None
    groups: tuple[str, ...]
    continuous_years: int
    claim_free_years: int
    premium_fen: int
    premium_payer: PremiumPayer

    def differing(self, other: "Terms") -> tuple[str, ...]:
        """Names of the terms that are not equal."""
        names = (one.name for one in fields(self))
        return tuple(name for name in names if getattr(self, name) != getattr(other, name))


@dataclass(frozen=True, slots=True)
class Coverage:
    """One coverage as recorded. `readable` is False once the person behind its seal was erased."""

    terms: Terms
    identity: str
    identity_digest: str | None
    lapsed_on: date | None = None
    lapse_reason: str | None = None
    readable: bool = True

    def includes_days_of(self, terms: Terms) -> bool:
        """Whether it covers any of the other's days; a lapsed one does so up to the day of the lapse."""
        last = self.terms.covered_to if self.lapsed_on is None else self.lapsed_on
        return self.terms.covered_from <= terms.covered_to and terms.covered_from <= last


@dataclass(frozen=True, slots=True)
class Person:
    """All that is recorded about one person. `erasure` says how far the newest erasure is."""

    coverages: Mapping[str, Coverage] = field(default_factory=lambda: MappingProxyType({}))
    erasure: Literal["none", "pending", "complete"] = "none"


@dataclass(frozen=True, slots=True)
class Activate:
    """Cover a person. `identity` is sealed, `identity_digest` is made with the same key."""

    person_id: str
    terms: Terms
    identity: str
    identity_digest: str
    enrolled_at: datetime

    @property
    def coverage_id(self) -> str:
        return coverage_id_of(self.person_id, self.terms)


@dataclass(frozen=True, slots=True)
class Lapse:
    """End a coverage before its last day; `lapsed_on` is the last day covered."""

    person_id: str
    coverage_id: str
    lapsed_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Erase:
    """Forget the person."""

    person_id: str
    requested_by: str
    now: datetime


@dataclass(frozen=True, slots=True)
class CompleteErasure:
    """The person's key is destroyed."""

    person_id: str
    now: datetime


Command = Activate | Lapse | Erase | CompleteErasure


def initial(_: str) -> Person:
    """A person of whom nothing is recorded."""
    return Person()


def coverage_id_of(person_id: str, terms: Terms) -> str:
    """The coverage of a plan and period: derived, so that sending it again cannot make a second one."""
    name = f"{person_id} {terms.plan_id} {terms.covered_from.isoformat()} {terms.covered_to.isoformat()}"
    return str(uuid5(_COVERAGES, name))


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
            return (
                PersonErased(
                    person_id=command.person_id, erased_at=command.now, requested_by=command.requested_by
                ),
            )
        case CompleteErasure():
            if person.erasure != "pending":
                return ()
            return (ErasureCompleted(person_id=command.person_id, completed_at=command.now),)
        case _:
            assert_never(command)


def _activate(person: Person, command: Activate) -> Sequence[Event]:
    if person.erasure == "pending":
        # Sealed under the key that is about to go: recorded, it could be neither read nor given anew.
        raise ErasureUnderWay
    coverage_id = command.coverage_id
    known = person.coverages.get(coverage_id)
    if known is not None:
        differing = known.terms.differing(command.terms)
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
    return (_activated(coverage_id, command),)


def _activated(coverage_id: str, command: Activate) -> CoverageActivated:
    terms = command.terms
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


def evolve(person: Person, event: Event) -> Person:
    """The person after an event."""
    match event:
        case CoverageActivated():
            return _with(person, event.coverage_id, _coverage(event))
        case CoverageLapsed():
            lapsed = replace(
                person.coverages[event.coverage_id], lapsed_on=event.lapsed_on, lapse_reason=event.reason
            )
            return _with(person, event.coverage_id, lapsed)
        case PersonErased():
            coverages = {
                coverage_id: replace(coverage, readable=False)
                for coverage_id, coverage in person.coverages.items()
            }
            return Person(MappingProxyType(coverages), "pending")
        case ErasureCompleted():
            return replace(person, erasure="complete")
        case _:
            raise AssertionError(f"{type(event).__name__} is not in a person's stream")


def _with(person: Person, coverage_id: str, coverage: Coverage) -> Person:
    return replace(person, coverages=MappingProxyType({**person.coverages, coverage_id: coverage}))


def _coverage(event: CoverageActivated) -> Coverage:
    terms = Terms(
        plan_id=event.plan_id,
        tier=event.tier,
        covered_from=event.covered_from,
        covered_to=event.covered_to,
        scheme=event.scheme,
        pre_existing=event.pre_existing,
        pre_existing_reason=event.pre_existing_reason,
        groups=event.groups,
        continuous_years=event.continuous_years,
        claim_free_years=event.claim_free_years,
        premium_fen=event.premium_fen,
        premium_payer=event.premium_payer,
    )
    return Coverage(terms, event.identity, event.identity_digest)
