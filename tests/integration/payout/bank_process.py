"""The real mock-bank as a process of a test, and what only its operator may do with it."""

import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from libs.interop.iso20022 import Payment, PaymentFile, build_pain001
from libs.local_platform.ports import LOOPBACK, choose_port
from libs.local_platform.processes import Processes, ProcessSpec, answers_http
from libs.testing.waiting import PATIENCE_SECONDS

ACCOUNT_NUMBER = "31050161393600000"
START_BALANCE_FEN = 1_000_000_00
# A Monday in bank time, with the cut-off as late as it goes: what is sent is booked in the same request.
SETTLES_AT_ONCE = ("--clock", "2026-11-23T00:00", "--cutoff", "23:59", "--timezone", "Asia/Shanghai")


@dataclass
class BankProcess:
    """One bank over one database file; `start` again after it died to see what it kept."""

    processes: Processes
    database: Path
    url: str = ""

    def start(self, *, dies_at: str = "", options: tuple[str, ...] = SETTLES_AT_ONCE) -> None:
        port = choose_port()
        program = (str(Path(__file__).with_name("dying_bank.py")), dies_at) if dies_at else ("-m", "mockbank")
        place = ("--host", LOOPBACK, "--port", str(port), "--db", str(self.database), "--quiet")
        self.processes.start_and_wait(
            ProcessSpec(
                name="bank",
                command=(sys.executable, *program, *place, *options),
                ready=answers_http(port, "/_mock/health"),
            )
        )
        self.url = f"http://{LOOPBACK}:{port}"

    def restart(self, options: tuple[str, ...] = SETTLES_AT_ONCE) -> None:
        self.processes.stop("bank")
        self.start(options=options)

    def open_account(self, **fields: Any) -> None:
        account = {
            "id": "HUIJI",
            "name": "惠济保共保体",
            "iban": "CN53HUIJI0000000001",
            "account_number": ACCOUNT_NUMBER,
            "currency": "CNY",
            "balance": START_BALANCE_FEN,
        }
        self.operate("POST", "/_mock/accounts", {**account, **fields})

    def change_account(self, **fields: Any) -> None:
        self.operate("PATCH", "/_mock/accounts/HUIJI", fields)

    def spent_fen(self) -> int:
        balance: int = self.operate("GET", "/_mock/accounts/HUIJI")["balance"]
        return START_BALANCE_FEN - balance

    def advance(self, days: int) -> None:
        self.operate("POST", f"/_mock/advance?days={days}")

    def message(self, position: int) -> bytes:
        return self._ask("GET", f"/_mock/mailbox/{position}", None)

    def operate(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return json.loads(self._ask(method, path, body))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
                answer: bytes = response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return answer


def a_payment(end_to_end_id: str = "E1", amount_fen: int = 100_01, **fields: Any) -> Payment:
    defaults: dict[str, Any] = {
        "creditor_name": "张三",
        "creditor_account": "6222021234567890123",
        "creditor_bank": "102290000123",
    }
    return Payment(end_to_end_id=end_to_end_id, amount_fen=amount_fen, **{**defaults, **fields})


def a_file(message_id: str = "M1", payments: tuple[Payment, ...] = (a_payment(),)) -> bytes:
    return build_pain001(
        PaymentFile(
            message_id=message_id,
            created_at=datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
            execution_date=date(2026, 11, 22),
            debtor_name="惠济保共保体",
            debtor_account=ACCOUNT_NUMBER,
            debtor_bank="105290000012",
            payments=payments,
        )
    )
