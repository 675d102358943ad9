"""From which moment an event holds in the world: not when we learnt of it, but what it is about.

Facts about a claim (bill, records, score, decision, reversal) hold from the claim's day of service, its admission: by
that day coverage, benefit year and the order of claims are decided. Acts (money moved, a referral, an erasure) hold
from when they were done, which is never later than when we heard of it. Coverages and access policies hold from their
first day, consents from when the person gave or revoked them. Whatever else is said holds from when it was recorded.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from libs.contracts import payout
from libs.contracts.access import AccessPolicyAdopted, ConsentGiven, ConsentRevoked
from libs.contracts.adjudication import ClaimOpened, CoverageEndNoted, CoverageNoted, Decision
from libs.contracts.charity import GroupsNoted, ReferralMade
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed, ErasureCompleted, PersonErased
from libs.contracts.event import ClaimEvent, Event
from libs.contracts.fraud import ClaimFactsNoted, CoverageStartNoted
from libs.contracts.intake import FiledSettlement
from libs.contracts.payout import PaymentSettled

Since = date | datetime | Literal["day_of_service", "recording"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event is about, and since when it holds. No event holds before an earlier one of its matter."""

    matter: str
    since: Since


def day_of_service(event: Event) -> date | None:
    """The claim's day of service, when the event states it."""
    match event:
        case FiledSettlement(visit=visit) | ClaimOpened(visit=visit):
            return visit.admitted_on
        case ClaimFactsNoted(facts=facts):
            return facts.visit.admitted_on
        case Decision():
            return event.service_date
        case _:
            return None


def effect_of(event: Event) -> Effect:
    """What the event is about, and since when it holds."""
    match event:
        case CoverageActivated() | CoverageNoted() | CoverageStartNoted() | GroupsNoted():
            return Effect(f"coverage {event.coverage_id}", event.covered_from)
        case CoverageLapsed() | CoverageEndNoted():
            return Effect(f"coverage {event.coverage_id}", event.lapsed_on)
        case PersonErased():
            return Effect("erasure", event.erased_at)
        case ErasureCompleted():
            return Effect("erasure", event.completed_at)
        case AccessPolicyAdopted() | ConsentGiven() | ConsentRevoked():
            return _effect_on_access(event)
        case ReferralMade():
            return Effect(f"claim {event.claim_id}", event.referred_at)
        case PaymentSettled():
            return Effect("money", event.booked_at)
        case _ if type(event).__module__ == payout.__name__:
            # Money is netted across a person's claims, so what moved is always a beginning of what was done.
            return Effect("money", "recording")
        case ClaimEvent():
            return Effect(f"claim {event.claim_id}", "day_of_service")
        case _:
            return Effect(event.subject(), "recording")


def _effect_on_access(event: AccessPolicyAdopted | ConsentGiven | ConsentRevoked) -> Effect:
    match event:
        case AccessPolicyAdopted():
            return Effect("access policy", event.effective_from)
        case ConsentGiven():
            return Effect(f"consent {event.consent_id}", event.given_at)
        case ConsentRevoked():
            return Effect(f"consent {event.consent_id}", event.revoked_at)
