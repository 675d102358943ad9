"""A claim's whole way through the services as recorded events, each source's own order kept."""

from datetime import timedelta
from uuid import UUID, uuid5

from libs.contracts import ClaimEvent, encode, event_type
from libs.contracts.adjudication import ClaimAdjudicated, ClaimPended, PendReason
from libs.contracts.charity import ReferralMade
from libs.contracts.payout import (
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)
from libs.eventlog import Recorded
from tests.unit.adjudication.heard_events import attached, registered, scored, unavailable
from tests.unit.payout.decisions import NOW, PERSON, SEALED, a_decision

_IDS = UUID("7f0c2f0e-7d43-4f2e-9a53-0c0de2f5a111")
ABOUT = {"person_id": PERSON, "claim_id": "c1"}
PAYMENT = {**ABOUT, "payment_id": "p1", "decision_id": "d1", "plan_id": "demo-generic", "amount_fen": 600_00}

Story = dict[str, list[ClaimEvent]]
"""Events by source, each source in its order."""


def a_paid_claim() -> Story:
    """A claim that pended, was decided, held for want of an account, paid, and referred to two programmes."""
    return {
        "intake": [registered(person_id=PERSON)],
        "medical_data": [unavailable(person_id=PERSON), attached(person_id=PERSON)],
        "fraud": [scored(person_id=PERSON, score=100), scored(person_id=PERSON, score=20)],
        "adjudication": [
            a_pend("coverage_unknown", "score_missing"),
            a_pend("coverage_unknown"),
            the_decision(),
        ],
        "payout": [a_held_payment(), an_instructed_payment(), a_settled_payment()],
        "charity": [a_referral("cancer-fund"), a_referral("antitumour-drugs", hours=1)],
    }


def the_decision() -> ClaimAdjudicated:
    """About the bill that intake registered."""
    claim = registered(person_id=PERSON)
    return a_decision(hospital_id=claim.visit.hospital_id, bill_fen=claim.settlement.total_fen)


def a_pend(*codes: str) -> ClaimPended:
    reasons = tuple(PendReason.model_validate({"code": code, "owner": "enrolment"}) for code in codes)
    return ClaimPended(**ABOUT, reasons=reasons, pended_at=NOW, due_at=NOW + timedelta(hours=72))


def a_held_payment() -> PaymentHeld:
    held = {name: PAYMENT[name] for name in ("decision_id", "plan_id", "amount_fen")}
    return PaymentHeld.model_validate({**ABOUT, **held, "reason": "no_account", "received_at": NOW})


def an_instructed_payment() -> PaymentInstructed:
    return PaymentInstructed.model_validate(
        {
            **PAYMENT,
            "end_to_end_id": "HJ1",
            "creditor": SEALED,
            "instructed_at": NOW,
            "received_at": NOW,
            "postings": (),
        }
    )


def a_settled_payment(seconds: float = 2.0) -> PaymentSettled:
    return PaymentSettled.model_validate(
        {
            **PAYMENT,
            "bank_reference": "b1",
            "booked_at": NOW,
            "settled_at": NOW + timedelta(seconds=seconds),
            "received_at": NOW,
            "postings": (),
        }
    )


def a_rejected_payment() -> PaymentRejected:
    return PaymentRejected.model_validate(
        {**PAYMENT, "reason_code": "AC04", "rejected_at": NOW, "postings": ()}
    )


def a_returned_payment() -> PaymentReturned:
    return PaymentReturned.model_validate(
        {**PAYMENT, "bank_reference": "b2", "reason_code": "MD07", "returned_at": NOW, "postings": ()}
    )


def a_referral(programme_id: str, hours: int = 0) -> ReferralMade:
    return ReferralMade.model_validate(
        {
            **ABOUT,
            "referral_id": f"r-{programme_id}",
            "programme_id": programme_id,
            "programme_digest": "0" * 64,
            "decision_id": "d1",
            "year": 2026,
            "remaining_burden_fen": 400_00,
            "threshold_fen": 100_00,
            "aid_suggested_before_fen": 0,
            "suggested_aid_fen": 50_00,
            "referred_at": NOW + timedelta(hours=hours),
        }
    )


def recorded(source: str, position: int, event: ClaimEvent) -> Recorded:
    """The event at a place of its source's log, with an id derived from that place."""
    return Recorded(
        source=source,
        shard=3,
        position=position,
        stream_id=event.subject(),
        version=position,
        event_id=uuid5(_IDS, f"{source}/{position}"),
        type=event_type(event),
        schema_version=event.schema_version,
        subject=event.subject(),
        recorded_at=NOW,
        caused_by=None,
        traceparent=None,
        body=encode(event),
        hash=b"",
    )


def logs_of(story: Story) -> dict[str, list[Recorded]]:
    """Each source's log."""
    return {
        source: [recorded(source, place, event) for place, event in enumerate(events, start=1)]
        for source, events in story.items()
    }
