"""What the bureau answers is believed only when it has the agreed form and is about what was asked."""

from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.interop.bureau import SettlementQuery
from services.medical_data.adapters.bureau import MAX_ITEM_BYTES, Answered, Bureau, canonical_digest
from services.medical_data.errors import (
    AnswerAboutAnother,
    AnswerUnreadable,
    BureauRefused,
    BureauUnreachable,
    MedicalDataError,
    SettlementNotFound,
)

QUERY = SettlementQuery("S1", "410502196903151015")


def an_item(**changes: Any) -> dict[str, Any]:
    """A complete answer about QUERY."""
    return {
        "setl_id": "S1",
        "found": True,
        "as_of": "2026-05-10T10:00:00Z",
        "medfee_sumamt": "1500.00",
        "fund_pay_sumamt": "600.00",
        "chronic_benefit_since": "2020-03-01",
        "cyclic_treatment": True,
        "prior_stays": [
            {"fixmedins_code": "H1", "begndate": "2026-01-01", "enddate": "2026-01-05", "related": True}
        ],
    } | changes


def answering(body: bytes, status: int = 200) -> Callable[[httpx2.Request], httpx2.Response]:
    return lambda _: httpx2.Response(status, content=body)


async def asked(
    answer: Callable[[httpx2.Request], httpx2.Response], *queries: SettlementQuery
) -> list[Answered | MedicalDataError]:
    """What a bureau that answers like this makes of the queries."""
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        return await Bureau("http://bureau/", client).look_up(queries or [QUERY])


def of(*items: Any) -> Callable[[httpx2.Request], httpx2.Response]:
    return answering(orjson.dumps({"results": items}))


async def test_an_answer_is_read_in_fen_with_its_document_and_digest() -> None:
    (answered,) = await asked(of(an_item()))
    assert isinstance(answered, Answered)
    assert (answered.record.total_fen, answered.record.fund_fen) == (150_000, 60_000)
    assert answered.record.prior_stays[0].hospital_id == "H1"
    assert answered.document == an_item()
    assert answered.digest == canonical_digest(an_item())


async def test_identity_numbers_travel_in_the_body_alone() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, content=orjson.dumps({"results": [an_item()]}))

    await asked(answer)
    assert str(seen[0].url) == "http://bureau/settlements/lookup"
    assert orjson.loads(seen[0].content) == [{"setl_id": "S1", "certno": QUERY.certno}]


@pytest.mark.parametrize(
    ("item", "error"),
    [
        (an_item(setl_id="S2"), AnswerAboutAnother),
        ({"setl_id": "S1", "found": False}, SettlementNotFound),
        (an_item(as_of=None), AnswerUnreadable),
        (an_item(as_of="2026-05-10T10:00:00"), AnswerUnreadable),
        (an_item(medfee_sumamt="fifteen"), AnswerUnreadable),
        (an_item(medfee_sumamt=None), AnswerUnreadable),
        (an_item(medfee_sumamt=1500.0), AnswerUnreadable),
        (an_item(fund_pay_sumamt="-0.01"), AnswerUnreadable),
        (an_item(deceased_on="2026-02-30"), AnswerUnreadable),
        (
            an_item(
                prior_stays=[
                    {
                        "fixmedins_code": "H1",
                        "begndate": "2026-01-05",
                        "enddate": "2026-01-01",
                        "related": True,
                    }
                ]
            ),
            AnswerUnreadable,
        ),
        ("not an object", AnswerUnreadable),
        (an_item(remark="x" * MAX_ITEM_BYTES), AnswerUnreadable),
    ],
)
async def test_a_wrong_item_is_a_typed_error_of_its_own_and_spoils_no_other(
    item: Any, error: type[MedicalDataError]
) -> None:
    other = SettlementQuery("S9", QUERY.certno)
    bad, good = await asked(of(item, an_item(setl_id="S9")), QUERY, other)
    assert isinstance(bad, error)
    assert isinstance(good, Answered)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"<html>",
        b'{"results": 3}',
        b'{"results": []}',
        b'{"results": [1, 2]}',
        b"\xff",
        b'{"results": [' + b"[" * 100_000,
    ],
)
async def test_an_answer_without_the_agreed_form_is_unreadable(body: bytes) -> None:
    with pytest.raises(AnswerUnreadable):
        await asked(answering(body))


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_bureau_that_cannot_now_is_unreachable(status: int) -> None:
    with pytest.raises(BureauUnreachable, match=str(status)):
        await asked(answering(b"", status))


@pytest.mark.parametrize("status", [204, 302, 400, 403, 404, 413, 422])
async def test_a_bureau_that_will_not_take_the_question_refuses(status: int) -> None:
    with pytest.raises(BureauRefused, match=str(status)):
        await asked(answering(b"", status))


@pytest.mark.parametrize("fault", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError])
async def test_a_dead_or_slow_bureau_is_unreachable(fault: type[httpx2.HTTPError]) -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        raise fault("gone")

    with pytest.raises(BureauUnreachable, match=fault.__name__):
        await asked(answer)


@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda text: orjson.dumps({"results": [text]})))
async def test_no_bytes_at_all_crash_the_reader_or_are_quoted_by_it(body: bytes) -> None:
    try:
        answers = await asked(answering(body))
    except MedicalDataError as error:
        answers = [error]
    assert all(isinstance(answer, MedicalDataError) for answer in answers)
