"""Outcomes as plain JSON values."""

from typing import Any

from libs.benefits.outcome import LiabilityOutcome
from libs.benefits.patient_share import kept_parts
from libs.benefits.selection import Excluded
from libs.benefits.wording import reason_words


def outcome_json(outcome: LiabilityOutcome) -> dict[str, Any]:
    """One liability on one bill."""
    deductible = outcome.deductible
    return {
        "bill_id": outcome.bill_id,
        "liability_id": outcome.liability_id,
        "base_fen": outcome.base_fen,
        "deductible": {
            "required_fen": deductible.required_fen,
            "used_fen": deductible.used_fen,
            "taken_fen": deductible.taken_fen,
        },
        "measured_on": outcome.measured_on,
        "bands": [
            {
                "from_fen": band.from_fen,
                "covered_fen": band.covered_fen,
                "rate_bp": band.rate_bp,
                "paid_fen": band.paid_fen,
            }
            for band in outcome.bands
        ],
        "caps": [
            {
                "cap_id": cut.cap_id,
                "group": cut.group,
                "limit": cut.limit,
                "used": cut.used,
                "cut_fen": cut.cut_fen,
                "on_cost": cut.on_cost,
            }
            for cut in outcome.cuts
        ],
        "patient": kept_parts(outcome),
        "handed_on": [
            {"part": part, "to": to, "amount_fen": amount_fen} for part, to, amount_fen in outcome.handed_on
        ],
        "paid_fen": outcome.paid_fen,
    }


def excluded_json(part: Excluded) -> dict[str, Any]:
    """A part of cost no liability counts."""
    zh, en = reason_words(part)
    line = part.portion.line
    return {
        "bill_id": part.bill_id,
        "bucket": part.portion.bucket,
        "line_index": part.portion.line_index,
        "line": line.name or line.code if line is not None else None,
        "amount_fen": part.amount_fen,
        "reason": part.reason,
        "liability_id": part.liability_id,
        "clause": part.exclusion.clause or part.exclusion.id if part.exclusion is not None else None,
        "zh": zh,
        "en": en,
    }
