"""The part of the story that is about payments: what was booked, claimed back, and paid to another account."""

from collections.abc import Mapping
from typing import Any

_PLAN = 600_000
_PLAN_ID = "demo-generic"


def _entry(debit: str, credit: str) -> list[dict[str, Any]]:
    return [
        {"account": f"{debit}:{_PLAN_ID}", "amount_fen": _PLAN},
        {"account": f"{credit}:{_PLAN_ID}", "amount_fen": -_PLAN},
    ]


STORY_OF_PAYOUT: Mapping[str, Any] = {
    "DeskSettlementBooked.postings": _entry("claims_expense", "centre_clearing"),
    "PaymentInstructed.postings": _entry("claims_expense", "claims_payable"),
    "PaymentSettled.postings": _entry("claims_payable", "bank"),
    "PaymentRejected.postings": _entry("claims_payable", "claims_unpayable"),
    "PaymentReturned.postings": _entry("bank", "claims_unpayable"),
    "PaymentCancelled.postings": _entry("claims_payable", "claims_expense"),
    "PaymentCancelled.reason": "less_is_due",
    "UnpayableReduced.postings": _entry("claims_unpayable", "claims_expense"),
    "ClawbackRaised.postings": _entry("clawback_receivable", "claims_expense"),
    "ClawbackRaised.reason": "redecided",
    "ClawbackNetted.postings": _entry("claims_expense", "clawback_receivable"),
    "ClawbackNetted.payment_id": None,
    "ClawbackRepaid.postings": _entry("collections", "clawback_receivable"),
    "ClawbackWrittenOff.postings": _entry("clawback_losses", "clawback_receivable"),
    "ClawbackWrittenOff.reason": "hardship",
    "clawback_id": "5f0be3c4-91a7-5d26-8c42-b7e1065a9d3f",
    "clawback_claim_id": "0198a3f2-5b90-7f27-86ad-e04c9d1b7382",
    "netting_id": "c41d7a90-3e85-5b12-9f06-82a4d5e7b6c3",
    "repayment_id": "e92f5b07-6c14-5a83-b1d9-4f70c8a2e65b",
    "caused_by_decision_id": "a86d0f35-2b9e-5174-8c03-e97f41b6d25a",
    "before_fen": 0,
    "due_fen": _PLAN,
    "withdrawn": False,
    "recovers_write_off": False,
    "reference": "T202604010017",
    "repaid_on": "2026-04-01",
    "recorded_by": "cashier-03",
    "recorded_at": "2026-04-01T06:12:44Z",
    "written_off_by": "manager-01",
    "written_off_at": "2026-09-30T08:00:00Z",
    "raised_at": "2026-03-16T02:41:06.010000Z",
    "netted_at": "2026-03-16T02:41:06.010000Z",
    "cancelled_at": "2026-03-16T02:41:06.010000Z",
    "reduced_at": "2026-03-16T02:41:06.010000Z",
    "revised_at": "2026-03-16T02:41:06.010000Z",
    "PayAgainProposed.proposed_by": "operator-01",
    "PayAgainProposed.proposed_at": "2026-03-17T01:12:30Z",
    "PayAgainApproved.proposed_by": "operator-01",
    "PayAgainApproved.approved_by": "operator-02",
    "PayAgainApproved.approved_at": "2026-03-17T02:05:11Z",
    "paid_as": "7d0c5f92-4b18-5e63-a9d7-30f6b2c8e145",
    "UnpayableReduced.reason": "less_is_due",
}
"""Values as `libs.contracts.story` has them."""
