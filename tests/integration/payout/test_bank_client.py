"""What the bank does with a file once, twice, altered, and when it dies: everything payout's safety rests on."""

import httpx2
import pytest

from libs.interop.iso20022 import BookedEntry, StatusReport, parse_camt053
from services.payout.adapters.bank import Bank, BankSettings
from services.payout.adapters.bank_answers import Answer
from services.payout.adapters.bank_errors import (
    BankAnswersMissing,
    BankForgot,
    BankRefusedFile,
    BankUnreachable,
)
from tests.integration.payout.bank_process import SETTLES_AT_ONCE, BankProcess, a_file, a_payment

TWO = (a_payment("E1", 100_01), a_payment("E2", 250_00))


def reports(answers: list[Answer]) -> list[StatusReport]:
    return [answer.content for answer in answers if isinstance(answer.content, StatusReport)]


def entries(answers: list[Answer]) -> list[BookedEntry]:
    return [
        entry
        for answer in answers
        if isinstance(answer.content, tuple)
        for notification in answer.content
        for entry in notification.entries
    ]


async def test_a_file_is_accepted_reported_and_booked_within_one_request(bank: Bank) -> None:
    receipt = await bank.send(a_file("M1", TWO), "M1")
    assert (receipt.already_had_it, receipt.group_status, receipt.accepted) == (False, "ACCP", 2)

    found = await bank.answers(after=0)

    assert [answer.position for answer in found] == [1, 2]
    (report,) = reports(found)
    assert report.original_message_id == "M1"
    assert {t.end_to_end_id: t.status for t in report.transactions} == {"E1": "ACCP", "E2": "ACCP"}
    assert [(e.end_to_end_id, e.amount_fen, e.direction, e.original_message_id) for e in entries(found)] == [
        ("E1", 100_01, "debit", "M1"),
        ("E2", 250_00, "debit", "M1"),
    ]
    assert len({entry.bank_reference for entry in entries(found)}) == 2


async def test_the_same_file_again_is_recognised_and_moves_no_money(running: BankProcess, bank: Bank) -> None:
    await bank.send(a_file("M1", TWO), "M1")
    before = running.spent_fen()

    again = await bank.send(a_file("M1", TWO), "M1")

    assert again.already_had_it
    assert running.spent_fen() == before == 350_01
    assert len(entries(await bank.answers(after=0))) == 2


async def test_the_copy_is_refused_in_a_report_that_must_not_be_read_as_the_first_ones_fate(
    bank: Bank,
) -> None:
    await bank.send(a_file(), "M1")
    await bank.send(a_file(), "M1")

    first, copy = reports(await bank.answers(after=0))

    assert (first.original_message_id, first.group_status) == ("M1", "ACCP")
    assert (copy.original_message_id, copy.group_status) == ("M1", "RJCT")
    assert copy.refuses_a_copy
    assert not first.refuses_a_copy


async def test_other_content_under_a_used_message_id_is_never_looked_at(
    running: BankProcess, bank: Bank
) -> None:
    await bank.send(a_file("M1", (a_payment("E1"),)), "M1")

    receipt = await bank.send(a_file("M1", (a_payment("E1"), a_payment("E2"))), "M1")

    assert receipt.already_had_it
    assert await bank.payment("E2", "M1") is None
    assert running.spent_fen() == 100_01


async def test_a_new_file_with_the_same_end_to_end_id_pays_a_second_time(
    running: BankProcess, bank: Bank
) -> None:
    """Why a payment belongs to one file for ever: the bank compares EndToEndIds within a file only."""
    await bank.send(a_file("M1", (a_payment("E1"),)), "M1")
    receipt = await bank.send(a_file("M2", (a_payment("E1"),)), "M2")

    assert (receipt.already_had_it, receipt.accepted) == (False, 1)
    assert running.spent_fen() == 2 * 100_01


@pytest.mark.parametrize(
    ("dies_at", "bank_had_it", "reports_of_first"),
    [("before_recording", False, 1), ("after_recording", True, 0), ("after_booking", True, 1)],
)
async def test_a_file_sent_again_after_the_bank_died_over_it_is_paid_once(
    bank_process: BankProcess, dies_at: str, bank_had_it: bool, reports_of_first: int
) -> None:
    bank_process.start()
    bank_process.open_account()
    bank_process.processes.stop("bank")
    bank_process.start(dies_at=dies_at)
    async with Bank(BankSettings(url=bank_process.url)) as dying:
        with pytest.raises(BankUnreachable) as lost:
            await dying.send(a_file("M1", TWO), "M1")
    assert lost.value.may_have_arrived

    bank_process.restart()
    async with Bank(BankSettings(url=bank_process.url)) as bank:
        receipt = await bank.send(a_file("M1", TWO), "M1")
        found = await bank.answers(after=0)
        at_bank = await bank.payment("E1", "M1")

    assert receipt.already_had_it is bank_had_it
    assert bank_process.spent_fen() == 350_01
    assert sorted(entry.end_to_end_id or "" for entry in entries(found)) == ["E1", "E2"]
    assert at_bank is not None
    assert at_bank.state == "booked"
    # Dead between its books and its report, the bank never says ACCP: the booking is all there will be.
    assert sum(not report.refuses_a_copy for report in reports(found)) == reports_of_first


