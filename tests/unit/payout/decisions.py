"""Decisions and payments with defaults, for tests of payout."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed, Bearing, ClaimAdjudicated, ClaimDenied
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import Command, PayDecision, WithdrawEntitlement
from services.payout.domain.ids import payment_id_of
from services.payout.domain.payments import decide

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PERSON = "p_" + "b" * 32
SEALED = "s1." + "0" * 32 + ".AAAA"


def a_decision(
    decision_id: str = "d1", claim_id: str = "c1", person_id: str = PERSON, **fields: Any
) -> ClaimAdjudicated:
    """The claim's first decision: the plan pays 600.00 of a bill of 1,000.00."""
    pays_fen: int = fields.pop("plan_pays_fen", 600_00)
    defaults: dict[str, Any] = {
        "hospital_id": "H1",
        "coverage_id": "cov-1",
        "plan_id": "demo-generic",
        "service_date": date(2026, 2, 10),
        "bill_fen": 1_000_00,
        "bearings": (
            Bearing(bearer="plan", amount_fen=pays_fen, clause="1"),
            Bearing(bearer="patient", amount_fen=1_000_00 - pays_fen, clause="rest"),
        ),
        "decided_at": NOW,
        "received_at": NOW,
        "plan_digest": "0" * 64,
        "benefit_year": "2026-01-01",
        "inputs_digest": "0" * 64,
        "patient_bears_fen": 1_000_00 - pays_fen,
        "liabilities": (),
        "usage_after": {"liabilities": {}, "caps": {}},
        "explanation": {},
    }
    return ClaimAdjudicated(
        person_id=person_id,
        claim_id=claim_id,
        decision_id=decision_id,
        plan_pays_fen=pays_fen,
        **{**defaults, **fields},
    )


def a_denial(decision_id: str = "d2", claim_id: str = "c1", **fields: Any) -> ClaimDenied:
    """The claim's second decision: nothing is due."""
    defaults: dict[str, Any] = {
        "number": 2,
        "supersedes": "d1",
        "hospital_id": "H1",
        "coverage_id": None,
        "plan_id": None,
        "service_date": date(2026, 2, 10),
        "bill_fen": 1_000_00,
        "bearings": (Bearing(bearer="patient", amount_fen=1_000_00, clause="denied: no_coverage"),),
        "decided_at": NOW,
        "received_at": NOW,
        "reason": "no_coverage",
    }
    return ClaimDenied(person_id=PERSON, claim_id=claim_id, decision_id=decision_id, **{**defaults, **fields})


def a_reversal(decision_id: str = "d1", claim_id: str = "c1", **fields: Any) -> AdjudicationReversed:
    """The claim is withdrawn: its decision is reversed and has no successor."""
    defaults: dict[str, Any] = {
        "number": 1,
        "replaced_by": None,
        "reason": "claim_withdrawn",
        "hospital_id": "H1",
        "plan_id": "demo-generic",
        "benefit_year": "2026-01-01",
        "plan_pays_fen": 600_00,
        "cash_benefits_fen": 0,
        "usage_released": {},
        "pool_shares": (),
        "received_at": NOW,
        "reversed_at": NOW,
    }
    return AdjudicationReversed(
        person_id=PERSON, claim_id=claim_id, decision_id=decision_id, **{**defaults, **fields}
    )


def pay(
    decision_id: str = "d1",
    creditor: str | None = SEALED,
    in_files: frozenset[str] = frozenset(),
    **fields: Any,
) -> PayDecision:
    return PayDecision(a_decision(decision_id, **fields), creditor, in_files, NOW)


def deny(decision_id: str = "d2", in_files: frozenset[str] = frozenset(), **fields: Any) -> PayDecision:
    return PayDecision(a_denial(decision_id, **fields), SEALED, in_files, NOW)


def withdraw(
    decision_id: str = "d1", in_files: frozenset[str] = frozenset(), **fields: Any
) -> WithdrawEntitlement:
    return WithdrawEntitlement(a_reversal(decision_id, **fields), SEALED, in_files, NOW)


def told(*commands: Command) -> tuple[Account, list[Event]]:
    """The account after the commands, and what was said of them."""
    account, log = initial(f"person-{PERSON}"), []
    for command in commands:
        for event in decide(account, command):
            account = evolve(account, event)
            log.append(event)
    return account, log


def said(events: Sequence[Event]) -> list[tuple[str, int]]:
    """What was said, and of how much."""
    return [
        (type(event).__name__, getattr(event, "amount_fen", getattr(event, "due_fen", 0))) for event in events
    ]


def after(*commands: Command) -> list[tuple[str, int]]:
    """What the last command led to."""
    account, _ = told(*commands[:-1])
    return said(decide(account, commands[-1]))


PAYMENT = payment_id_of("d1")
