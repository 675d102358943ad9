"""FHIR R4: a Bundle with a discharge and its settlement. docs/fhir.md describes the mapping."""

from libs.interop.fhir.change_writer import to_correction_bundle, to_void_claim
from libs.interop.fhir.explanation_of_benefit import explanation_of_benefit
from libs.interop.fhir.outcome import operation_outcome
from libs.interop.fhir.reader import parse_bundle
from libs.interop.fhir.requests import parse_bundle_request, parse_claim_request, version_of
from libs.interop.fhir.writer import encode_bundle, to_bundle

__all__ = [
    "encode_bundle",
    "explanation_of_benefit",
    "operation_outcome",
    "parse_bundle",
    "parse_bundle_request",
    "parse_claim_request",
    "to_bundle",
    "to_correction_bundle",
    "to_void_claim",
    "version_of",
]
