"""What the other services say about one person, with defaults; every factory takes what a test cares about."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from libs.contracts.enrolment import CoverageActivated, CoverageLapsed
from libs.contracts.fraud import ClaimScored, ReviewConcluded
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import Provenance, RecordsAttached, RecordsUnavailable
from libs.contracts.settlement import Settlement, Visit

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PERSON = "p_" + "a" * 32
SEALED = "s1." + "0" * 32 + ".AAAA"
YUAN = 100


def a_settlement(
    total_fen: int = 200_000 * YUAN, self_funded_fen: int = 30_000 * YUAN, pool_fen: int = 120_000 * YUAN
) -> Settlement:
    """Basic insurance paid `pool_fen`, the patient the rest; the identities hold."""
    return Settlement(
        total_fen=total_fen,
        self_funded_fen=self_funded_fen,
        in_scope_fen=total_fen - self_funded_fen,
        pool_fen=pool_fen,
        fund_total_fen=pool_fen,
        personal_total_fen=total_fen - pool_fen,
        personal_cash_fen=total_fen - pool_fen,
    )


def a_visit(**fields: Any) -> Visit:
    """An inpatient stay in February 2026."""
    defaults: dict[str, Any] = {
        "hospital_id": "H44010000001",
        "hospital_grade": 3,
        "med_type": "21",
        "kind": "inpatient",
        "admitted_on": date(2026, 2, 10),
        "discharged_on": date(2026, 2, 20),
        "scheme": "employee",
        "insured_region": "440100",
        "hospital_region": "440100",
        "place": "local",
        "age_years": 52,
        "sex": "female",
    }
    return Visit(**{**defaults, **fields})


def registered(claim_id: str = "c1", person_id: str = PERSON, **fields: Any) -> ClaimRegistered:
    """Intake has registered a claim."""
    defaults: dict[str, Any] = {
        "submission_id": f"setl-{claim_id}",
        "submission_digest": "0" * 64,
        "channel": "settlement_http",
        "received_at": NOW,
        "visit": a_visit(),
        "settlement": a_settlement(),
        "identity": SEALED,
        "medical": SEALED,
    }
    return ClaimRegistered(person_id=person_id, claim_id=claim_id, **{**defaults, **fields})


def corrected(claim_id: str = "c1", revision: int = 2, **fields: Any) -> ClaimCorrected:
    """The hospital has replaced the settlement."""
    before = registered(claim_id, **fields)
    return ClaimCorrected(**{**dict(before), "revision": revision})


def withdrawn(claim_id: str = "c1", person_id: str = PERSON) -> ClaimWithdrawn:
    """The hospital has undone the settlement."""
    return ClaimWithdrawn(
        person_id=person_id,
        claim_id=claim_id,
        reason="settlement_cancelled",
        channel="settlement_http",
        received_at=NOW + timedelta(days=3),
    )


def attached(claim_id: str = "c1", person_id: str = PERSON, **fields: Any) -> RecordsAttached:
    """The bureau's records arrived and agree with the hospital."""
    defaults: dict[str, Any] = {
        "provenance": Provenance(source="bureau", fetched_at=NOW, as_of=NOW, response_digest="0" * 64),
        "bureau_total_fen": 200_000 * YUAN,
        "bureau_fund_fen": 120_000 * YUAN,
        "settlement_matches": True,
        "records": SEALED,
    }
    return RecordsAttached(person_id=person_id, claim_id=claim_id, **{**defaults, **fields})


def unavailable(claim_id: str = "c1", person_id: str = PERSON, **fields: Any) -> RecordsUnavailable:
    """The bureau gave no answer."""
    defaults: dict[str, Any] = {"reason": "timeout", "attempts": 3, "given_up_at": NOW}
    return RecordsUnavailable(person_id=person_id, claim_id=claim_id, **{**defaults, **fields})


def scored(claim_id: str = "c1", person_id: str = PERSON, **fields: Any) -> ClaimScored:
    """Fraud found nothing."""
    defaults: dict[str, Any] = {
        "score": 10,
        "outcome": "clear",
        "reasons": (),
        "features": {},
        "rules_digest": "0" * 64,
        "threshold": 600,
        "scored_at": NOW,
    }
    return ClaimScored(person_id=person_id, claim_id=claim_id, **{**defaults, **fields})


def reviewed(
    verdict: str, claim_id: str = "c1", person_id: str = PERSON, revision: int = 1
) -> ReviewConcluded:
    """A reviewer has decided."""
    return ReviewConcluded.model_validate(
        {
            "person_id": person_id,
            "claim_id": claim_id,
            "review_id": "r1",
            "revision": revision,
            "verdict": verdict,
            "reviewer": "reviewer-7",
            "reason_code": "checked",
            "concluded_at": NOW + timedelta(hours=1),
        }
    )


def covered(person_id: str = PERSON, **fields: Any) -> CoverageActivated:
    """The person is covered by the generic plan in 2026."""
    defaults: dict[str, Any] = {
        "coverage_id": "cov-1",
        "plan_id": "demo-generic",
        "covered_from": date(2026, 1, 1),
        "covered_to": date(2026, 12, 31),
        "enrolled_at": NOW - timedelta(days=90),
        "scheme": "employee",
        "pre_existing": False,
        "premium_fen": 150 * YUAN,
        "premium_payer": "self",
        "identity": SEALED,
    }
    return CoverageActivated(person_id=person_id, **{**defaults, **fields})


def lapsed(on: date, coverage_id: str = "cov-1", person_id: str = PERSON) -> CoverageLapsed:
    """A coverage ended early."""
    return CoverageLapsed(person_id=person_id, coverage_id=coverage_id, lapsed_on=on, reason="moved away")
