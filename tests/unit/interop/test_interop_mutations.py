"""Whatever is done to a valid document, a reader gives a submission or SubmissionInvalid, never another error."""

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts.intake import RefusalReason
from libs.interop import Submission, SubmissionInvalid
from libs.interop.fhir import encode_bundle, parse_bundle, to_bundle
from libs.interop.national import parse_settlement, to_national
from libs.testing.submissions import a_submission

Reader = Callable[[bytes], Submission]

_WHOLE: dict[Reader, Any] = {
    parse_settlement: msgspec.json.decode(msgspec.json.encode(to_national(a_submission()))),
    parse_bundle: msgspec.json.decode(encode_bundle(to_bundle(a_submission()))),
}
_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=60),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([{}]),
    st.just({"resourceType": 5}),
    st.sampled_from(["urn:uuid:x", "#", "Patient/", "2022-02-29", "0000-00-00", "1e9", "\x00", "9" * 30]),
)


def paths(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        found += paths(value, (*at, key))
    return found


def mutate(document: Any, data: st.DataObject) -> Any:
    document = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 4))):
        *parents, last = data.draw(st.sampled_from(paths(document)))
        target: Any = document
        for step in parents:
            target = target[step]
        match data.draw(st.sampled_from(("replace", "remove", "double"))):
            case "replace":
                target[last] = copy.deepcopy(data.draw(_ODD))
            case "remove":
                del target[last]
            case "double" if isinstance(target, list):
                target.append(copy.deepcopy(target[last]))
            case _:
                target[last] = [target[last]]
        if not document:
            break
    return document


def read(reader: Reader, body: bytes) -> tuple[Submission | None, tuple[RefusalReason, ...]]:
    try:
        return reader(body), ()
    except SubmissionInvalid as error:
        return None, error.reasons


@pytest.mark.parametrize("reader", list(_WHOLE), ids=["national", "fhir"])
@given(data=st.data())
@settings(max_examples=400, deadline=None)
def test_a_mutated_document_is_read_or_refused(reader: Reader, data: st.DataObject) -> None:
    body = msgspec.json.encode(mutate(_WHOLE[reader], data))
    submission, reasons = read(reader, body)
    assert all(reason.code and reason.sentence for reason in reasons)
    assert (submission is None) == bool(reasons)
    assert submission is None or submission.settlement.broken_identities() == []


@pytest.mark.parametrize("reader", list(_WHOLE), ids=["national", "fhir"])
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_bytes_are_read_or_refused(reader: Reader, data: st.DataObject) -> None:
    body = bytearray(msgspec.json.encode(_WHOLE[reader]))
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    submission, reasons = read(reader, bytes(body))
    assert (submission is None) == bool(reasons)
