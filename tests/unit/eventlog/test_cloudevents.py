"""Events as CloudEvents lines keep every byte that was hashed."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.eventlog import Recorded
from libs.eventlog.cloudevents import from_cloudevent, to_cloudevent
from libs.eventlog.envelope import EnvelopeUnreadable

_EVENT = Recorded(
    source="payout",
    shard=3,
    position=2**40,
    stream_id="claim-1",
    version=2,
    event_id=UUID(int=7),
    type="PaymentSettled",
    schema_version=1,
    subject="claim-1",
    recorded_at=datetime(2026, 3, 1, 8, 0, 0, 5, UTC),
    caused_by=UUID(int=6),
    traceparent="00-1-2-01",
    body='{"amount_fen":100,"why":"惠"}'.encode(),
    hash=b"\x01" * 32,
)


def test_a_line_is_a_cloudevent_whose_data_can_be_read() -> None:
    line = orjson.loads(to_cloudevent(_EVENT))
    assert (line["specversion"], line["type"]) == ("1.0", "huiji.payout.PaymentSettled.v1")
    assert line["data"] == {"amount_fen": 100, "why": "惠"}
    # Names of attributes are lower-case letters and digits, says the standard.
    assert all(name.isalnum() and name == name.lower() for name in line)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
_BODIES = st.binary(max_size=40) | st.builds(
    lambda value, spaces, ascii: json.dumps(
        value, separators=(", ", ": ") if spaces else (",", ":"), ensure_ascii=ascii
    ).encode(errors="surrogatepass"),
    _VALUES,
    st.booleans(),
    st.booleans(),
)


@given(body=_BODIES, microseconds=st.integers(0, 10**15), caused=st.booleans())
def test_any_body_comes_back_byte_for_byte(body: bytes, microseconds: int, caused: bool) -> None:
    event = replace(
        _EVENT,
        body=body,
        recorded_at=_EVENT.recorded_at + timedelta(microseconds=microseconds),
        caused_by=_EVENT.caused_by if caused else None,
        traceparent=_EVENT.traceparent if caused else None,
    )
    assert from_cloudevent(to_cloudevent(event)) == event


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"type":1}', to_cloudevent(_EVENT).replace(b"v1", b"x")]
)
def test_what_is_no_line_of_a_log_is_said_so(line: bytes) -> None:
    with pytest.raises(EnvelopeUnreadable):
        from_cloudevent(line)
