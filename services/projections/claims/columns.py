"""What each event says about a claim's row. Pure; one case per event type, each with columns of its own."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson

from libs.contracts import ClaimEvent
from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied, ClaimPended, Decision
from libs.contracts.charity import ReferralMade
from libs.contracts.fraud import ClaimScored
from libs.contracts.intake import ClaimRegistered
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from libs.contracts.payout import (
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)

Columns = dict[str, Any]

SUBSCRIPTIONS: dict[str, frozenset[str]] = {
    "intake": frozenset({ClaimRegistered.__name__}),
    "medical_data": frozenset({RecordsAttached.__name__, RecordsUnavailable.__name__}),
    "fraud": frozenset({ClaimScored.__name__}),
    "adjudication": frozenset({ClaimPended.__name__, ClaimAdjudicated.__name__, ClaimDenied.__name__}),
    "payout": frozenset(
        {
            PaymentInstructed.__name__,
            PaymentHeld.__name__,
            PaymentSettled.__name__,
            PaymentRejected.__name__,
            PaymentReturned.__name__,
        }
    ),
    "charity": frozenset({ReferralMade.__name__}),
}

COLUMNS: dict[str, str] = {
    "hospital_id": "text",
    "channel": "text",
    "visit_kind": "text",
    "received_at": "timestamptz",
    "bill_fen": "bigint",
    "records": "text",
    "score": "integer",
    "score_reasons": "text",
    "pend_reasons": "text",
    "pended_at": "timestamptz",
    "plan_id": "text",
    "decision": "text",
    "denial_reason": "text",
    "decided_at": "timestamptz",
    "plan_pays_fen": "bigint",
    "cash_fen": "bigint",
    "patient_fen": "bigint",
    "bearings": "jsonb",
    "pool_shares": "jsonb",
    "payment_id": "text",
    "instructed_at": "timestamptz",
    "settled_fen": "bigint",
    "settled_at": "timestamptz",
    "rejection_reason": "text",
    "returned_at": "timestamptz",
    "return_reason": "text",
    "held_reason": "text",
    "programmes": "text",
    "referred_at": "timestamptz",
}
"""Every column an event may set, with the type its array is sent as; lists travel joined by commas."""


def columns_of(event: ClaimEvent) -> Columns:  # noqa: C901 - one flat case per event type
    """The columns that `event` sets."""
    match event:
        case ClaimRegistered(visit=visit, settlement=settlement):
            return {
                "hospital_id": visit.hospital_id,
                "channel": event.channel,
                "visit_kind": visit.kind,
                "received_at": event.received_at,
                "bill_fen": settlement.total_fen,
            }
        case RecordsAttached():
            return {"records": "attached"}
        case RecordsUnavailable():
            return {"records": "unavailable"}
        case ClaimScored():
            return {
                "score": event.score,
                "score_reasons": _joined(reason.rule_id for reason in event.reasons),
            }
        case ClaimPended():
            return {
                "pend_reasons": _joined(reason.code for reason in event.reasons),
                "pended_at": event.pended_at,
            }
        case ClaimAdjudicated():
            return _decision(event) | {
                "decision": "adjudicated",
                "plan_pays_fen": event.plan_pays_fen,
                "cash_fen": event.cash_benefits_fen,
                "patient_fen": event.patient_bears_fen,
                "pool_shares": orjson.dumps(
                    {share.insurer: share.amount_fen for share in event.pool_shares}
                ).decode(),
            }
        case ClaimDenied():
            return _decision(event) | {
                "decision": "denied",
                "denial_reason": event.reason,
                "plan_pays_fen": 0,
                "cash_fen": 0,
                "patient_fen": _by_bearer(event)["patient"],
                "pool_shares": "{}",
            }
        case PaymentInstructed():
            return {"payment_id": event.payment_id, "instructed_at": event.instructed_at}
        case PaymentHeld():
            return {"held_reason": event.reason}
        case PaymentSettled():
            return {"settled_fen": event.amount_fen, "settled_at": event.settled_at}
        case PaymentRejected():
            return {"rejection_reason": event.reason_code}
        case PaymentReturned():
            return {"returned_at": event.returned_at, "return_reason": event.reason_code}
        case ReferralMade():
            return {"programmes": event.programme_id, "referred_at": event.referred_at}
        case _:
            raise AssertionError(f"not projected: {type(event).__name__}")


def merged(first: Columns, second: Columns) -> Columns:
    """Two events of one batch about one claim; referrals to several programmes add up."""
    if "programmes" not in first or "programmes" not in second:
        return first | second
    programmes = {*first["programmes"].split(","), *second["programmes"].split(",")}
    referred_at = max(first["referred_at"], second["referred_at"])
    return first | second | {"programmes": _joined(sorted(programmes)), "referred_at": referred_at}


def _decision(event: Decision) -> Columns:
    bearings = orjson.dumps(_by_bearer(event)).decode()
    return {
        "plan_id": event.plan_id,
        "decided_at": event.decided_at,
        "bearings": bearings,
        "bill_fen": event.bill_fen,
        "hospital_id": event.hospital_id,
        "received_at": event.received_at,
    }


def _by_bearer(event: Decision) -> Counter[str]:
    totals: Counter[str] = Counter()
    for bearing in event.bearings:
        totals[bearing.bearer] += bearing.amount_fen
    return totals


def _joined(parts: Iterable[str]) -> str:
    return ",".join(parts)
