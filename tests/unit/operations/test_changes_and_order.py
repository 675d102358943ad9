"""Moments, changes, causal order and the money of claims: the pure parts of time travel."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.operations.domain.causal_order import in_causal_order
from services.operations.domain.changes import changes
from services.operations.domain.claim_money import money_of
from services.operations.domain.moments import NotAMoment, parse_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", None),
        ("2026-03-31", datetime(2026, 3, 31, 15, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-03-31T14:00", datetime(2026, 3, 31, 6, tzinfo=UTC)),
        ("2026-03-31T06:00Z", datetime(2026, 3, 31, 6, tzinfo=UTC)),
    ],
)
def test_moments_as_operators_write_them(text: str, moment: datetime | None) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "20260331T", "9999-12-31", "0001-01-01T00:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(NotAMoment):
        parse_moment(text)


def test_changes_are_sorted_money_first_with_the_difference() -> None:
    before = {"status": "open", "plan": {"paid_fen": 100}, "gone": 1, "same": [1]}
    after = {"status": "paid", "plan": {"paid_fen": 250}, "new_fen": 5, "same": [1]}
    assert [(one.path, one.difference_fen) for one in changes(before, after)] == [
        ("new_fen", 5), ("plan.paid_fen", 150), ("gone", None), ("status", None),
    ]  # fmt: skip
    assert changes(after, after) == []
    assert changes(None, None) == []


trees = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from("abc"), parts, max_size=3),
    max_leaves=8,
)


@given(trees, trees)
def test_changes_there_and_back_are_mirrored(one: Any, other: Any) -> None:
    there = {(change.path, change.before, change.after) for change in changes(one, other)}
    back = {(change.path, change.after, change.before) for change in changes(other, one)}
    assert there == back


def a_step(number: int, source: str, version: int, at: int, cause: int | None = None) -> dict[str, Any]:
    return {
        "event_id": f"e{number}", "source": source, "stream_id": source, "version": version,
        "recorded_at": f"2026-01-01T00:00:{at:02}", "caused_by": None if cause is None else f"e{cause}",
    }  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of three services; each may have been caused by any earlier one, clocks tell anything."""
    steps: list[dict[str, Any]] = []
    versions = dict.fromkeys("abc", 0)
    for number in range(draw(st.integers(1, 12))):
        source = draw(st.sampled_from("abc"))
        versions[source] += 1
        cause = draw(st.none() | st.integers(0, number - 1)) if number else None
        steps.append(a_step(number, source, versions[source], draw(st.integers(0, 59)), cause))
    return list(draw(st.permutations(steps)))


@given(histories())
def test_no_event_comes_before_its_cause_or_its_streams_earlier_one(steps: list[dict[str, Any]]) -> None:
    ordered = in_causal_order(steps)
    place = {step["event_id"]: index for index, step in enumerate(ordered)}
    assert len(place) == len(steps)
    for step in ordered:
        if step["caused_by"] is not None:
            assert place[step["caused_by"]] < place[step["event_id"]]
    for source in "abc":
        versions = [step["version"] for step in ordered if step["source"] == source]
        assert versions == sorted(versions)


def test_without_causes_time_decides_and_a_cause_outside_holds_nothing_up() -> None:
    steps = [a_step(1, "a", 1, 9), a_step(2, "b", 1, 3, cause=77)]
    assert [step["event_id"] for step in in_causal_order(steps)] == ["e2", "e1"]


def said(source: str, kind: str, **event: Any) -> dict[str, Any]:
    return {"source": source, "type": kind, "event": {"claim_id": "c", **event}}


def a_decision(plan_pays_fen: int) -> dict[str, Any]:
    amounts = {"plan_pays_fen": plan_pays_fen, "patient_bears_fen": 1_000 - plan_pays_fen}
    return said("adjudication", "ClaimAdjudicated", bill_fen=1_000, cash_benefits_fen=0, **amounts)


def test_money_is_what_the_standing_decision_says_and_what_moved() -> None:
    steps = [
        a_decision(300),
        said("adjudication", "AdjudicationReversed"),
        a_decision(400),
        said("payout", "PaymentInstructed", amount_fen=300),
        said("payout", "PaymentInstructed", amount_fen=100),
        said("payout", "PaymentSettled", amount_fen=300),
        said("charity", "ReferralMade", suggested_aid_fen=50),
        said("intake", "ClaimRegistered", amount_fen=9),
    ]
    assert money_of(steps) == {
        "bill_fen": 1_000, "plan_pays_fen": 400, "patient_bears_fen": 600,
        "PaymentInstructed_fen": 400, "PaymentSettled_fen": 300, "suggested_aid_fen": 50,
    }  # fmt: skip
    assert money_of(steps[:2]) == {}


def test_a_denial_leaves_the_patients_part() -> None:
    bearings = [{"bearer": "basic", "amount_fen": 70}, {"bearer": "patient", "amount_fen": 30}]
    denied = said("adjudication", "ClaimDenied", bill_fen=100, bearings=bearings)
    assert money_of([denied]) == {"bill_fen": 100, "patient_bears_fen": 30}
