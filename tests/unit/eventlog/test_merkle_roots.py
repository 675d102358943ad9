"""Trees prove what is in them and nothing else; the roots of a log's days cover every event once."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.eventlog.day_roots import DayRoot, Leaf, chained, next_roots, root_of_json
from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.merkle import inclusion_proof, merkle_root, root_from_proof

NOON = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
sizes = st.integers(1, 70)


def leaves_of(size: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(size)]


def naive_root(data: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, as it is written."""
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    split = 1
    while split * 2 < len(data):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(data[:split]) + naive_root(data[split:])).digest()


def leaf(position: int, after: timedelta = timedelta()) -> Leaf:
    return Leaf(position, NOON + after, hashlib.sha256(str(position).encode()).digest())


@given(sizes)
def test_the_root_is_the_standards(size: int) -> None:
    assert merkle_root(leaves_of(size)) == naive_root(leaves_of(size))


@given(sizes, st.data())
def test_every_leaf_is_proved_at_its_own_place_only(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(leaves, index)
    assert len(path) <= max(1, size - 1).bit_length()
    for place in range(size):
        proved = root_from_proof(leaves[index], place, size, path) == merkle_root(leaves)
        assert proved == (place == index)


@given(sizes, st.data())
def test_a_proof_with_one_bit_flipped_or_another_length_proves_nothing(
    size: int, data: st.DataObject
) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(leaves, index)
    root = merkle_root(leaves)
    assert root_from_proof(leaves[index], index, size, [*path, root]) is None
    if path:
        assert root_from_proof(leaves[index], index, size, path[:-1]) is None
        at = data.draw(st.integers(0, len(path) - 1))
        flipped = bytes([path[at][0] ^ 1, *path[at][1:]])
        wrong = [*path[:at], flipped, *path[at + 1 :]]
        assert root_from_proof(leaves[index], index, size, wrong) != root


def test_days_are_the_citys_and_cover_every_event_once() -> None:
    # 15:59 UTC is a minute before midnight in China.
    before, at = timedelta(hours=11, minutes=59), timedelta(hours=12)
    roots = list(next_roots("intake", 0, None, [leaf(1), leaf(2, before), leaf(3, at)], None))
    assert [(root.day, root.first_position, root.last_position) for root in roots] == [
        (date(2026, 5, 20), 1, 2),
        (date(2026, 5, 21), 3, 3),
    ]
    assert [root.head_hash for root in roots] == [leaf(2).hash, leaf(3).hash]
    assert roots[0].chain == chained(roots[0], GENESIS)
    assert roots[1].chain == chained(roots[1], roots[0].chain)


def test_today_stays_open() -> None:
    leaves = [leaf(1), leaf(2, timedelta(days=1)), leaf(3, timedelta(days=2))]
    roots = list(next_roots("intake", 0, None, leaves, date(2026, 5, 22)))
    assert [root.last_position for root in roots] == [1, 2]


def test_an_event_that_comes_after_its_day_was_closed_gets_a_root_of_its_own() -> None:
    (first,) = next_roots("intake", 0, None, [leaf(1), leaf(2)], None)
    (late, following) = next_roots("intake", 0, first, [leaf(3), leaf(4, timedelta(days=1))], None)
    assert (late.number, late.day, late.first_position) == (2, first.day, 3)
    assert following.day > late.day


def test_a_clock_that_is_behind_does_not_split_a_day() -> None:
    leaves = [leaf(1, timedelta(days=1)), leaf(2), leaf(3, timedelta(days=1))]
    (root,) = next_roots("intake", 0, None, leaves, None)
    assert (root.day, root.size) == (date(2026, 5, 21), 3)


def test_a_root_survives_its_publication() -> None:
    (root,) = next_roots("intake", 3, None, [leaf(1)], None)
    assert root_of_json(root.as_json()) == root


@pytest.mark.parametrize("field", ["shard", "number", "first_position", "last_position"])
def test_the_chain_covers_every_field(field: str) -> None:
    (root,) = next_roots("intake", 3, None, [leaf(1)], None)
    values = {name: getattr(root, name) for name in DayRoot.__slots__}
    changed = DayRoot(**values | {field: values[field] + 1})
    assert chained(changed, GENESIS) != root.chain
