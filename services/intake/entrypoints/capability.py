"""The CapabilityStatement: what a FHIR client may do here."""

from typing import Any

FHIR_JSON = "application/fhir+json"
PUBLISHED_ON = "2026-11-22"


def capability_statement() -> dict[str, Any]:
    """R4 CapabilityStatement of intake."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED_ON,
        "kind": "instance",
        "software": {"name": "Huiji intake"},
        "implementation": {"description": "Discharges with their settlement become claims"},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON, "application/json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "description": (
                        "Authorization: Bearer, with the token that the deployment gave the hospital's system; it"
                        " speaks for its own hospitals only. Only [base]/metadata is open."
                    )
                },
                "documentation": (
                    "POST a Bundle with the discharge (Patient, Encounter, Coverage), the bill (Claim) and what"
                    " basic insurance paid (ClaimResponse or ExplanationOfBenefit) to [base] or to [base]/Bundle."
                    " A Claim related (prior, replaces) to its own settlement, or PUT at Claim/[claim id] in the"
                    " transaction, corrects it; one that is cancelled or entered-in-error undoes it."
                ),
                "resource": [
                    {
                        "type": "Bundle",
                        "interaction": [{"code": "create"}],
                        "operation": [
                            {
                                "name": "validate",
                                "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
                            }
                        ],
                    },
                    {
                        "type": "Claim",
                        "documentation": "PUT a Claim that is cancelled or entered-in-error.",
                        "interaction": [{"code": "update"}],
                        "versioning": "versioned-update",
                    },
                    {"type": "ClaimResponse", "interaction": [{"code": "read"}]},
                ],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }
