"""Lanes take turns: who waits for whom, in counts."""

from libs.runtime.fair_queue import FairQueue
from libs.runtime.pace import Pace


def a_queue(**waiting: int) -> FairQueue[str]:
    """`waiting` items in each lane, which came lane after lane."""
    queue: FairQueue[str] = FairQueue()
    for lane, count in waiting.items():
        for number in range(count):
            queue.add(lane, f"{lane}{number}")
    return queue


def test_a_single_one_is_in_the_next_batch_whatever_another_lane_has_queued() -> None:
    queue = a_queue(flood=10_000, desk=1)
    assert "desk0" in queue.take(200)
    assert len(queue) == 10_001 - 200


def test_a_batch_is_shared_evenly_and_what_one_lane_does_not_need_goes_to_the_others() -> None:
    batch = a_queue(a=10_000, b=10_000, c=10).take(200)
    assert [sum(item.startswith(lane) for item in batch) for lane in "abc"] == [95, 95, 10]


def test_each_lane_keeps_its_order() -> None:
    queue = a_queue(a=5, b=3)
    taken = [item for _ in range(4) for item in queue.take(2)]
    assert [item for item in taken if item[0] == "a"] == [f"a{number}" for number in range(5)]
    assert [item for item in taken if item[0] == "b"] == [f"b{number}" for number in range(3)]


def test_with_more_lanes_than_a_batch_holds_the_next_batch_goes_on_with_the_others() -> None:
    queue = a_queue(**{f"h{number}-": 2 for number in range(5)})
    assert [item[:2] for item in queue.take(3)] == ["h0", "h1", "h2"]
    assert [item[:2] for item in queue.take(3)] == ["h3", "h4", "h0"]


def test_one_that_comes_again_after_its_lane_was_empty_waits_for_its_turn() -> None:
    queue = a_queue(a=1, b=2)
    queue.take(1)
    queue.add("a", "a1")
    assert queue.take(3) == ["b0", "a1", "b1"]


def test_nothing_is_taken_of_nothing() -> None:
    queue = a_queue(a=1)
    assert (queue.take(10), queue.take(10), len(queue)) == (["a0"], [], 0)


def test_the_pace_is_that_of_batches_by_their_seconds() -> None:
    pace = Pace()
    assert pace.per_second is None
    for _ in range(50):
        pace.note(1, 0.001)
    for _ in range(10):
        pace.note(200, 0.1)
    assert pace.per_second is not None
    assert 1_900 < pace.per_second < 2_000


def test_the_pace_follows_when_batches_become_slow() -> None:
    pace = Pace()
    for seconds in (0.1, 0.1, 0.1, 4.0):
        pace.note(200, seconds)
    assert pace.per_second is not None
    assert pace.per_second < 200
