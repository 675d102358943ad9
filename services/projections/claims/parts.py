"""What each event says about a part of its claim: a decision, a payment, a clawback, a referral, a wait. Pure.

A part is a row of its own; each event adds columns to it, so hearing it twice changes nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import orjson

from services.projections.claims.columns import by_bearer, shares_of
from services.projections.claims.heard_of_claims import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDenied,
    DecisionConfirmed,
    Heard,
    OneStopDifferenceAnswered,
    OneStopDifferenceEnded,
    OneStopDifferenceFound,
)
from services.projections.claims.heard_of_money import (
    ClawbackNetted,
    ClawbackRaised,
    ClawbackRepaid,
    ClawbackWrittenOff,
    PaymentCancelled,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
    UnpayableReduced,
)
from services.projections.claims.waiting import Part, waiting_of

PARTS: Mapping[str, Mapping[str, str]] = {
    "decision": {
        "decision_id": "text",
        "number": "integer",
        "supersedes": "text",
        "kind": "text",
        "denial_reason": "text",
        "plan_id": "text",
        "benefit_year": "text",
        "hospital_id": "text",
        "service_date": "date",
        "bill_fen": "bigint",
        "plan_pays_fen": "bigint",
        "cash_fen": "bigint",
        "patient_fen": "bigint",
        "desk_fen": "bigint",
        "bearings": "jsonb",
        "pool_shares": "jsonb",
        "without_records": "boolean",
        "decided_at": "timestamptz",
        "confirmed_at": "timestamptz",
        "trued_up": "boolean",
        "reversed_at": "timestamptz",
        "reversal_reason": "text",
        "caused_by_claim_id": "text",
        "replaced_by": "text",
    },
    "one_stop_difference": {
        "difference_id": "text",
        "decision_id": "text",
        "plan_id": "text",
        "hospital_id": "text",
        "mode": "text",
        "reference": "text",
        "taken": "text",
        "centre_fen": "bigint",
        "own_fen": "bigint",
        "tolerance_fen": "bigint",
        "compared": "jsonb",
        "causes": "text",
        "found_at": "timestamptz",
        "outcome": "text",
        "answer_reason": "text",
        "answered_by": "text",
        "answered_at": "timestamptz",
        "ended_at": "timestamptz",
        "end_reason": "text",
    },
    "payment": {
        "payment_id": "text",
        "decision_id": "text",
        "plan_id": "text",
        "amount_fen": "bigint",
        "held_reason": "text",
        "instructed_at": "timestamptz",
        "cancelled_at": "timestamptz",
        "cancel_reason": "text",
        "settled_at": "timestamptz",
        "rejected_at": "timestamptz",
        "rejection_reason": "text",
        "returned_at": "timestamptz",
        "return_reason": "text",
    },
    "clawback": {
        "clawback_id": "text",
        "decision_id": "text",
        "plan_id": "text",
        "reason": "text",
        "raised_fen": "bigint",
        "raised_at": "timestamptz",
    },
    "adjustment": {
        "adjustment_id": "text",
        "clawback_id": "text",
        "payment_id": "text",
        "kind": "text",
        "reason": "text",
        "amount_fen": "bigint",
        "adjusted_at": "timestamptz",
    },
    "waiting": {
        "waiting_id": "text",
        "kind": "text",
        "owner": "text",
        "what": "text",
        "since": "timestamptz",
        "due_at": "timestamptz",
        "ended_at": "timestamptz",
    },
    "referral": {
        "referral_id": "text",
        "programme_id": "text",
        "suggested_fen": "bigint",
        "referred_at": "timestamptz",
        "revised_at": "timestamptz",
        "withdrawn_at": "timestamptz",
    },
}
"""The tables of parts: their columns with types, the key first; each also has claim_id and person_id."""


def part_of(event: Heard) -> Part | None:
    """The part that the event is about; None when it is about the claim alone."""
    match event:
        case ClaimAdjudicated() | ClaimDenied() | AdjudicationReversed() | DecisionConfirmed():
            return Part("decision", event.decision_id, _decision(event))
        case OneStopDifferenceFound() | OneStopDifferenceEnded() | OneStopDifferenceAnswered():
            return Part("one_stop_difference", event.difference_id, _difference(event))
        case (
            PaymentHeld()
            | PaymentInstructed()
            | PaymentCancelled()
            | PaymentSettled()
            | PaymentRejected()
            | PaymentReturned()
        ):
            payment_id = event.payment_id or f"held/{event.decision_id}"
            about = {
                "decision_id": event.decision_id,
                "plan_id": event.plan_id,
                "amount_fen": event.amount_fen,
            }
            return Part("payment", payment_id, about | _payment(event))
        case ClawbackRaised():
            raised = {
                "decision_id": event.decision_id,
                "plan_id": event.plan_id,
                "reason": event.reason,
                "raised_fen": event.amount_fen,
                "raised_at": event.raised_at,
            }
            return Part("clawback", event.clawback_id, raised)
        case ClawbackNetted() | ClawbackRepaid() | ClawbackWrittenOff() | UnpayableReduced():
            key, columns = _adjustment(event)
            return Part("adjustment", key, columns | {"amount_fen": event.amount_fen})
        case ReferralMade() | ReferralRevised() | ReferralWithdrawn():
            return Part("referral", event.referral_id, _referral(event))
        case _:
            return None


def _decision(
    event: ClaimAdjudicated | ClaimDenied | AdjudicationReversed | DecisionConfirmed,
) -> dict[str, Any]:
    match event:
        case AdjudicationReversed():
            return {
                "reversed_at": event.reversed_at,
                "reversal_reason": event.reason,
                "caused_by_claim_id": event.caused_by_claim_id,
                "replaced_by": event.replaced_by,
            }
        case DecisionConfirmed():
            return {"confirmed_at": event.confirmed_at, "trued_up": True if event.with_records else None}
    borne = by_bearer(event)
    made: dict[str, Any] = {
        "number": event.number,
        "supersedes": event.supersedes,
        "plan_id": event.plan_id,
        "hospital_id": event.hospital_id,
        "service_date": event.service_date,
        "bill_fen": event.bill_fen,
        "bearings": orjson.dumps(borne).decode(),
        "patient_fen": borne.get("patient", 0),
        "decided_at": event.decided_at,
    }
    if isinstance(event, ClaimDenied):
        nothing = {"plan_pays_fen": 0, "cash_fen": 0, "pool_shares": "{}"}
        return made | nothing | {"kind": "denied", "denial_reason": event.reason}
    return made | {
        "kind": "adjudicated",
        "benefit_year": event.benefit_year,
        "plan_pays_fen": event.plan_pays_fen,
        "cash_fen": event.cash_benefits_fen,
        "desk_fen": event.settled_at_desk_fen,
        "pool_shares": shares_of(event),
        "without_records": event.without_records,
    }


def _difference(
    event: OneStopDifferenceFound | OneStopDifferenceEnded | OneStopDifferenceAnswered,
) -> dict[str, Any]:
    match event:
        case OneStopDifferenceEnded():
            return {"ended_at": event.ended_at, "end_reason": event.reason}
        case OneStopDifferenceAnswered():
            return {
                "outcome": event.outcome,
                "answer_reason": event.reason,
                "answered_by": event.answered_by,
                "answered_at": event.answered_at,
            }
        case OneStopDifferenceFound():
            same = ("decision_id", "plan_id", "hospital_id", "mode", "reference", "taken", "found_at")
            amounts = ("centre_fen", "own_fen", "tolerance_fen")
            compared = [msgspec.structs.asdict(each) for each in event.liabilities]
            return {name: getattr(event, name) for name in (*same, *amounts)} | {
                "compared": orjson.dumps(compared).decode(),
                "causes": ",".join(event.causes),
            }


def _payment(
    event: PaymentHeld
    | PaymentInstructed
    | PaymentCancelled
    | PaymentSettled
    | PaymentRejected
    | PaymentReturned,
) -> dict[str, Any]:
    match event:
        case PaymentHeld():
            return {"held_reason": event.reason}
        case PaymentInstructed():
            return {"instructed_at": event.instructed_at}
        case PaymentCancelled():
            return {"cancelled_at": event.cancelled_at, "cancel_reason": event.reason}
        case PaymentSettled():
            return {"settled_at": event.settled_at}
        case PaymentRejected():
            return {"rejected_at": event.rejected_at, "rejection_reason": event.reason_code}
        case PaymentReturned():
            return {"returned_at": event.returned_at, "return_reason": event.reason_code}


def _adjustment(
    event: ClawbackNetted | ClawbackRepaid | ClawbackWrittenOff | UnpayableReduced,
) -> tuple[str, dict[str, Any]]:
    match event:
        case ClawbackNetted():
            kind = "recovered" if event.recovers_write_off else "netted"
            about = {"clawback_id": event.clawback_id, "payment_id": event.payment_id, "kind": kind}
            return event.netting_id, about | {"adjusted_at": event.netted_at}
        case ClawbackRepaid():
            about = {"clawback_id": event.clawback_id, "kind": "repaid"}
            return event.repayment_id, about | {"adjusted_at": event.recorded_at}
        case ClawbackWrittenOff():
            about = {"clawback_id": event.clawback_id, "kind": "written_off", "reason": event.reason}
            return f"written-off/{event.clawback_id}", about | {"adjusted_at": event.written_off_at}
        case UnpayableReduced():
            about = {"payment_id": event.payment_id, "kind": "reduced"}
            key = f"{event.payment_id}/{event.caused_by_decision_id}"
            return key, about | {"adjusted_at": event.reduced_at}


def _referral(event: ReferralMade | ReferralRevised | ReferralWithdrawn) -> dict[str, Any]:
    about: dict[str, Any] = {"programme_id": event.programme_id}
    match event:
        case ReferralMade():
            return about | {"suggested_fen": event.suggested_aid_fen, "referred_at": event.referred_at}
        case ReferralRevised():
            return about | {"suggested_fen": event.suggested_aid_fen, "revised_at": event.revised_at}
        case ReferralWithdrawn():
            return about | {"suggested_fen": 0, "withdrawn_at": event.withdrawn_at}


def parts_of(events: Iterable[Heard]) -> dict[str, dict[str, dict[str, Any]]]:
    """By table and key what the events say together, in their order."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for event in events:
        part = part_of(event)
        for each in waiting_of(event) if part is None else (part,):
            row = found.setdefault(each.table, {}).setdefault(each.key, {})
            row |= {name: value for name, value in each.columns.items() if value is not None}
            row |= {"claim_id": event.claim_id, "person_id": event.person_id}
    return found
