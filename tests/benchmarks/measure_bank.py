"""How fast payment files are written and the bank answers them: `python -m tests.benchmarks.measure_bank`.

Prints what docs/bank.md quotes. Takes about a minute and two cores.
"""
# ruff: noqa: T201 - what it prints is its purpose

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from libs.interop.iso20022 import Payment, PaymentFile, build_pain001
from libs.local_platform.processes import Processes
from services.payout.adapters.bank import Bank, BankSettings
from tests.integration.payout.bank_process import ACCOUNT_NUMBER, BankProcess

SIZES_AND_FILES = ((1, 100), (100, 20), (500, 20))
GROWTH_FILES_OF_500 = 30


def a_file(message_id: str, size: int) -> PaymentFile:
    return PaymentFile(
        message_id=message_id,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        execution_date=date(2026, 11, 22),
        debtor_name="惠济保共保体",
        debtor_account=ACCOUNT_NUMBER,
        debtor_bank="105290000012",
        payments=tuple(
            Payment(f"{message_id}-{i}", 100_00 + i, "张三", "6222021234567890123", "102290000123")
            for i in range(size)
        ),
    )


def build_with_xsdata(file: PaymentFile) -> bytes:
    """The same file through pyiso20022's dataclasses, for comparison."""
    iso: Any = import_module("pyiso20022.pain.pain_001_001_09")
    serializer = import_module("xsdata.formats.dataclass.serializers").XmlSerializer()

    def bank(cnaps: str) -> Any:
        member = iso.ClearingSystemMemberIdentification2(
            clr_sys_id=iso.ClearingSystemIdentification2Choice(cd="CNAPS"), mmb_id=cnaps
        )
        institution = iso.FinancialInstitutionIdentification18(clr_sys_mmb_id=member)
        return iso.BranchAndFinancialInstitutionIdentification6(fin_instn_id=institution)

    def account(number: str) -> Any:
        other = iso.GenericAccountIdentification1(id=number)
        return iso.CashAccount38(id=iso.AccountIdentification4Choice(othr=other))

    def transfer(payment: Payment) -> Any:
        amount = iso.ActiveOrHistoricCurrencyAndAmount(
            value=Decimal(payment.amount_fen).scaleb(-2), ccy="CNY"
        )
        return iso.CreditTransferTransaction34(
            pmt_id=iso.PaymentIdentification6(end_to_end_id=payment.end_to_end_id),
            amt=iso.AmountType4Choice(instd_amt=amount),
            cdtr_agt=bank(payment.creditor_bank),
            cdtr=iso.PartyIdentification135(nm=payment.creditor_name),
            cdtr_acct=account(payment.creditor_account),
        )

    batch = iso.PaymentInstruction30(
        pmt_inf_id=file.message_id,
        pmt_mtd=iso.PaymentMethod3Code.TRF,
        reqd_exctn_dt=iso.DateAndDateTime2Choice(
            dt=import_module("xsdata.models.datatype").XmlDate(2026, 11, 22)
        ),
        dbtr=iso.PartyIdentification135(nm=file.debtor_name),
        dbtr_acct=account(file.debtor_account),
        dbtr_agt=bank(file.debtor_bank),
        cdt_trf_tx_inf=[transfer(payment) for payment in file.payments],
    )
    written: str = serializer.render(batch)
    return written.encode()


def milliseconds(work: Callable[[], object], times: int) -> float:
    work()
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times * 1000


async def until_booked(bank: Bank, file: PaymentFile, cursor: int) -> tuple[float, int]:
    """Seconds from building the file to its bookings being read, and the new cursor."""
    began = time.perf_counter()
    await bank.send(build_pain001(file), file.message_id)
    answers = await bank.answers(after=cursor)
    seconds = time.perf_counter() - began
    assert [type(answer.content).__name__ for answer in answers] == ["StatusReport", "tuple"]
    return seconds, answers[-1].position


async def measure(process: BankProcess) -> None:
    async with Bank(BankSettings(url=process.url)) as bank:
        cursor = paid = 0
        for size, files in SIZES_AND_FILES:
            taken = []
            for number in range(files):
                seconds, cursor = await until_booked(bank, a_file(f"S{size}N{number}", size), cursor)
                taken.append(seconds)
            paid += size * files
            print(
                f"files of {size}: median {statistics.median(taken) * 1000:.0f} ms, worst {max(taken) * 1000:.0f} ms, "
                f"{size * files / sum(taken):.0f} payments/s (bank holds {paid})"
            )
        for number in range(GROWTH_FILES_OF_500):
            seconds, cursor = await until_booked(bank, a_file(f"G{number}", 500), cursor)
            paid += 500
            if number % 10 == 9:
                began = time.perf_counter()
                await bank.answers(after=cursor)
                empty = time.perf_counter() - began
                one, cursor = await until_booked(bank, a_file(f"O{number}", 1), cursor)
                print(
                    f"bank holds {paid}: empty answer {empty * 1000:.0f} ms, file of 1 {one * 1000:.0f} ms, "
                    f"file of 500 {seconds * 1000:.0f} ms"
                )


def main() -> None:
    file = a_file("B", 500)
    print(
        f"write 500 payments: lxml {milliseconds(lambda: build_pain001(file), 20):.1f} ms with schema check"
    )
    print(
        f"write 500 payments: pyiso20022 + xsdata {milliseconds(lambda: build_with_xsdata(file), 3):.1f} ms"
    )
    with tempfile.TemporaryDirectory() as place, Processes(Path(place) / "logs") as processes:
        process = BankProcess(processes, Path(place) / "bank.sqlite")
        process.start()
        process.open_account(balance=10**14)
        asyncio.run(measure(process))


if __name__ == "__main__":
    main()
