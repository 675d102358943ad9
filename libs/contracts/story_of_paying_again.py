"""The part of the story that is about money the bank sent back: two people agree to pay it to another account."""

from collections.abc import Mapping
from typing import Any

STORY_OF_PAYING_AGAIN: Mapping[str, Any] = {
    "PayAgainProposed.proposed_by": "operator-01",
    "PayAgainProposed.proposed_at": "2026-03-17T01:12:30Z",
    "PayAgainApproved.proposed_by": "operator-01",
    "PayAgainApproved.approved_by": "operator-02",
    "PayAgainApproved.approved_at": "2026-03-17T02:05:11Z",
    "paid_as": "7d0c5f92-4b18-5e63-a9d7-30f6b2c8e145",
    "UnpayableReduced.reason": "less_is_due",
}
"""Values as `libs.contracts.story` has them."""
