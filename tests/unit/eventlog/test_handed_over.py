"""What one process appends and publishes is not read back in between; what is missing is nobody's loss."""

from libs.eventlog import Recorded
from libs.eventlog.handed_over import HandedOver
from tests.support.ticks import a_recorded


def at(position: int, shard: int = 0) -> Recorded:
    return a_recorded(shard=shard, position=position)


def test_events_follow_a_position_in_order_though_their_commits_were_told_in_another() -> None:
    handed_over = HandedOver()
    handed_over.keep([at(3), at(4)])
    assert handed_over.following(0, 1, head=9, limit=10) == [], "2 is on its way"
    handed_over.keep([at(2), at(7, shard=1)])
    assert handed_over.following(0, 1, head=9, limit=2) == [at(2), at(3)]
    assert handed_over.following(0, 1, head=9, limit=10) == [at(2), at(3), at(4)]


def test_what_another_process_appended_in_between_is_left_to_the_log() -> None:
    handed_over = HandedOver()
    handed_over.keep([at(2), at(4)])
    assert handed_over.following(0, 1, head=9, limit=10) == [at(2)]
    assert handed_over.following(0, 2, head=9, limit=10) == []
    assert handed_over.following(0, 3, head=9, limit=10) == [at(4)]


def test_what_is_published_is_forgotten_and_a_topic_published_anew_is_read_from_the_log() -> None:
    handed_over = HandedOver()
    handed_over.keep([at(1), at(2)])
    assert handed_over.following(0, 2, head=9, limit=10) == []
    assert handed_over.following(0, 0, head=9, limit=10) == []


def test_when_it_becomes_too_much_all_is_forgotten() -> None:
    room_for_two = HandedOver(largest_bytes=2 * len(at(1).body))
    room_for_two.keep([at(1), at(2)])
    assert room_for_two.following(0, 1, head=9, limit=10) == [at(2)]
    room_for_two.keep([at(3)])
    assert room_for_two.following(0, 1, head=9, limit=10) == [at(2), at(3)], "1 was forgotten: there is room"
    room_for_two.keep([at(4)])
    assert room_for_two.following(0, 1, head=9, limit=10) == []


def test_what_the_log_itself_does_not_have_is_not_published_though_it_is_remembered() -> None:
    """A failover took the last commits back: 2 is recorded anew, 3 is not."""
    handed_over = HandedOver()
    handed_over.keep([at(2), at(3)])
    assert handed_over.following(0, 1, head=2, limit=10) == [at(2)]
    assert handed_over.following(0, 2, head=2, limit=10) == []
