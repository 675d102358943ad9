"""The part of the story that is about who may see the claim: an edition of the policy, a consent and its end."""

from collections.abc import Mapping
from typing import Any

STORY_OF_ACCESS: Mapping[str, Any] = {
    "AccessPolicyAdopted.edition": 2,
    "AccessPolicyAdopted.title": "惠济访问策略 Huiji access policy",
    "AccessPolicyAdopted.effective_from": "2026-03-01",
    "AccessPolicyAdopted.adopted_by": "operator-02",
    "AccessPolicyAdopted.adopted_at": "2026-02-20T02:15:00Z",
    "AccessPolicyAdopted.rules": [
        {
            "rule_id": "insurer-part",
            "reader": "insurer",
            "view": "insurer_share",
            "claims": "of_its_pool",
            "fields": ["insurer", "claim_id", "share_fen"],
            "consent": None,
        },
        {
            "rule_id": "insurer-claim",
            "reader": "insurer",
            "view": "claim_status",
            "claims": "of_its_pool",
            "fields": ["claim_id", "hospital_id", "bill_fen"],
            "consent": "claim_detail",
        },
    ],
    "consent_id": "8e40b1d7-62c9-5f03-a1d8-5b7c90ef2a64",
    "purpose": "claim_detail",
    "recipient": "insurer:coinsurer-a",
    "given_at": "2026-03-15T08:40:00Z",
    "expires_on": "2026-12-31",
    "ConsentGiven.recorded_by": "desk-01",
    "ConsentRevoked.recorded_by": "desk-01",
    "ConsentRevoked.reason": "revoked",
    "revoked_at": "2026-05-04T01:30:00Z",
}
