"""Events as services hear them from each other: one of each with defaults, all of one person unless told otherwise."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from libs.contracts.adjudication import Bearing, ClaimAdjudicated, ClaimDenied
from libs.contracts.enrolment import CoverageActivated, PersonErased
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import Provenance, RecordsAttached, RecordsUnavailable
from libs.contracts.settlement import FeeLine, Settlement, Visit
from libs.testing.submissions import a_line, a_settlement

NOW = datetime(2026, 5, 20, 8, 30, tzinfo=UTC)
PERSON = f"p_{'0' * 31}1"
SEALED = f"s1.{'0' * 32}.AAAA"
HOSPITAL = "H41050200301"


def person_numbered(number: int) -> str:
    """A pseudonym of the right form."""
    return f"p_{number:032x}"


def a_visit(admitted_on: date = date(2026, 5, 1), days: int = 9, **changes: Any) -> Visit:
    """A stay of a woman of 52 at one hospital."""
    values: dict[str, Any] = {
        "hospital_id": HOSPITAL,
        "hospital_grade": 3,
        "med_type": "21",
        "kind": "inpatient",
        "admitted_on": admitted_on,
        "discharged_on": admitted_on + timedelta(days=days),
        "scheme": "resident",
        "insured_region": "410500",
        "hospital_region": "410502",
        "place": "local",
        "age_years": 52,
        "sex": "female",
    }
    return Visit(**(values | changes))


def lines_of(settlement: Settlement) -> tuple[FeeLine, ...]:
    """Two lines that sum to the bill: a drug in scope and one outside it."""
    outside = settlement.self_funded_fen
    inside = a_line(1, settlement.total_fen - outside)
    return (inside, a_line(2, outside, self_funded_fen=outside)) if outside else (inside,)


def a_claim_registered(
    claim_id: str = "claim-1",
    *,
    visit: Visit | None = None,
    settlement: Settlement | None = None,
    lines: tuple[FeeLine, ...] | None = None,
    person_id: str = PERSON,
    **changes: Any,
) -> ClaimRegistered:
    """A registered claim whose lines sum to its settlement."""
    bill = settlement or a_settlement()
    values: dict[str, Any] = {
        "submission_id": f"S-{claim_id}",
        "submission_digest": "0" * 64,
        "channel": "settlement_http",
        "received_at": NOW,
        "identity": SEALED,
        "medical": SEALED,
        "main_diagnosis_chapter": "IX",
    }
    return ClaimRegistered(
        person_id=person_id,
        claim_id=claim_id,
        visit=visit or a_visit(),
        settlement=bill,
        lines=lines_of(bill) if lines is None else lines,
        **(values | changes),
    )


def a_claim_corrected(claim_id: str = "claim-1", revision: int = 2, **changes: Any) -> ClaimCorrected:
    """A later content of a claim; `changes` as for its registration."""
    first = a_claim_registered(claim_id, **changes)
    return ClaimCorrected(**dict(first), revision=revision)


def a_claim_withdrawn(claim_id: str = "claim-1", *, person_id: str = PERSON) -> ClaimWithdrawn:
    """The hospital has undone the settlement."""
    return ClaimWithdrawn(
        person_id=person_id,
        claim_id=claim_id,
        reason="settlement_cancelled",
        channel="settlement_http",
        received_at=NOW,
    )


def records_attached(
    claim_id: str = "claim-1", *, person_id: str = PERSON, **changes: Any
) -> RecordsAttached:
    """Records that agree with the hospital and hold nothing unusual."""
    values: dict[str, Any] = {
        "provenance": Provenance(source="bureau", fetched_at=NOW, as_of=NOW, response_digest="0" * 64),
        "bureau_total_fen": 150_000,
        "bureau_fund_fen": 60_000,
        "settlement_matches": True,
        "records": SEALED,
    }
    return RecordsAttached(person_id=person_id, claim_id=claim_id, **(values | changes))


def records_unavailable(
    claim_id: str = "claim-1", revision: int = 1, *, person_id: str = PERSON
) -> RecordsUnavailable:
    """The bureau did not answer in time."""
    return RecordsUnavailable(
        person_id=person_id,
        claim_id=claim_id,
        revision=revision,
        reason="bureau_unreachable",
        attempts=3,
        given_up_at=NOW,
    )


def a_coverage_activated(
    coverage_id: str = "coverage-1", *, person_id: str = PERSON, **changes: Any
) -> CoverageActivated:
    """Cover for 2026, in its third year without a break."""
    values: dict[str, Any] = {
        "plan_id": "demo-generic",
        "covered_from": date(2026, 1, 1),
        "covered_to": date(2026, 12, 31),
        "enrolled_at": datetime(2025, 11, 20, tzinfo=UTC),
        "scheme": "resident",
        "pre_existing": False,
        "continuous_years": 3,
        "premium_fen": 6_900,
        "premium_payer": "self",
        "identity": SEALED,
    }
    return CoverageActivated(person_id=person_id, coverage_id=coverage_id, **(values | changes))


def a_person_erased(person_id: str = PERSON) -> PersonErased:
    """The person's key is destroyed."""
    return PersonErased(person_id=person_id, erased_at=NOW, requested_by="the person")


def a_claim_adjudicated(
    claim_id: str = "claim-1",
    *,
    patient_bears_fen: int = 40_000,
    plan_pays_fen: int = 60_000,
    person_id: str = PERSON,
    **changes: Any,
) -> ClaimAdjudicated:
    """A decision in which basic insurance, the plan and the patient share a bill."""
    values: dict[str, Any] = {
        "decision_id": f"decision-of-{claim_id}",
        "hospital_id": HOSPITAL,
        "coverage_id": "coverage-1",
        "plan_id": "demo-generic",
        "service_date": date(2026, 5, 1),
        "decided_at": NOW,
        "received_at": NOW,
        "plan_digest": "0" * 64,
        "benefit_year": "2026-01-01",
        "inputs_digest": "0" * 64,
        "liabilities": (),
        "usage_after": {},
        "explanation": None,
    }
    bearings = (
        Bearing(bearer="basic", amount_fen=50_000, clause="hifp_pay"),
        Bearing(bearer="plan", amount_fen=plan_pays_fen, clause="one"),
        Bearing(bearer="patient", amount_fen=patient_bears_fen, clause="ratio"),
    )
    return ClaimAdjudicated(
        person_id=person_id,
        claim_id=claim_id,
        bill_fen=sum(bearing.amount_fen for bearing in bearings),
        bearings=bearings,
        plan_pays_fen=plan_pays_fen,
        patient_bears_fen=patient_bears_fen,
        **(values | changes),
    )


def a_claim_denied(
    claim_id: str = "claim-1",
    *,
    reason: Literal["no_coverage", "fraudulent", "after_death", "settlement_differs"],
    patient_bears_fen: int = 90_000,
    person_id: str = PERSON,
) -> ClaimDenied:
    """A decision in which the plan bears nothing."""
    bearings = (
        Bearing(bearer="basic", amount_fen=60_000, clause="hifp_pay"),
        Bearing(bearer="patient", amount_fen=patient_bears_fen, clause=f"denied: {reason}"),
    )
    return ClaimDenied(
        person_id=person_id,
        claim_id=claim_id,
        decision_id=f"decision-of-{claim_id}",
        hospital_id=HOSPITAL,
        coverage_id=None,
        plan_id=None,
        service_date=date(2026, 5, 1),
        bill_fen=60_000 + patient_bears_fen,
        bearings=bearings,
        decided_at=NOW,
        received_at=NOW,
        reason=reason,
    )
