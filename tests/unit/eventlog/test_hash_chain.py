"""Nothing in a log can be changed, dropped or moved without the chain showing it."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from libs.eventlog import ChainBroken, Recorded, verify_chain
from libs.eventlog.hash_chain import GENESIS, link
from tests.support.ticks import a_chain, a_recorded

_CHANGED: dict[str, object] = {
    "source": "elsewhere",
    "shard": 1,
    "position": 99,
    "stream_id": "claim-other",
    "version": 7,
    "event_id": UUID(int=999),
    "type": "Tocked",
    "schema_version": 2,
    "subject": "claim-other",
    "recorded_at": datetime(2031, 1, 1, tzinfo=UTC),
    "caused_by": UUID(int=998),
    "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    "body": b"{}",
    "hash": b"\1" * 32,
}


def test_the_hash_is_what_the_documentation_says() -> None:
    event = Recorded(
        source="intake",
        shard=3,
        position=1,
        stream_id="claim-7",
        version=1,
        event_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
        type="ClaimRegistered",
        schema_version=1,
        subject="claim-7",
        recorded_at=datetime(2026, 3, 1, 8, 0, 0, 120, tzinfo=UTC),
        caused_by=None,
        traceparent=None,
        body='{"姓":"王"}'.encode(),
        hash=b"",
    )
    # Written out by hand from the module's text, not by its code.
    text = [
        "intake", "3", "1", "claim-7", "1", "01890a5d-ac96-774b-bcce-b302099a8057", "ClaimRegistered", "1",
        "claim-7", "2026-03-01T08:00:00.000120+00:00", "", "", '{"姓":"王"}',
    ]  # fmt: skip
    digest = hashlib.sha256(b"\0" * 32)
    for part in text:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    assert link(GENESIS, event) == digest.digest()
    assert link(GENESIS, event).hex() == "ddd6f4f288ea71af2d40baa6ba18e0eff35af7cd7c09f3ff884cb6c0b8220778"


def test_an_untouched_chain_is_whole() -> None:
    chain = a_chain(20, ["c1", "c2"])
    assert verify_chain(chain) == (20, chain[-1].hash)
    assert verify_chain(chain[10:], chain[9].hash, 10) == (20, chain[-1].hash)


def test_every_field_is_under_test() -> None:
    assert set(_CHANGED) == {field.name for field in fields(Recorded)}


@pytest.mark.parametrize("field", sorted(_CHANGED))
@pytest.mark.parametrize("index", [0, 4, 9])
def test_a_changed_field_breaks_the_chain(field: str, index: int) -> None:
    chain = a_chain(10)
    chain[index] = replace(chain[index], **{field: _CHANGED[field]})  # one of each type
    with pytest.raises(ChainBroken) as broken:
        verify_chain(chain)
    assert broken.value.code == "chain_broken"


@given(index=st.integers(0, 9), bit=st.integers(0, 10_000))
def test_any_flipped_bit_of_a_body_breaks_the_chain(index: int, bit: int) -> None:
    chain = a_chain(10)
    body = bytearray(chain[index].body)
    body[bit // 8 % len(body)] ^= 1 << bit % 8
    chain[index] = replace(chain[index], body=bytes(body))
    with pytest.raises(ChainBroken) as broken:
        verify_chain(chain)
    assert broken.value.position == index + 1


@given(st.permutations(range(6)))
def test_only_the_recorded_order_verifies(order: list[int]) -> None:
    chain = a_chain(6)
    shuffled = [chain[index] for index in order]
    if order == sorted(order):
        assert verify_chain(shuffled)[0] == 6
    else:
        with pytest.raises(ChainBroken):
            verify_chain(shuffled)


@given(st.sets(st.integers(0, 7), min_size=1, max_size=7))
def test_a_dropped_event_shows(dropped: set[int]) -> None:
    kept = [event for index, event in enumerate(a_chain(8)) if index not in dropped]
    tail_only = dropped == set(range(min(dropped), 8))
    if tail_only:
        # A cut tail follows itself; the shard's own record of its end is what shows it (verify_shard).
        assert verify_chain(kept)[0] == 8 - len(dropped)
    else:
        with pytest.raises(ChainBroken):
            verify_chain(kept)


def test_text_cannot_move_from_one_field_to_the_next() -> None:
    one = a_recorded(stream_id="ab", subject="c")
    other = a_recorded(stream_id="a", subject="bc")
    assert link(GENESIS, one) != link(GENESIS, other)


def test_the_zone_in_which_a_time_is_written_does_not_matter() -> None:
    event = a_recorded()
    shanghai = replace(event, recorded_at=event.recorded_at.astimezone(timezone(timedelta(hours=8))))
    assert link(GENESIS, shanghai) == link(GENESIS, event)
