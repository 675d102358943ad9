"""A claim's whole way through the services as recorded events, each source's own order kept."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from libs.contracts import ClaimEvent, encode, event_type
from libs.contracts.adjudication import (
    ClaimAdjudicated,
    ClaimPended,
    DecisionConfirmed,
    PendReason,
    PoolShare,
)
from libs.contracts.charity import ReferralMade, ReferralWithdrawn
from libs.contracts.fraud import ReviewConcluded, ReviewOpened
from libs.contracts.one_stop import (
    ComparedLiability,
    OneStopDifferenceAnswered,
    OneStopDifferenceEnded,
    OneStopDifferenceFound,
)
from libs.contracts.payout import (
    ClawbackRaised,
    ClawbackRepaid,
    ClawbackWrittenOff,
    PayAgainApproved,
    PayAgainProposed,
    PaymentCancelled,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
    UnpayableReduced,
)
from libs.contracts.rulings import AppealConcluded, AppealOpened, RulingApproved, RulingProposed
from libs.eventlog import Recorded
from tests.unit.adjudication.heard_events import (
    a_settlement,
    attached,
    corrected,
    registered,
    scored,
    unavailable,
    withdrawn,
)
from tests.unit.payout.decisions import NOW, PERSON, SEALED, a_decision, a_reversal

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


def the_decision(decision_id: str = "d1", **fields: Any) -> ClaimAdjudicated:
    """About the bill that intake registered."""
    claim = registered(person_id=PERSON)
    return a_decision(
        decision_id, hospital_id=claim.visit.hospital_id, bill_fen=claim.settlement.total_fen, **fields
    )


def a_redecided_claim() -> Story:
    """A paid claim whose bill is corrected: less is due, of which a part is repaid and the rest given up."""
    story = a_paid_claim()
    less = the_decision(
        "d2",
        number=2,
        supersedes="d1",
        plan_pays_fen=200_00,
        pool_shares=shares(200_00),
        received_at=NOW + timedelta(days=1),
    )
    first = the_decision(without_records=True, pool_shares=shares(600_00))
    anew: dict[str, Any] = {
        "revision": 2,
        "received_at": NOW + timedelta(days=1),
        "settlement": a_settlement(150_000_00),
    }
    owed = {**ABOUT, "clawback_id": "cb1", "plan_id": "demo-generic", "postings": ()}
    return {
        **story,
        "intake": [registered(person_id=PERSON), corrected("c1", person_id=PERSON, **anew)],
        "adjudication": [
            first,
            confirmed("d1"),
            a_pend("score_missing"),
            reversed_("d1", 1, replaced_by="d2", pool_shares=shares(600_00)),
            less,
        ],
        "payout": [
            an_instructed_payment(),
            a_settled_payment(),
            ClawbackRaised(
                **owed, decision_id="d2", amount_fen=400_00, reason="redecided", raised_at=NOW
            ),
            ClawbackRepaid(
                **owed, repayment_id="r1", amount_fen=150_00, reference="T1", repaid_on=NOW.date(),
                recorded_by="cashier", recorded_at=NOW,
            ),
            ClawbackWrittenOff(
                **owed, amount_fen=250_00, reason="hardship", written_off_by="m", written_off_at=NOW
            ),
        ],
        "charity": [a_referral("cancer-fund"), a_withdrawn_referral("cancer-fund")],
    }  # fmt: skip


def a_one_stop_claim() -> Story:
    """The insurance centre settled it at the desk, otherwise than we evaluate it; disputed once, and again other."""
    first = a_difference("diff-1", centre_fen=600_00, own_fen=550_00)
    answered = OneStopDifferenceAnswered(
        **ABOUT,
        difference_id="diff-1",
        outcome="disputed",
        reason="wrong_ratio",
        answered_by="examiner-01",
        answered_at=NOW,
    )
    ended = OneStopDifferenceEnded(
        **ABOUT, difference_id="diff-1", reason="another_difference", ended_at=NOW + timedelta(days=1)
    )
    return a_paid_claim() | {
        "adjudication": [
            the_decision(settled_at_desk_fen=600_00),
            first,
            answered,
            ended,
            a_difference("diff-2", centre_fen=600_00, own_fen=580_00),
        ],
        "payout": [],
        "charity": [],
    }


def a_difference(difference_id: str, centre_fen: int, own_fen: int) -> OneStopDifferenceFound:
    """What differs is the payment of one liability."""
    compared = ComparedLiability(
        liability_id="in_catalogue",
        centre_deductible_fen=0,
        own_deductible_fen=0,
        centre_pays_fen=centre_fen,
        own_pays_fen=own_fen,
    )
    return OneStopDifferenceFound(
        **ABOUT,
        difference_id=difference_id,
        decision_id="d1",
        plan_id="demo-generic",
        hospital_id="H1",
        mode="one_stop",
        reference="YZS1",
        taken="centre",
        centre_fen=centre_fen,
        own_fen=own_fen,
        tolerance_fen=0,
        liabilities=(compared,),
        causes=("payment",),
        found_at=NOW,
    )


def a_withdrawn_claim() -> Story:
    """A claim that was paid in two parts, of which one had not left; then the hospital undoes it."""
    story = a_paid_claim()
    more = {**PAYMENT, "payment_id": "p2", "amount_fen": 50_00}
    cancelled = PaymentCancelled(
        **more, reason="less_is_due", caused_by_decision_id="d2", cancelled_at=NOW, postings=()
    )
    second = an_instructed_payment().model_copy(update=more)
    more_due = the_decision("d2", number=2, supersedes="d1", plan_pays_fen=650_00)
    raised = ClawbackRaised(
        **ABOUT, clawback_id="cb2", decision_id="d2", plan_id="demo-generic", amount_fen=600_00,
        reason="withdrawn", raised_at=NOW, postings=(),
    )  # fmt: skip
    return {
        **story,
        "intake": [registered(person_id=PERSON), withdrawn("c1", person_id=PERSON)],
        "adjudication": [
            *story["adjudication"],
            reversed_("d1", 1, replaced_by="d2"),
            more_due,
            reversed_("d2", 2, replaced_by=None),
        ],
        "payout": [*story["payout"], second, cancelled, raised],
        "charity": [],
    }


def shares(total_fen: int) -> tuple[PoolShare, ...]:
    """Two insurers, six to four."""
    lead_fen = total_fen * 6 // 10
    return (
        PoolShare(insurer="picc", share_bp=6_000, amount_fen=lead_fen),
        PoolShare(insurer="cpic", share_bp=4_000, amount_fen=total_fen - lead_fen),
    )


def reversed_(decision_id: str, number: int, *, replaced_by: str | None, **fields: Any) -> ClaimEvent:
    """The decision stands no longer."""
    return a_reversal(
        decision_id, number=number, replaced_by=replaced_by,
        reason="claim_corrected" if replaced_by else "claim_withdrawn", **fields,
    )  # fmt: skip


def confirmed(decision_id: str) -> DecisionConfirmed:
    """The bureau's records came, and the decision stands."""
    return DecisionConfirmed(
        **ABOUT, decision_id=decision_id, revision=1, with_records=True, confirmed_at=NOW
    )


