"""The ledger against the real mock-bank's statements and notifications."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from libs.contracts.payout import LedgerPosting, PaymentFileClosed, PaymentSettled
from libs.proof import Checked, Cut
from libs.proof.bank import check_bank
from libs.testing.heard_events import NOW, PERSON
from services.payout.adapters.bank import Bank
from services.payout.adapters.bank_answers import Answer
from tests.integration.payout.bank_process import BankProcess, a_file, a_payment
from tests.support.decided_history import LogWriter, write_cut

PAYMENTS = (a_payment("E1", 100_01), a_payment("E2", 250_00))


async def booked(bank: Bank) -> dict[str, str]:
    """Pays both; the bank's references by EndToEndId."""
    await bank.send(a_file("M1", PAYMENTS), "M1")
    return {
        str(entry.end_to_end_id): entry.bank_reference
        for answer in await bank.answers(after=0)
        for entry in _entries(answer)
    }


def _entries(answer: Answer) -> list:
    return [e for each in answer.content for e in each.entries] if isinstance(answer.content, tuple) else []


def messages(running: BankProcess, until: int) -> dict[int, bytes]:
    return {number: running.message(number) for number in range(1, until + 1)}


def a_ledger(references: dict[str, str], amounts: dict[str, int]) -> LogWriter:
    """Payout's log with a settled payment for each amount."""
    writer = LogWriter()
    for name, amount_fen in amounts.items():
        event = PaymentSettled(
            person_id=PERSON, claim_id=f"claim-{name}", payment_id=f"payment-{name}", decision_id=f"d-{name}",
            plan_id="demo-generic", amount_fen=amount_fen, bank_reference=references[name], booked_at=NOW,
            settled_at=NOW, received_at=NOW,
            postings=(
                LedgerPosting(account="claims_payable:demo-generic", amount_fen=amount_fen),
                LedgerPosting(account="bank:demo-generic", amount_fen=-amount_fen),
            ),
        )  # fmt: skip
        writer.append("payout", f"claim-{name}", event, NOW + timedelta(seconds=1))
    return writer


def a_closed_file(message_id: str) -> PaymentFileClosed:
    return PaymentFileClosed(
        file_id="f1", message_id=message_id, payment_ids=("p1",), total_fen=1, closed_at=NOW
    )


def checked(directory: Path, writer: LogWriter, told: dict[int, bytes]) -> Checked:
    return check_bank(Cut(write_cut(directory, writer)), told)


async def test_what_was_booked_and_stated_is_the_ledger(
    running: BankProcess, bank: Bank, tmp_path: Path
) -> None:
    references = await booked(bank)
    running.advance(days=1)
    number = int(running.operate("GET", "/_mock/accounts/HUIJI/statements")[0]["message_id"])
    told = {**messages(running, 2), 3: running.message(number)}
    found = checked(tmp_path, a_ledger(references, {"E1": 100_01, "E2": 250_00}), told)
    assert (found.status, list(found.findings)) == ("holds", [])
    assert found.counted["matched_out_fen"] == found.counted["ledger_out_fen"] == 350_01
    assert found.counted["statements"] == 1


async def test_what_the_bank_says_of_other_accounts_and_currencies_is_passed_over_and_counted(
    running: BankProcess, bank: Bank, tmp_path: Path
) -> None:
    """The bank's own accounts have statements in euro at the end of its day."""
    references = await booked(bank)
    running.advance(days=1)
    told = messages(running, len(running.operate("GET", "/_mock/messages")))
    others = sum(b"053.001" in content and b"CN53HUIJI" not in content for content in told.values())
    found = checked(tmp_path, a_ledger(references, {"E1": 100_01, "E2": 250_00}), told)
    assert (found.status, list(found.findings)) == ("holds", [])
    assert found.counted["passed_over_of_other_accounts"] == others > 0
    assert (found.counted["statements"], found.counted["bank_entries"]) == (1, 2)


async def test_money_of_our_files_on_another_account_than_the_ledgers_is_found(
    running: BankProcess, bank: Bank, tmp_path: Path
) -> None:
    references = await booked(bank)
    report, notification = messages(running, 2).values()
    elsewhere = notification.replace(b"CN53HUIJI0000000001", b"NL30MOCK0000000005")
    told = {1: report, 2: elsewhere.replace(b"MB-PMT-", b"MB-PMT-9"), 3: notification}
    writer = a_ledger(references, {"E1": 100_01, "E2": 250_00})
    writer.append("payout", "payment-file-f1", a_closed_file("M1"), NOW)
    found = checked(tmp_path, writer, told)
    assert [(f.rule, f.where) for f in found.findings] == [("bank_is_in_ledger", "bank/2")] * 2


async def test_another_amount_a_missing_and_an_invented_movement_are_found(
    running: BankProcess, bank: Bank, tmp_path: Path
) -> None:
    references = await booked(bank)
    told = messages(running, 2)
    wrong = a_ledger({**references, "E3": "invented"}, {"E1": 100_02, "E3": 5})
    found = {(f.rule, f.about) for f in checked(tmp_path, wrong, told).findings}
    assert found == {
        ("ledger_is_at_bank", "claim claim-E1"),
        ("ledger_is_at_bank", "claim claim-E3"),
        ("bank_is_in_ledger", f"booking {references['E2']}"),
    }


async def test_a_booking_that_is_in_the_ledger_twice_is_found(
    running: BankProcess, bank: Bank, tmp_path: Path
) -> None:
    references = await booked(bank)
    writer = a_ledger({**references, "E3": references["E1"]}, {"E1": 100_01, "E2": 250_00, "E3": 100_01})
    rules = [f.rule for f in checked(tmp_path, writer, messages(running, 2)).findings]
    assert rules == ["booked_once"]


async def test_what_payout_has_not_read_yet_is_no_difference(
    running: BankProcess, bank: Bank, tmp_path: Path
) -> None:
    references = await booked(bank)
    await bank.send(a_file("M2", (replace(PAYMENTS[0], end_to_end_id="E9"),)), "M2")
    told = messages(running, 4)
    found = checked(tmp_path, a_ledger(references, {"E1": 100_01, "E2": 250_00}), told)
    assert (found.status, found.counted["not_read_by_payout_yet"]) == ("holds", 1)


async def test_a_message_that_nobody_can_read_is_found(
    running: BankProcess, bank: Bank, tmp_path: Path
) -> None:
    references = await booked(bank)
    told = messages(running, 2)
    told[2] = told[2].replace(b"<Ntry>", b"<Ntri>", 1)
    found = checked(tmp_path, a_ledger(references, {"E1": 100_01, "E2": 250_00}), told)
    assert "bank_message_readable" in {f.rule for f in found.findings}
