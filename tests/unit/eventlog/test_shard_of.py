"""Shards of keys never change: a deployment's whole history hangs on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.eventlog import shard_of


@pytest.mark.parametrize(
    ("key", "shards", "shard"),
    [
        ("p_00000000000000000000000000000000", 8, 0),
        ("p_00000000000000000000000000000000", 256, 216),
        ("p_ffffffffffffffffffffffffffffffff", 8, 6),
        ("huhuibao-2025", 8, 0),
        ("北京普惠健康保", 8, 3),
        ("", 8, 4),
    ],
)
def test_a_key_keeps_its_shard_for_ever(key: str, shards: int, shard: int) -> None:
    assert shard_of(key, shards) == shard


@given(key=st.text(), shards=st.integers(1, 4096))
def test_every_key_has_a_shard_of_the_deployment(key: str, shards: int) -> None:
    assert 0 <= shard_of(key, shards) < shards


def test_people_spread_over_the_shards() -> None:
    counts = [0] * 8
    for person in range(8_000):
        counts[shard_of(f"p_{person:032x}", 8)] += 1
    assert min(counts) > 900
