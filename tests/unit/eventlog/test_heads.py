"""What a process believes of where its log's shards end."""

from libs.eventlog.heads import APPENDS_WITHOUT_BELIEF, Heads
from tests.support.ticks import a_chain


def test_nothing_is_believed_before_something_is_committed() -> None:
    assert Heads().take([0]) is None


def test_the_newest_that_is_committed_is_believed() -> None:
    heads, (first, second, third) = Heads(), a_chain(3)
    heads.bring_back([first, second])
    assert heads.take([0]) == {0: (2, second.hash)}
    heads.bring_back([third])
    heads.bring_back([second])  # it committed earlier, and was told of later
    assert heads.take([0]) == {0: (3, third.hash)}


def test_a_head_is_taken_by_one_at_a_time() -> None:
    heads = Heads()
    heads.bring_back(a_chain(1))
    assert heads.take([0]) is not None
    assert heads.take([0]) is None


def test_of_shards_of_which_one_is_not_known_none_is_believed() -> None:
    heads = Heads()
    heads.bring_back(a_chain(1))
    assert heads.take([0, 1]) is None


def test_after_a_wrong_belief_heads_are_asked_for_a_while() -> None:
    heads = Heads()
    heads.wrong()
    for _ in range(APPENDS_WITHOUT_BELIEF):
        heads.bring_back(a_chain(1))
        assert heads.take([0]) is None
    heads.bring_back(a_chain(1))
    assert heads.take([0]) is not None