def a_withdrawn_referral(programme_id: str) -> ReferralWithdrawn:
    """What the referral asked for does not hold any more."""
    made = a_referral(programme_id)
    return ReferralWithdrawn(
        **ABOUT, referral_id=made.referral_id, programme_id=programme_id, decision_id="d2", year=made.year,
        remaining_burden_fen=0, suggested_aid_before_fen=made.suggested_aid_fen, reason="burden_fell",
        withdrawn_at=NOW,
    )  # fmt: skip


def a_pend(*codes: str) -> ClaimPended:
    reasons = tuple(PendReason.model_validate({"code": code, "owner": "enrolment"}) for code in codes)
    return ClaimPended(**ABOUT, reasons=reasons, pended_at=NOW, due_at=NOW + timedelta(hours=72))


def a_held_payment() -> PaymentHeld:
    held = {name: PAYMENT[name] for name in ("payment_id", "decision_id", "plan_id", "amount_fen")}
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


def a_review(standing: str) -> ReviewOpened | ReviewConcluded:
    """`opened` or `concluded`."""
    if standing == "opened":
        return ReviewOpened(**ABOUT, review_id="rev1", opened_at=NOW, due_at=NOW + timedelta(days=1))
    return ReviewConcluded(
        **ABOUT, review_id="rev1", verdict="legitimate", reviewer="op-1", reason_code="seen", concluded_at=NOW
    )


def an_appeal_and_a_ruling(*, ended: bool = False) -> list[ClaimEvent]:
    """An appeal, and a ruling that needs a second person; or what became of both."""
    ruling = RulingProposed.model_validate(
        {
            **ABOUT, "ruling_id": "rul1", "outcome": "deny", "reason_code": "outside_cover", "proposed_by": "op-1",
            "tier": "examiner", "effect": {"difference_fen": -5, "largest_move_fen": 5, "claims_moved": 1},
            "needs_second": True, "proposed_at": NOW,
        }
    )  # fmt: skip
    appeal = AppealOpened(
        **ABOUT, appeal_id="app1", level=1, decision_id="d1", by="patient", grounds="amount", stays_payment=False,
        opened_at=NOW, due_at=NOW + timedelta(days=30),
    )  # fmt: skip
    opened: list[ClaimEvent] = [appeal, ruling]
    if not ended:
        return opened
    return [
        *opened,
        RulingApproved(**ABOUT, ruling_id="rul1", approved_by="op-2", tier="chief", approved_at=NOW),
        AppealConcluded(**ABOUT, appeal_id="app1", outcome="upheld", concluded_by="op-2", concluded_at=NOW),
    ]


def paying_again(standing: str) -> PayAgainProposed | PayAgainApproved:
    """`proposed` or `approved`."""
    if standing == "proposed":
        return PayAgainProposed.model_validate(
            {**PAYMENT, "creditor": SEALED, "proposed_by": "op-1", "proposed_at": NOW}
        )
    return PayAgainApproved.model_validate(
        {**PAYMENT, "paid_as": "p2", "proposed_by": "op-1", "approved_by": "op-2", "approved_at": NOW}
    )


def reduced_by(amount_fen: int) -> list[ClaimEvent]:
    """Less is due of the payment that could not be made."""
    return [
        UnpayableReduced.model_validate(
            {
                **PAYMENT,
                "amount_fen": amount_fen,
                "caused_by_decision_id": "d2",
                "reduced_at": NOW + timedelta(hours=1),
                "postings": (),
            }
        )
    ]
