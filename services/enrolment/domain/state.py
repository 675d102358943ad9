"""A person as their stream tells: coverages, and how far an erasure is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal

from libs.contracts import Event
from libs.contracts.access import ConsentGiven, ConsentRevoked
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed, ErasureCompleted, PersonErased
from libs.contracts.settlement import Scheme

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
    pre_existing_classes: tuple[str, ...] = ()
    status_source: Literal["stated", "rule"] = "stated"

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
class Consent:
    """What the person agreed to. `expires_on` is the last day; None: until it is revoked."""

    purpose: str
    recipient: str
    given_at: datetime
    expires_on: date | None
    revoked_at: datetime | None = None

    def stands(self, day: date) -> bool:
        """Whether it was not revoked and has not expired by a day."""
        return self.revoked_at is None and (self.expires_on is None or day <= self.expires_on)


@dataclass(frozen=True, slots=True)
class Person:
    """All that is recorded about one person. `erasure` says how far the newest erasure is."""

    coverages: Mapping[str, Coverage] = field(default_factory=lambda: MappingProxyType({}))
    erasure: Literal["none", "pending", "complete"] = "none"
    consents: Mapping[str, Consent] = field(default_factory=lambda: MappingProxyType({}))


def initial(_: str) -> Person:
    """A person of whom nothing is recorded."""
    return Person()


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
            return replace(person, coverages=MappingProxyType(coverages), erasure="pending")
        case ErasureCompleted():
            return replace(person, erasure="complete")
        case ConsentGiven():
            given = Consent(event.purpose, event.recipient, event.given_at, event.expires_on)
            return _agreeing(person, event.consent_id, given)
        case ConsentRevoked():
            revoked = replace(person.consents[event.consent_id], revoked_at=event.revoked_at)
            return _agreeing(person, event.consent_id, revoked)
        case _:
            raise AssertionError(f"{type(event).__name__} is not in a person's stream")


def _with(person: Person, coverage_id: str, coverage: Coverage) -> Person:
    return replace(person, coverages=MappingProxyType({**person.coverages, coverage_id: coverage}))


def _agreeing(person: Person, consent_id: str, consent: Consent) -> Person:
    return replace(person, consents=MappingProxyType({**person.consents, consent_id: consent}))


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
        pre_existing_classes=event.pre_existing_classes,
        status_source=event.status_source,
    )
    return Coverage(terms, event.identity, event.identity_digest)
