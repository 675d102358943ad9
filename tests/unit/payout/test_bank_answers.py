"""What the bank client makes of a bank that answers wrongly; the transport is a function, the bank a dictionary."""

import json

import httpx2
import pytest
from pydantic import SecretStr

from services.payout.adapters.bank import Bank, BankSettings
from services.payout.adapters.bank_errors import BankAnswersMissing, BankAnswerUnreadable, BankUnreachable

STATEMENT = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>'


def a_bank(messages: dict[int, bytes], waiting: list[int] | None = None) -> Bank:
    def answer(request: httpx2.Request) -> httpx2.Response:
        position = int(request.url.path.rsplit("/", 1)[1])
        if position in messages:
            return httpx2.Response(200, content=messages[position])
        return httpx2.Response(404, json={"waiting": sorted(messages) if waiting is None else waiting})

    return Bank(BankSettings(url="http://bank"), httpx2.MockTransport(answer))


def a_bank_answering(status: int, content: bytes) -> Bank:
    return Bank(
        BankSettings(url="http://bank"),
        httpx2.MockTransport(lambda _request: httpx2.Response(status, content=content)),
    )


async def test_what_came_before_an_unreadable_message_is_handed_over_first() -> None:
    bank = a_bank({1: STATEMENT, 2: b"<html>"})

    assert [answer.position for answer in await bank.answers(after=0)] == [1]
    with pytest.raises(BankAnswerUnreadable) as unreadable:
        await bank.answers(after=1)
    assert unreadable.value.position == 2


async def test_a_kind_payout_does_not_use_is_passed_without_content() -> None:
    (answer,) = await a_bank({1: STATEMENT}).answers(after=0)
    assert (answer.kind, answer.content) == ("camt.053.001.08", None)


async def test_a_hole_before_a_later_answer_is_an_error_and_not_the_end() -> None:
    with pytest.raises(BankAnswersMissing) as missing:
        await a_bank({5: STATEMENT}).answers(after=2)
    assert (missing.value.position, missing.value.next_waiting) == (3, 5)


async def test_an_end_is_an_end() -> None:
    assert await a_bank({}).answers(after=0) == []


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"msg_id": "M2"}', b'{"msg_id": "M1"}'])
async def test_a_receipt_that_is_none_is_unreadable(content: bytes) -> None:
    with pytest.raises(BankAnswerUnreadable):
        await a_bank_answering(202, content).send(b"file", "M1")


@pytest.mark.parametrize("status", [200, 401, 403, 404, 500, 502, 503])
async def test_every_other_status_leaves_the_files_fate_open(status: int) -> None:
    with pytest.raises(BankUnreachable) as open_question:
        await a_bank_answering(status, b"").send(b"file", "M1")
    assert open_question.value.may_have_arrived


async def test_a_lost_answer_may_have_arrived() -> None:
    def lose(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("too late", request=request)

    bank = Bank(BankSettings(url="http://bank"), httpx2.MockTransport(lose))
    with pytest.raises(BankUnreachable) as lost:
        await bank.send(b"file", "M1")
    assert lost.value.may_have_arrived


async def test_a_payment_state_never_seen_before_is_not_guessed() -> None:
    row = {"msg_id": "M1", "end_to_end_id": "E1", "amount": 1, "status": "held"}
    with pytest.raises(BankAnswerUnreadable):
        await a_bank_answering(200, json.dumps([row]).encode()).payment("E1", "M1")


async def test_credentials_go_with_every_request_and_stay_out_of_the_settings_text() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("authorization", ""))
        return httpx2.Response(404, json={"waiting": []})

    settings = BankSettings(url="http://bank", user="huiji", password=SecretStr("geheim"))
    await Bank(settings, httpx2.MockTransport(answer)).answers(after=0)

    assert asked == ["Basic aHVpamk6Z2VoZWlt"]
    assert "geheim" not in repr(settings)
