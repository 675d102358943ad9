"""Copies that a long history is made of: other names of the same length, and hash chains that hold."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from libs.eventlog import Recorded, shard_of
from libs.eventlog.hash_chain import GENESIS, verify_chain
from tests.benchmarks.copied_events import Ends, EventPage
from tests.benchmarks.renaming import Renamable, ids_and_digests_in, ids_in

_SHARDS = 4
_COPY = 0x1001
_PEOPLE = [f"0a1b2c3d-0000-4000-8000-00000000000{number}" for number in range(5)]
_CLAIM = "ffffffff-1111-4111-8111-111111111111"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _event(person: str, version: int, **changes: object) -> Recorded:
    fields = {
        "source": "payout", "shard": shard_of(person, _SHARDS), "position": version,
        "stream_id": f"payee-{person}", "version": version, "event_id": UUID(int=version << 96 | 7),
        "type": "PaymentSettled", "schema_version": 1, "subject": _CLAIM,
        "recorded_at": datetime(2026, 3, 2, 1, 2, 3, 456_789, tzinfo=UTC), "caused_by": None, "traceparent": None,
        "body": f'{{"person":"{person}","file":"HF{"AB" * 16}","fen":12345678}}'.encode(), "hash": GENESIS,
    }  # fmt: skip
    return Recorded(**(fields | changes))  # type: ignore[arg-type]


def _read(rows: bytes) -> Iterator[Recorded]:
    """What PostgreSQL would read of the rows of a binary COPY."""
    at = 0
    while at < len(rows):
        (count,) = struct.unpack_from(">h", rows, at)
        at += 2
        fields: list[bytes | None] = []
        for _ in range(count):
            (length,) = struct.unpack_from(">i", rows, at)
            fields.append(None if length < 0 else rows[at + 4 : at + 4 + length])
            at += 4 + max(length, 0)
        (
            shard,
            position,
            stream,
            version,
            event_id,
            kind,
            schema,
            subject,
            moment,
            cause,
            trace,
            body,
            link,
        ) = fields
        assert (
            shard and position and stream and version and event_id and kind and schema and subject and moment
        )
        yield Recorded(
            "payout", _integer(shard), _integer(position), stream.decode(), _integer(version), UUID(bytes=event_id),
            kind.decode(), _integer(schema), subject.decode(), _EPOCH + timedelta(microseconds=_integer(moment)),
            UUID(bytes=cause) if cause else None, trace.decode() if trace else None, body or b"", link or b"",
        )  # fmt: skip


def _integer(digits: bytes) -> int:
    return int.from_bytes(digits, "big", signed=True)


def test_a_copy_changes_the_first_digits_of_every_id_and_nothing_else() -> None:
    text = b'{"a":"0a1b2c3d-0000-4000-8000-000000000001","b":"HF' + b"AB" * 16 + b'","c":"deadbeef"}'
    copied = Renamable(text, ids_in(text)).copy(_COPY).tobytes()
    assert copied == text.replace(b"0a1b2c3d", b"0a1b3c3c").replace(b"HFABABABAB", b"HFABABBBAA")


def test_a_digest_is_an_id_where_it_has_to_be_unique() -> None:
    row = b"x\t" + b"0f" * 32 + b"\n"
    assert ids_in(row) == []
    assert ids_and_digests_in(row) == [2]


def test_copied_events_follow_their_shards_and_their_chains_hold() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    lived = [
        _event(person, version, **more)
        for person in _PEOPLE
        for version, more in ((1, {}), (2, {"caused_by": UUID(int=9)}), (3, {"traceparent": trace}))
    ]
    insurers = _event("", 1, stream_id="insurer-x")
    ends = Ends(dict.fromkeys(range(_SHARDS), 0), dict.fromkeys(range(_SHARDS), GENESIS))
    keys = {event.stream_id: event.stream_id.removeprefix("payee-").encode() for event in lived}
    page = EventPage.of_somebodys([*lived, insurers], keys)
    assert page is not None

    copied = list(_read(page.copy(_COPY, ends)))

    assert [event.version for event in copied] == [event.version for event in lived], (
        "an insurer's is left out"
    )
    for event in copied:
        assert event.shard == shard_of(event.stream_id.removeprefix("payee-"), _SHARDS)
    for shard in range(_SHARDS):
        mine = [event for event in copied if event.shard == shard]
        assert verify_chain(mine) == (ends.position[shard], ends.hash[shard])
    assert {event.subject for event in copied} == {_CLAIM.replace("ffffffff", "ffffeffe")}
    assert not {event.event_id for event in copied} & {event.event_id for event in lived}
    assert {event.recorded_at for event in copied} == {lived[0].recorded_at}