class LosesFirstAnswer(httpx2.AsyncHTTPTransport):
    """The request arrives, its answer does not."""

    lost = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if self.lost:
            return response
        self.lost = True
        await response.aread()
        await response.aclose()
        raise httpx2.ReadError("connection reset", request=request)


async def test_a_lost_answer_is_made_good_by_sending_the_same_file(running: BankProcess) -> None:
    async with Bank(BankSettings(url=running.url), LosesFirstAnswer()) as bank:
        with pytest.raises(BankUnreachable) as lost:
            await bank.send(a_file(), "M1")
        again = await bank.send(a_file(), "M1")

    assert lost.value.may_have_arrived
    assert again.already_had_it
    assert running.spent_fen() == 100_01


async def test_a_copy_of_a_file_refused_as_a_whole_has_no_payments_at_the_bank(
    running: BankProcess, bank: Bank
) -> None:
    running.change_account(behaviour="reject-file")
    with pytest.raises(BankRefusedFile):
        await bank.send(a_file("M1"), "M1")

    receipt = await bank.send(a_file("M1"), "M1")

    assert receipt.already_had_it
    assert await bank.payment("E1", "M1") is None
    assert running.spent_fen() == 0


async def test_a_file_the_bank_cannot_take_is_refused_with_the_places_at_fault(bank: Bank) -> None:
    wrong_sum = a_file().replace(b"<CtrlSum>100.01<", b"<CtrlSum>100.02<")

    with pytest.raises(BankRefusedFile) as refused:
        await bank.send(wrong_sum, "M1")

    assert refused.value.reason_code == "AM10"
    assert any("CtrlSum" in finding for finding in refused.value.findings)


async def test_one_refused_payment_leaves_the_others_paid(running: BankProcess, bank: Bank) -> None:
    closed = a_payment("E2", creditor_account="NL84MOCK0000000003")

    receipt = await bank.send(a_file("M1", (a_payment("E1"), closed)), "M1")

    found = await bank.answers(after=0)
    (report,) = reports(found)
    assert (receipt.group_status, receipt.accepted, receipt.rejected) == ("PART", 1, 1)
    assert [(t.end_to_end_id, t.status, [r.code for r in t.reasons]) for t in report.transactions] == [
        ("E1", "ACCP", []),
        ("E2", "RJCT", ["AC04"]),
    ]
    assert [entry.end_to_end_id for entry in entries(found)] == ["E1"]
    assert running.spent_fen() == 100_01


async def test_too_little_money_refuses_what_does_not_fit_and_pays_what_does(
    running: BankProcess, bank: Bank
) -> None:
    running.change_account(behaviour="insufficient-funds", balance=200_00)

    await bank.send(
        a_file("M1", (a_payment("E1", 150_00), a_payment("E2", 60_00), a_payment("E3", 50_00))), "M1"
    )

    (report,) = reports(await bank.answers(after=0))
    assert [t.status for t in report.transactions] == ["ACCP", "RJCT", "ACCP"]
    assert report.transactions[1].reasons[0].code == "AM04"


async def test_a_bank_that_reports_nothing_still_tells_what_it_booked(
    running: BankProcess, bank: Bank
) -> None:
    running.change_account(behaviour="silent")

    await bank.send(a_file(), "M1")

    found = await bank.answers(after=0)
    assert reports(found) == []
    assert [entry.end_to_end_id for entry in entries(found)] == ["E1"]


async def test_a_weekend_payment_is_accepted_now_and_booked_on_monday(bank_process: BankProcess) -> None:
    bank_process.start(options=("--clock", "2026-11-21T10:00"))
    bank_process.open_account()
    async with Bank(BankSettings(url=bank_process.url)) as bank:
        await bank.send(a_file(), "M1")
        assert entries(await bank.answers(after=0)) == []
        accepted = await bank.payment("E1", "M1")
        bank_process.advance(days=2)
        booked = await bank.answers(after=1)

    assert accepted is not None
    assert accepted.state == "accepted"
    assert [entry.booked_on.isoformat() for entry in entries(booked)] == ["2026-11-23"]


async def test_an_execution_date_ahead_of_the_banks_clock_waits_for_it(bank_process: BankProcess) -> None:
    """A Friday at the bank, a Sunday in the file: booked on Monday. A bank ahead of us books at once."""
    bank_process.start(options=("--clock", "2026-11-20T10:00"))
    bank_process.open_account()
    async with Bank(BankSettings(url=bank_process.url)) as bank:
        await bank.send(a_file(), "M1")
        assert entries(await bank.answers(after=0)) == []
    bank_process.advance(days=3)
    assert bank_process.spent_fen() == 100_01


