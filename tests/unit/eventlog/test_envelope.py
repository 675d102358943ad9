"""An event survives every way it travels, and what is not an event is named as such."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.eventlog import Recorded
from libs.eventlog.envelope import EnvelopeUnreadable, from_headers, from_json, to_headers, to_json
from tests.support.ticks import a_recorded

_WORD = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
_NAME = st.from_regex(r"[a-z][a-z_]{0,15}", fullmatch=True)
_TYPE = st.from_regex(r"[A-Z][A-Za-z]{0,20}", fullmatch=True)

RECORDED = st.builds(
    Recorded,
    source=_NAME,
    shard=st.integers(0, 4095),
    position=st.integers(1, 2**62),
    stream_id=_WORD,
    version=st.integers(1, 2**31 - 1),
    event_id=st.uuids(),
    type=_TYPE,
    schema_version=st.integers(1, 32_767),
    subject=_WORD,
    recorded_at=st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    caused_by=st.none() | st.uuids(),
    traceparent=st.none() | st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", fullmatch=True),
    body=st.dictionaries(_WORD, _WORD | st.integers(-(2**53), 2**53), max_size=4).map(orjson.dumps),
    hash=st.binary(min_size=32, max_size=32),
)


@given(RECORDED)
def test_kafka_headers_bring_the_same_event_back(event: Recorded) -> None:
    assert from_headers(event.shard, to_headers(event), event.body) == event


@given(RECORDED)
def test_a_log_line_brings_the_same_event_back(event: Recorded) -> None:
    line = to_json(event)
    assert b"\n" not in line
    assert from_json(line) == event


def test_headers_are_cloud_events_in_binary_mode() -> None:
    headers = dict(to_headers(a_recorded()))
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"] == b"huiji.upstream.Ticked.v1"
    assert headers["ce_source"] == b"upstream"
    assert headers["ce_time"] == b"2026-03-01T08:00:00.000001+00:00"
    assert headers["content-type"] == b"application/json"


@pytest.mark.parametrize(
    "missing", ["ce_type", "ce_id", "ce_subject", "ce_time", "position", "stream", "hash"]
)
def test_a_record_without_one_of_our_headers_is_unreadable(missing: str) -> None:
    event = a_recorded()
    headers = [(name, value) for name, value in to_headers(event) if name != missing]
    with pytest.raises(EnvelopeUnreadable):
        from_headers(0, headers, event.body)


@given(
    st.lists(
        st.tuples(st.sampled_from(["ce_type", "ce_id", "position", "hash", "x"]), st.binary(max_size=20))
    )
)
def test_foreign_headers_are_unreadable_and_nothing_worse(headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(EnvelopeUnreadable):
        from_headers(0, headers, b"")


def test_a_null_header_is_unreadable() -> None:
    headers: list[Any] = [(n, None if n == "position" else v) for n, v in to_headers(a_recorded())]
    with pytest.raises(EnvelopeUnreadable):
        from_headers(0, headers, b"")


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"null", b"{}", to_json(a_recorded())[:-1], b'{"event_id": 1}',
     to_json(a_recorded()).replace(b'"source"', b'"sauce"')],
)  # fmt: skip
def test_what_is_not_a_log_line_is_unreadable(line: bytes) -> None:
    with pytest.raises(EnvelopeUnreadable):
        from_json(line)
