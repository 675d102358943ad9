"""A segment gives back what was put in it, byte for byte, or says that it cannot."""

import hashlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.eventlog.errors import ArchiveDamaged
from libs.eventlog.merkle import merkle_root
from libs.eventlog.segments import BLOCK_BYTES, BLOCK_EVENTS, MAGIC, Body, Segment, segment_of, unpack


def bodies_of(texts: list[bytes], every: int = 3) -> list[Body]:
    """Bodies at every third position."""
    return [Body(1 + place * every, hashlib.sha256(text).digest(), text) for place, text in enumerate(texts)]


def back(segment: Segment, content: bytes | None = None) -> dict[int, bytes]:
    """All that a segment gives back, from its content or from another."""
    read = segment.content if content is None else content
    found: dict[int, bytes] = {}
    for block in segment.blocks:
        found |= unpack(read[block.begins_at : block.begins_at + block.size], block, "a.segment")
    return found


texts = st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=30)


@given(texts=texts, copies=st.integers(1, 40))
def test_what_goes_in_comes_out(texts: list[bytes], copies: int) -> None:
    bodies = bodies_of(texts * copies)
    segment = segment_of("intake", 3, bodies)
    assert back(segment) == {one.position: one.body for one in bodies}
    assert segment.events == len(bodies)
    assert segment.root == merkle_root([one.hash for one in bodies])


@given(texts=texts, data=st.data())
def test_any_flipped_byte_of_a_block_is_noticed(texts: list[bytes], data: st.DataObject) -> None:
    segment = segment_of("intake", 0, bodies_of(texts))
    at = data.draw(st.integers(segment.blocks[0].begins_at, len(segment.content) - 1))
    flipped = bytearray(segment.content)
    flipped[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ArchiveDamaged, match="positions 1 to"):
        back(segment, bytes(flipped))


@given(texts=texts, data=st.data())
def test_a_file_that_ends_early_is_noticed(texts: list[bytes], data: st.DataObject) -> None:
    segment = segment_of("intake", 0, bodies_of(texts))
    end = data.draw(st.integers(0, len(segment.content) - 1))
    with pytest.raises(ArchiveDamaged):
        back(segment, segment.content[:end])


def test_blocks_are_small_so_that_one_body_is_read_without_the_others() -> None:
    segment = segment_of("intake", 0, bodies_of([b"x"] * (BLOCK_EVENTS * 2 + 1)))
    assert [block.events for block in segment.blocks] == [BLOCK_EVENTS, BLOCK_EVENTS, 1]
    large = segment_of("intake", 0, bodies_of([b"x" * (BLOCK_BYTES - 10)] * 3))
    assert [block.events for block in large.blocks] == [1, 1, 1]


def test_the_same_bodies_are_the_same_file_and_it_says_what_is_in_it() -> None:
    bodies = bodies_of([b'{"a":1}', b'{"b":2}'])
    segment = segment_of("payout", 7, bodies)
    assert segment_of("payout", 7, bodies).digest == segment.digest
    magic, contents, _ = segment.content.split(b"\n", 2)
    assert magic + b"\n" == MAGIC
    said = orjson.loads(contents)
    assert (said["source"], said["shard"], said["events"]) == ("payout", 7, 2)
    assert said["root"] == segment.root.hex()
    assert [block["digest"] for block in said["blocks"]] == [block.digest.hex() for block in segment.blocks]
