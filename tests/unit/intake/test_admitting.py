"""How much of a hospital intake takes at once, and what is left for the others."""

import asyncio
from pathlib import Path

import pytest

from libs.runtime.pace import Pace
from libs.runtime.problems import Problem
from services.intake.adapters.hospital_bounds import HospitalBoundsUnusable, read_bounds
from services.intake.domain.admitting import (
    Bounds,
    body_may_be_read,
    may_enter,
    seconds_for_all,
    seconds_to_work_off,
)
from services.intake.entrypoints.asking import hospital_in
from services.intake.entrypoints.in_hand import InHand


def in_hand(total: int = 2_000, per_hospital: int = 1_000, **exceptions: int) -> InHand:
    return InHand(Bounds(total, per_hospital, of_arrays=400, exceptions=exceptions), 64_000, Pace())


def poured(desk: InHand, hospital_id: str, *, arrays: bool = False) -> int:
    """How many places a hospital gets that wants as many as it can have."""
    count = 0
    while desk.enter(hospital_id, arrays=arrays):
        count += 1
    return count


def test_a_hospital_that_pours_in_gets_its_bound_and_another_still_finds_room() -> None:
    desk = in_hand()
    assert poured(desk, "flood") == 1_000
    assert desk.enter("desk")


def test_however_many_pour_in_whoever_comes_next_finds_room() -> None:
    desk = in_hand()
    got = [poured(desk, f"flood-{number}") for number in range(50)]
    assert got[:3] == [1_000, 500, 29], "the last quarter is for those who hold few"
    assert got[-1] >= 1
    assert sum(desk.enter(f"desk-{number}") for number in range(20)) == 20


def test_an_agreed_exception_is_the_hospitals_own_bound() -> None:
    desk = in_hand(large=1_500, small=3)
    assert (poured(desk, "large"), poured(desk, "small")) == (1_500, 3)


def test_arrays_leave_half_of_the_bound_to_the_hospitals_own_desk() -> None:
    desk = in_hand(small=10)
    assert poured(desk, "flood", arrays=True) == 400
    assert desk.enter("flood")
    assert (poured(desk, "small", arrays=True), poured(desk, "small")) == (5, 5)


def test_a_bound_of_one_still_lets_arrays_through_one_by_one() -> None:
    assert poured(in_hand(tiny=1), "tiny", arrays=True) == 1


def test_no_place_is_left_when_none_is_free() -> None:
    assert may_enter(held=0, bound=10, free=1, total=100)
    assert not may_enter(held=1, bound=10, free=1, total=100)
    assert not may_enter(held=0, bound=10, free=0, total=100)


def test_who_has_too_many_is_told_when_they_are_done_at_the_measured_rate() -> None:
    held = {"flood": 1_000, "other": 200, "desk": 1}
    assert seconds_to_work_off(held, "flood", per_second=400.0) == 4  # 1,000 own turns, 200 and 1 of others
    assert seconds_to_work_off(held, "other", per_second=400.0) == 2  # 200, 200 and 1
    assert seconds_for_all(held, per_second=400.0) == 4


@pytest.mark.parametrize(("per_second", "seconds"), [(None, 1), (1_000_000.0, 1), (1.0, 60)])
def test_the_time_told_is_between_a_second_and_a_minute(per_second: float | None, seconds: int) -> None:
    assert seconds_to_work_off({"flood": 1_000}, "flood", per_second) == seconds


def test_the_answer_is_429_for_one_hospital_and_503_when_nothing_is_left() -> None:
    desk = in_hand(total=8, per_hospital=4)
    desk.pace.note(2, 1.0)
    poured(desk, "flood")
    with pytest.raises(Problem) as too_many, desk.place("flood"):
        pass
    assert (too_many.value.status, too_many.value.headers) == (429, {"Retry-After": "2"})
    assert (desk.turns_away, desk.turned_away) == (True, {"too_many_in_hand": 1})
    for number in range(4):
        desk.enter(f"another-{number}")
    with pytest.raises(Problem) as nothing_left, desk.place("desk"):
        pass
    assert (nothing_left.value.status, nothing_left.value.headers) == (503, {"Retry-After": "4"})


def test_who_was_told_is_turned_away_unread_until_something_of_it_is_done() -> None:
    desk = in_hand(total=8, per_hospital=2)
    poured(desk, "flood")
    desk.turn_away("flood")  # nobody was told yet
    with pytest.raises(Problem), desk.place("flood"):
        pass
    with pytest.raises(Problem):
        desk.turn_away("flood")
    desk.turn_away("desk")
    desk.leave("flood")
    desk.turn_away("flood")
    assert not desk.turns_away


def test_places_are_given_back_whatever_becomes_of_what_had_them() -> None:
    desk = in_hand()
    with pytest.raises(ArithmeticError), desk.place("desk"):
        raise ArithmeticError
    assert (desk.total, desk.held) == (0, {})


async def test_one_of_an_array_waits_for_room_where_a_single_one_is_turned_away() -> None:
    desk = in_hand(total=100, per_hospital=2)
    assert desk.enter("flood", arrays=True)
    waiting = asyncio.ensure_future(desk.enter_when_free("flood"))
    await asyncio.sleep(0)
    desk.enter("desk")
    desk.leave("desk")
    await asyncio.sleep(0)
    assert not waiting.done(), "a place that another gave back is not room for this hospital"
    desk.leave("flood")
    await waiting
    assert desk.held == {"flood": 1}


def test_large_bodies_are_turned_away_long_before_small_ones() -> None:
    desk = in_hand()
    with desk.body(32_000), desk.body(16_000):
        with pytest.raises(Problem) as refused, desk.body(16_000):
            pass
        assert refused.value.status == 503
        with desk.body(4_000):
            assert desk.body_bytes == 52_000
    assert desk.body_bytes == 0
    assert not body_may_be_read(1, in_hand=64_000, limit=64_000)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"setlinfo": {"fixmedins_code": "H37070200301", "setl_id": 7}, "feedetail": "?"}', "H37070200301"),
        (b'{"setlinfo": {"fixmedins_code": "not an id"}}', ""),
        (b'{"setlinfo": {"fixmedins_code": 7}}', ""),
        (b'{"setlinfo": {}}', ""),
        (b'{"input": {"data": {}}}', ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_whose_a_document_is_is_seen_without_reading_it(body: bytes, named: str) -> None:
    assert hospital_in(body) == named


def test_agreed_exceptions_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "bounds.yaml"
    path.write_text("hospitals:\n  - {id: H1, in_hand: 1500, why: sends for four}\n", encoding="utf-8")
    assert read_bounds(path) == {"H1": 1_500}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hospitals: [",
        "hospitals: [{id: H1, in_hand: 0, why: x}]",
        "hospitals: [{id: H1, in_hand: 2}]",
        "hospitals: [{id: H1, in_hand: 2, why: x}, {id: H1, in_hand: 3, why: x}]",
    ],
)
def test_a_file_that_says_something_else_stops_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bounds.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HospitalBoundsUnusable, match=r"bounds\.yaml"):
        read_bounds(path)
