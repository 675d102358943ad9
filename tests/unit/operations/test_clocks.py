"""A claim's time is split without overlap or hole, and as whoever reads its events one by one would say."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.operations.domain.clocks import Turn, by_party, clocks, figures

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def at(seconds: float, source: str, kind: str, **event: Any) -> Turn:
    return Turn(BEGAN + timedelta(seconds=seconds), source, kind, event)


def decided(seconds: float, *, due_fen: int = 100, number: int = 1) -> Turn:
    amounts = {"plan_pays_fen": due_fen, "cash_benefits_fen": 0}
    return at(seconds, "adjudication", "ClaimAdjudicated", number=number, **amounts)


def pended(seconds: float, *owners: str) -> Turn:
    return at(seconds, "adjudication", "ClaimPended", reasons=[{"owner": owner} for owner in owners])


def payment(seconds: float, kind: str, number: int = 1, amount_fen: int = 100, **more: Any) -> Turn:
    about = {"payment_id": f"p{number}", "decision_id": f"d{number}", "amount_fen": amount_fen}
    return at(seconds, "payout", kind, **about | more)


REGISTERED = at(0, "intake", "ClaimRegistered")


def waited(turns: list[Turn], until_seconds: float = 1_000) -> dict[str, float]:
    found = clocks(turns, BEGAN + timedelta(seconds=until_seconds))
    return {party: total.total_seconds() for party, total in by_party(found).items()}


def test_a_claim_that_waits_for_a_hospital_an_operator_and_the_bank() -> None:
    turns = [
        REGISTERED,
        at(2, "medical_data", "RecordsAttached"),
        at(3, "fraud", "ClaimScored"),
        pended(4, "hospital", "operator"),
        pended(104, "operator"),
        decided(304),
        payment(305, "PaymentInstructed"),
        at(306, "payout", "PaymentsStayed", appeal_id="a"),
        at(406, "payout", "StayLifted", appeal_id="a"),
        payment(426, "PaymentSettled"),
    ]
    assert waited(turns) == {
        "bureau": 2, "fraud": 1, "adjudication": 1, "hospital": 100, "operator": 200, "payout": 1, "bank": 21,
        "appeal": 100,
    }  # fmt: skip
    assert clocks(turns, BEGAN + timedelta(seconds=1_000))[-1].party is None, (
        "nobody waits after the money came"
    )


def test_money_that_came_back_waits_for_an_operator_until_nothing_of_it_is_due() -> None:
    turns = [
        REGISTERED, at(0, "medical_data", "RecordsUnavailable"), at(0, "fraud", "ClaimScored"), decided(0),
        payment(0, "PaymentHeld", payment_id=None), payment(50, "PaymentInstructed"),
        payment(60, "PaymentRejected"), payment(70, "UnpayableReduced", amount_fen=40),
        payment(80, "ClawbackNetted", amount_fen=60),
    ]  # fmt: skip
    assert waited(turns) == {"enrolment": 50, "bank": 10, "operator": 20}


def test_a_decision_made_anew_waits_for_payout_only_when_money_moves() -> None:
    first = [
        REGISTERED, at(0, "medical_data", "RecordsAttached"), at(0, "fraud", "ClaimScored"), decided(0),
        payment(0, "PaymentInstructed"), payment(10, "PaymentSettled"),
    ]  # fmt: skip
    assert waited([*first, decided(500, number=2)]) == {"bank": 10}
    again = [
        *first,
        decided(500, number=2),
        payment(501, "PaymentInstructed", 2),
        payment(503, "PaymentSettled", 2),
    ]
    assert waited(again) == {"bank": 12}


def test_a_withdrawn_claim_waits_for_nobody_and_a_late_clock_takes_nothing_back() -> None:
    turns = [REGISTERED, at(-5, "medical_data", "RecordsAttached"), at(9, "intake", "ClaimWithdrawn")]
    assert waited(turns) == {"fraud": 9}
    assert clocks([], BEGAN) == []


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_every_moment_has_one_party_and_the_one_that_an_oracle_names(seed: int) -> None:
    choice = random.Random(seed)
    turns = a_random_claim(choice)
    until = BEGAN + timedelta(seconds=2_000)
    found = clocks(turns, until)
    assert (found[0].begin, found[-1].end) == (BEGAN, until)
    assert all(one.end == other.begin and one.party != other.party for one, other in pairwise(found))
    for _ in range(40):
        moment = BEGAN + timedelta(seconds=choice.uniform(0, 1_999))
        (interval,) = [each for each in found if each.begin <= moment < each.end]
        assert interval.party == oracle([turn for turn in turns if turn.moment <= moment]), moment


def a_random_claim(choice: random.Random) -> list[Turn]:
    """Anything a claim may meet, at times of their own, in the order of their times."""
    possible = [
        lambda s: at(s, "intake", "ClaimCorrected"), lambda s: at(s, "medical_data", "RecordsAttached"),
        lambda s: at(s, "medical_data", "RecordsUnavailable"), lambda s: at(s, "fraud", "ClaimScored"),
        lambda s: pended(s, *choice.sample(["hospital", "enrolment", "operator", "fraud"], choice.randint(1, 3))),
        lambda s: decided(s, due_fen=choice.choice([0, 100]), number=choice.randint(1, 3)),
        lambda s: at(s, "adjudication", "ClaimDenied"), lambda s: at(s, "adjudication", "DecisionConfirmed"),
        *[
            lambda s, kind=kind: payment(s, kind, choice.randint(1, 2), choice.choice([30, 100]))
            for kind in (
                "PaymentHeld", "PaymentInstructed", "PaymentCancelled", "PaymentSettled", "PaymentRejected",
                "PaymentReturned", "UnpayableReduced", "ClawbackNetted",
            )
        ],
        lambda s: at(s, "payout", "PaymentsStayed", appeal_id="a"),
        lambda s: at(s, "payout", "StayLifted", appeal_id="a"),
    ]  # fmt: skip
    moments = sorted(choice.uniform(0, 1_900) for _ in range(choice.randint(3, 40)))
    turns = [choice.choice(possible)(moment) for moment in moments]
    if choice.random() < 0.2:
        turns.append(at(1_950, "intake", "ClaimWithdrawn"))
    return [REGISTERED, *turns]


def oracle(turns: list[Turn]) -> str | None:  # noqa: C901 - it asks each question of the whole history
    """Whose turn it is, looked up in all that has happened, newest first: no state is carried along."""
    newest = turns[::-1]

    def since(*kinds: str) -> list[Turn]:
        """What has happened after the newest of these."""
        for index, turn in enumerate(newest):
            if turn.type in kinds:
                return newest[:index]
        return newest

    if any(turn.type == "ClaimWithdrawn" for turn in turns):
        return None
    made = ("ClaimAdjudicated", "ClaimDenied", "DecisionConfirmed", "AdjudicationReversed")
    adjudicated = next((turn for turn in newest if turn.type in (*made, "ClaimPended")), None)
    if adjudicated is not None and adjudicated.type == "ClaimPended":
        owners = [reason["owner"] for reason in adjudicated.event["reasons"]]
        return next(owner for owner in ("hospital", "enrolment", "operator", "fraud") if owner in owners)
    lately = since("ClaimCorrected")
    if not any(turn.type in made for turn in lately):
        if not any(turn.source == "medical_data" for turn in lately):
            return "bureau"
        return "adjudication" if any(turn.type == "ClaimScored" for turn in lately) else "fraud"
    ids = ("p1", "p2")
    if any(left_of(payment_id, turns) for payment_id in ids):
        return "operator"
    ends_hold = ("PaymentInstructed", "PaymentCancelled")
    for decision_id in ("d1", "d2"):
        about = [t for t in newest if t.event.get("decision_id") == decision_id]
        last = next((t.type for t in about if t.type in ("PaymentHeld", *ends_hold)), None)
        if last == "PaymentHeld":
            return "enrolment"
    leaves = ("PaymentSettled", "PaymentCancelled", "PaymentRejected", "PaymentReturned")
    for payment_id in ids:
        about = [t for t in newest if t.event.get("payment_id") == payment_id]
        if (
            next((t.type for t in about if t.type in ("PaymentInstructed", *leaves)), None)
            == "PaymentInstructed"
        ):
            stay = next((t.type for t in newest if t.type in ("PaymentsStayed", "StayLifted")), None)
            return "appeal" if stay == "PaymentsStayed" else "bank"
    said = next((turn for turn in newest if turn.source == "payout" or turn.type in made), None)
    pays = said is not None and said.type == "ClaimAdjudicated" and said.event["number"] == 1
    return "payout" if pays and said is not None and said.event["plan_pays_fen"] else None


def left_of(payment_id: str, turns: list[Turn]) -> int:
    """What is still to be paid of a payment that was rejected or came back."""
    left = 0
    for turn in turns:
        if turn.event.get("payment_id") != payment_id:
            continue
        if turn.type in ("PaymentRejected", "PaymentReturned"):
            left = turn.event["amount_fen"]
        elif turn.type in ("UnpayableReduced", "ClawbackNetted"):
            left = max(0, left - turn.event["amount_fen"])
    return left


def test_figures_say_how_many_waited_and_how_long() -> None:
    until = BEGAN + timedelta(seconds=100)
    claims = [
        clocks(
            [REGISTERED, at(seconds, "medical_data", "RecordsAttached"), at(seconds, "fraud", "ClaimScored")],
            until,
        )
        for seconds in (10, 20, 40)
    ]
    bureau, adjudication = figures(claims)
    assert bureau == {
        "party": "bureau", "claims": 3, "total_seconds": 70, "median_seconds": 20, "p90_seconds": 40
    }  # fmt: skip
    assert (adjudication["party"], adjudication["total_seconds"]) == ("adjudication", 230)
