"""The part of the story that is about what people rule, and about the appeal against a decision."""

from collections.abc import Mapping
from typing import Any

STORY_OF_RULINGS: Mapping[str, Any] = {
    "ruling_id": "5b8e21c4-90d7-5f36-a1b8-cc40e7d9231f",
    "appeal_id": "e2c97d40-1f6a-5b83-9d25-70be48a1c6f3",
    "RulingProposed.outcome": "facts",
    "RulingProposed.facts": {"pre_existing": False},
    "RulingProposed.reason_code": "records_found",
    "RulingRejected.reason_code": "clerical_error",
    "Evidence.kind": "pathology_report",
    "sha256": "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
    "RulingProposed.proposed_by": "examiner-03",
    "RulingApproved.approved_by": "senior-01",
    "rejected_by": "senior-01",
    "concluded_by": "senior-01",
    "RulingProposed.tier": "examiner",
    "RulingApproved.tier": "senior",
    "difference_fen": 120_000,
    "largest_move_fen": 120_000,
    "claims_moved": 1,
    "needs_second": True,
    "RulingProposed.proposed_at": "2026-03-17T01:12:00Z",
    "RulingApproved.approved_at": "2026-03-17T02:40:00Z",
    "RulingRejected.rejected_at": "2026-03-17T02:40:00Z",
    "level": 1,
    "stays_payment": False,
    "stayed_at": "2026-03-16T07:30:00.210000Z",
    "lifted_at": "2026-03-17T02:41:00.180000Z",
    "AppealOpened.opened_at": "2026-03-16T07:30:00Z",
    "AppealOpened.due_at": "2026-03-26T07:30:00Z",
    "AppealOverdue.due_at": "2026-03-26T07:30:00Z",
    "AppealOverdue.noted_at": "2026-03-26T07:30:00.310000Z",
    "AppealConcluded.outcome": "upheld",
    "AppealConcluded.concluded_at": "2026-03-17T02:41:00Z",
}
"""Values as `libs.contracts.story` has them."""