async def test_a_report_held_back_is_readable_by_its_number_already(bank_process: BankProcess) -> None:
    bank_process.start(options=(*SETTLES_AT_ONCE, "--status-delay-ms", "3600000"))
    bank_process.open_account()
    async with Bank(BankSettings(url=bank_process.url)) as bank:
        await bank.send(a_file(), "M1")
        assert [answer.position for answer in await bank.answers(after=0)] == [1, 2]


async def test_messages_the_bank_threw_away_are_missed_and_not_skipped(bank_process: BankProcess) -> None:
    bank_process.start(options=(*SETTLES_AT_ONCE, "--retention-days", "0.5"))
    bank_process.open_account()
    async with Bank(BankSettings(url=bank_process.url)) as bank:
        await bank.send(a_file(), "M1")
        await bank.discard_read()
        bank_process.advance(days=1)
        with pytest.raises(BankAnswersMissing) as missing:
            await bank.answers(after=0)
    assert missing.value.position == 1


async def test_an_accepted_payment_can_still_be_refused_on_its_day(bank_process: BankProcess) -> None:
    """The further report names no group status; ACCP alone is no money."""
    bank_process.start(options=("--clock", "2026-11-21T10:00"))
    bank_process.open_account()
    async with Bank(BankSettings(url=bank_process.url)) as bank:
        await bank.send(a_file(), "M1")
        bank_process.change_account(closed=True)
        bank_process.advance(days=2)
        first, later = reports(await bank.answers(after=0))

    assert first.transactions[0].status == "ACCP"
    assert later.group_status is None
    assert [(t.end_to_end_id, t.status, t.reasons[0].code) for t in later.transactions] == [
        ("E1", "RJCT", "AC04")
    ]
    assert bank_process.spent_fen() == 0


async def test_money_that_comes_back_is_a_credit_with_our_id_and_a_reason(
    running: BankProcess, bank: Bank
) -> None:
    running.change_account(behaviour="return-later", parameters={"days": 1, "reason": "AC04"})
    await bank.send(a_file(), "M1")
    running.advance(days=1)

    out, back = entries(await bank.answers(after=0))

    assert (out.direction, back.direction) == ("debit", "credit")
    assert (back.end_to_end_id, back.amount_fen, back.return_reason) == ("E1", 100_01, "AC04")
    assert out.bank_reference != back.bank_reference
    assert running.spent_fen() == 0


async def test_answers_stay_where_they_are_however_often_they_are_read(
    running: BankProcess, bank: Bank
) -> None:
    await bank.send(a_file(), "M1")
    first = await bank.answers(after=0)

    await bank.discard_read()
    running.restart()
    async with Bank(BankSettings(url=running.url)) as again:
        assert await again.answers(after=0) == first
        assert await again.answers(after=1) == first[1:]
        assert await again.answers(after=2) == []
        assert await again.ping(cursor=2) == 2


async def test_answers_come_in_portions(bank: Bank) -> None:
    await bank.send(a_file(), "M1")
    assert [answer.position for answer in await bank.answers(after=0, limit=1)] == [1]


async def test_a_bank_that_lost_its_books_is_noticed(running: BankProcess, bank: Bank) -> None:
    await bank.send(a_file(), "M1")
    running.operate("POST", "/_mock/reset")

    with pytest.raises(BankForgot):
        await bank.ping(cursor=2)


async def test_the_days_statement_agrees_with_the_notifications(running: BankProcess, bank: Bank) -> None:
    await bank.send(a_file("M1", TWO), "M1")
    running.advance(days=1)
    number = running.operate("GET", "/_mock/accounts/HUIJI/statements")[0]["message_id"]

    (statement,) = parse_camt053(running.message(number))

    notified = entries(await bank.answers(after=0))
    assert list(statement.entries) == notified
    assert statement.opening_fen - statement.closing_fen == sum(entry.amount_fen for entry in notified)


async def test_nobody_listening_is_known_not_to_have_arrived(bank_process: BankProcess) -> None:
    async with Bank(BankSettings(url="http://127.0.0.1:9")) as bank:
        with pytest.raises(BankUnreachable) as unreachable:
            await bank.send(a_file(), "M1")
    assert not unreachable.value.may_have_arrived


async def test_a_payment_is_found_under_every_id_a_file_may_carry(bank: Bank) -> None:
    strange = "A/B?c:(d).e,f'g+h-1"
    await bank.send(a_file("M1", (a_payment(strange),)), "M1")

    found = await bank.payment(strange, "M1")

    assert found is not None
    assert found.end_to_end_id == strange
    assert await bank.payment(strange, "M2") is None


async def test_a_wrong_door_is_no_answer_about_the_file(running: BankProcess) -> None:
    async with Bank(BankSettings(url=running.url + "/nowhere")) as elsewhere:
        with pytest.raises(BankUnreachable, match="HTTP 404"):
            await elsewhere.send(a_file(), "M1")
