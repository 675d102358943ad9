"""The part of the story that is about the insurance centre: what it settled at the desk, and where we differ."""

from collections.abc import Mapping
from typing import Any

_PLAN = 600_000
_PLAN_ID = "demo-generic"

_ONE_STOP: Mapping[str, Any] = {
    "plan_id": _PLAN_ID,
    "mode": "one_stop",
    "reference": "HJ202603150017",
    "liabilities": [{"code": "SBNYL", "deductible_fen": 1_250_000, "pays_fen": _PLAN}],
    "total_fen": _PLAN,
    "settled_at": "2026-03-15T08:12:40Z",
}
_COMPARED: Mapping[str, Any] = {
    "liability_id": "in_catalogue",
    "centre_deductible_fen": 1_250_000,
    "own_deductible_fen": 1_250_000,
    "centre_pays_fen": _PLAN,
    "own_pays_fen": _PLAN - 20_000,
}

STORY_OF_ONE_STOP: Mapping[str, Any] = {
    "OneStopAmounts": _ONE_STOP,
    "OneStopDecided": {
        "taken": "centre",
        "mode": "one_stop",
        "reference": "HJ202603150017",
        "centre_fen": _PLAN,
        "own_fen": _PLAN - 20_000,
        "liabilities": [_COMPARED],
    },
    "ComparedLiability": _COMPARED,
    "settled_at_desk_fen": _PLAN,
    "difference_id": "6a1d0c52-7be4-5f90-8d13-c2e95b07f468",
    "OneStopDifferenceFound.mode": "one_stop",
    "OneStopDifferenceFound.reference": "HJ202603150017",
    "OneStopDifferenceFound.taken": "centre",
    "OneStopDifferenceFound.liabilities": [_COMPARED],
    "OneStopDifferenceFound.causes": ["payment"],
    "centre_fen": _PLAN,
    "own_fen": _PLAN - 20_000,
    "tolerance_fen": 0,
    "found_at": "2026-03-15T08:31:20.050000Z",
    "OneStopDifferenceEnded.reason": "claim_corrected",
    "ended_at": "2026-03-16T02:41:05.620000Z",
    "OneStopDifferenceAnswered.outcome": "disputed",
    "OneStopDifferenceAnswered.reason": "wrong_deductible",
    "answered_by": "examiner-03",
    "answered_at": "2026-03-15T09:12:00Z",
    "booking_id": "d70b9e14-25c8-5a36-9f41-0e8c6b3d7a92",
    "settled_fen": _PLAN,
    "DeskSettlementBooked.reference": "HJ202603150017",
    "DeskSettlementBooked.booked_at": "2026-03-15T08:31:21.410000Z",
}
"""Values as `libs.contracts.story` has them."""
