"""A decision → FHIR R4 ExplanationOfBenefit, amounts as exact numbers, the explanation as notes in both languages.

Money values are Decimal: serialise with `encode_bundle`.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from libs.benefits.explanation_text import Language, explanation_text
from libs.contracts.adjudication import Bearing, ClaimAdjudicated, ClaimDenied
from libs.interop.fhir import systems

Json = dict[str, Any]

_LANGUAGES: tuple[tuple[Language, str], ...] = (("zh", "zh-CN"), ("en", "en"))
#: A `string` of FHIR has at most 1,048,576 characters; a longer text goes on in the next note.
_MOST_CHARACTERS = 1_000_000


def explanation_of_benefit(
    decision: ClaimAdjudicated | ClaimDenied, status: Literal["active", "cancelled"] = "active"
) -> Json:
    """The resource of one decision; `cancelled` for a decision that was reversed.

    `total` states the bill and who bears it, and sums: submitted = benefit + the others' totals. `adjudication`
    states each bearer's part with the clause behind it.
    """
    resource: Json = {
        "resourceType": "ExplanationOfBenefit",
        "id": decision.decision_id,
        "identifier": [{"system": systems.DECISION_ID, "value": decision.decision_id}],
        "status": status,
        "type": _concept(systems.CLAIM_TYPE, "institutional"),
        "use": "claim",
        "patient": {"identifier": {"system": systems.PERSON_PSEUDONYM, "value": decision.person_id}},
        "billablePeriod": {"start": decision.service_date.isoformat()},
        "created": decision.decided_at.isoformat(),
        "insurer": {"identifier": {"system": systems.PLAN_ID, "value": decision.plan_id or "none"}},
        "provider": {"identifier": {"system": systems.HOSPITAL_ID, "value": decision.hospital_id}},
        "claim": {"identifier": {"system": systems.CLAIM_ID, "value": decision.claim_id}},
        "outcome": "complete",
        "insurance": [
            {
                "focal": True,
                "coverage": {
                    "identifier": {"system": systems.COVERAGE_ID, "value": decision.coverage_id or "none"}
                },
            }
        ],
        "adjudication": [_part(bearing) for bearing in decision.bearings],
        "total": list(_totals(decision)),
    }
    if decision.supersedes is not None:
        resource["related"] = [
            {
                "relationship": _concept(systems.CLAIM_RELATIONSHIP, "prior"),
                "reference": {"system": systems.DECISION_ID, "value": decision.supersedes},
            }
        ]
    if isinstance(decision, ClaimDenied):
        return {**resource, "disposition": f"denied: {decision.reason}"}
    return {**resource, **_paid(decision)}


def _paid(decision: ClaimAdjudicated) -> Json:
    # What the insurance centre has settled at the desk is not paid out again.
    due_fen = decision.plan_pays_fen + decision.cash_benefits_fen - decision.settled_at_desk_fen
    paid: Json = {"payment": {"amount": _money(due_fen)}}
    notes: list[Json] = []
    for language, tag in _LANGUAGES:
        text = explanation_text(decision.explanation, language)  # type: ignore[arg-type]
        for start in range(0, len(text), _MOST_CHARACTERS):
            note = {"number": len(notes) + 1, "type": "print", "text": text[start : start + _MOST_CHARACTERS]}
            notes.append({**note, "language": _concept("urn:ietf:bcp:47", tag)})
    return {**paid, "processNote": notes}


def _part(bearing: Bearing) -> Json:
    return {
        "category": _bearer(bearing.bearer),
        "reason": {"text": bearing.clause},
        "amount": _money(bearing.amount_fen),
    }


def _totals(decision: ClaimAdjudicated | ClaimDenied) -> Iterator[Json]:
    yield {"category": _concept(systems.ADJUDICATION, "submitted"), "amount": _money(decision.bill_fen)}
    sums: dict[str, int] = {}
    for bearing in decision.bearings:
        sums[bearing.bearer] = sums.get(bearing.bearer, 0) + bearing.amount_fen
    for bearer, amount_fen in sums.items():
        yield {"category": _bearer(bearer), "amount": _money(amount_fen)}


def _bearer(bearer: str) -> Json:
    """Our own code of who bears a part; the plan's part is also what FHIR calls the benefit."""
    concept = _concept(systems.BEARER, bearer)
    if bearer == "plan":
        concept["coding"].append({"system": systems.ADJUDICATION, "code": "benefit"})
    return concept


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _money(fen: int) -> Json:
    return {"value": Decimal(fen).scaleb(-2), "currency": "CNY"}
