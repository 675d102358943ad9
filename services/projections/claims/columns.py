"""What each event says about its claim's row. Pure; one case per event type.

Sources are heard in any order, each in its own. So a column belongs to one source; what a decision repeats of intake's
counts only until intake is heard.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from services.projections.claims.heard_of_claims import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimCorrected,
    ClaimDenied,
    ClaimPended,
    ClaimRegistered,
    ClaimScored,
    ClaimWithdrawn,
    Decision,
    DecisionConfirmed,
    Filed,
    Heard,
    RecordsAttached,
    RecordsUnavailable,
)

Columns = dict[str, Any]

OF_INTAKE = ("hospital_id", "bill_fen")
"""Said by intake, and repeated by decisions, for a claim that intake was not heard of yet."""
OF_DECISION = (
    "decision_id",
    "number",
    "plan_id",
    "benefit_year",
    "decision",
    "denial_reason",
    "decided_at",
    "plan_pays_fen",
    "cash_fen",
    "patient_fen",
    "desk_fen",
    "bearings",
    "pool_shares",
    "without_records",
    "trued_up",
)
"""Of the decision that stands: a new one takes the place of all of them, also where it says nothing."""

COLUMNS: dict[str, str] = {
    "hospital_id": "text",
    "channel": "text",
    "visit_kind": "text",
    "received_at": "timestamptz",
    "bill_fen": "bigint",
    "revision": "integer",
    "withdrawn_at": "timestamptz",
    "withdrawal_reason": "text",
    "records": "text",
    "score": "integer",
    "score_reasons": "text",
    "pend_reasons": "text",
    "pended_at": "timestamptz",
    "pending": "boolean",
    "decision_id": "text",
    "number": "integer",
    "plan_id": "text",
    "benefit_year": "text",
    "decision": "text",
    "denial_reason": "text",
    "decided_at": "timestamptz",
    "plan_pays_fen": "bigint",
    "cash_fen": "bigint",
    "patient_fen": "bigint",
    "desk_fen": "bigint",
    "bearings": "jsonb",
    "pool_shares": "jsonb",
    "without_records": "boolean",
    "trued_up": "boolean",
}
"""Every column an event may set, with the type its array is sent as; lists travel joined by commas."""


def columns_of(event: Heard) -> Columns:  # noqa: C901 - one flat case per event type
    """The columns that `event` sets; none for one that is about a part of the claim only."""
    match event:
        case ClaimRegistered():
            return _filed(event) | {"received_at": event.received_at}
        case ClaimCorrected():
            return _filed(event) | {"revision": event.revision}
        case ClaimWithdrawn():
            return {"withdrawn_at": event.received_at, "withdrawal_reason": event.reason}
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
                "pending": True,
            }
        case ClaimAdjudicated():
            return _decision(event) | {
                "decision": "adjudicated",
                "benefit_year": event.benefit_year,
                "plan_pays_fen": event.plan_pays_fen,
                "cash_fen": event.cash_benefits_fen,
                "patient_fen": event.patient_bears_fen,
                "desk_fen": event.settled_at_desk_fen,
                "pool_shares": shares_of(event),
                "without_records": event.without_records,
            }
        case ClaimDenied():
            return _decision(event) | {
                "decision": "denied",
                "denial_reason": event.reason,
                "patient_fen": by_bearer(event).get("patient", 0),
            }
        case AdjudicationReversed(replaced_by=None):
            return _nothing_decided() | {
                "decision": "withdrawn",
                "decision_id": event.decision_id,
                "number": event.number,
                "plan_id": event.plan_id,
                "pending": False,
            }
        case DecisionConfirmed():
            return {"pending": False} | ({"trued_up": True} if event.with_records else {})
        case _:
            return {}


def merged(first: Columns, second: Columns) -> Columns:
    """Two events of one batch about one claim, in their order within a source."""
    both = first | second
    if "channel" in first and "channel" not in second:
        both |= {name: first[name] for name in OF_INTAKE if name in first}
    if "received_at" in first and "received_at" in second:
        both["received_at"] = min(first["received_at"], second["received_at"])
    return both


def by_bearer(event: Decision) -> dict[str, int]:
    """Who bears how much of the bill, in fen."""
    totals: dict[str, int] = {}
    for bearing in event.bearings:
        totals[bearing.bearer] = totals.get(bearing.bearer, 0) + bearing.amount_fen
    return totals


def shares_of(event: ClaimAdjudicated) -> str:
    """What each insurer of the pool bears, as JSON."""
    return orjson.dumps({share.insurer: share.amount_fen for share in event.pool_shares}).decode()


def _filed(event: Filed) -> Columns:
    return {
        "hospital_id": event.visit.hospital_id,
        "channel": event.channel,
        "visit_kind": event.visit.kind,
        "bill_fen": event.settlement.total_fen,
    }


def _decision(event: ClaimAdjudicated | ClaimDenied) -> Columns:
    return _nothing_decided() | {
        "decision_id": event.decision_id,
        "number": event.number,
        "plan_id": event.plan_id,
        "decided_at": event.decided_at,
        "bearings": orjson.dumps(by_bearer(event)).decode(),
        "bill_fen": event.bill_fen,
        "hospital_id": event.hospital_id,
        "received_at": event.received_at,
        "pending": False,
    }


def _nothing_decided() -> Columns:
    blank: Columns = dict.fromkeys(OF_DECISION)
    return blank | {"plan_pays_fen": 0, "cash_fen": 0, "bearings": "{}", "pool_shares": "{}"}


def _joined(parts: Iterable[str]) -> str:
    return ",".join(parts)
