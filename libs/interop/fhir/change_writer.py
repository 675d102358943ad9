"""Corrections and cancellations as a hospital's FHIR system sends them."""

from typing import Any, Literal

from libs.interop.changes import Cancellation
from libs.interop.fhir import systems
from libs.interop.fhir.writer import BundleType, to_bundle
from libs.interop.submission import Submission

Json = dict[str, Any]


def to_correction_bundle(submission: Submission, bundle_type: BundleType = "transaction") -> Json:
    """The Bundle whose Claim replaces the one of the submission's name."""
    bundle = to_bundle(submission, bundle_type)
    claim = next(
        entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Claim"
    )
    own = {"system": systems.SETTLEMENT_ID, "value": submission.submission_id}
    relationship = {"coding": [{"system": systems.CLAIM_RELATIONSHIP, "code": "prior"}]}
    claim["related"] = [{"claim": {"identifier": own}, "relationship": relationship}]
    return bundle


def to_void_claim(cancellation: Cancellation) -> Json:
    """A Claim that undoes a settlement: it names the settlement and the hospital, and nobody else."""
    status: Literal["cancelled", "entered-in-error"] = (
        "entered-in-error" if cancellation.reason == "entered_in_error" else "cancelled"
    )
    return {
        "resourceType": "Claim",
        "identifier": [{"system": systems.SETTLEMENT_ID, "value": cancellation.submission_id}],
        "status": status,
        "type": {"coding": [{"system": systems.CLAIM_TYPE, "code": "institutional"}]},
        "use": "claim",
        "patient": {"display": "the patient of the settlement"},
        "created": "2026-01-01",
        "provider": {"identifier": {"system": systems.HOSPITAL_ID, "value": cancellation.hospital_id}},
        "priority": {"coding": [{"system": systems.PRIORITY, "code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "basic insurance"}}],
    }
