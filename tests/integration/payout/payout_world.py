"""Payout as its real process between stand-ins for its sources and the real mock-bank, whose books are the truth."""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import httpx2

from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.enrolment import CoverageActivated
from libs.local_platform import Processes, choose_port, start_mock_bank
from libs.testing.heard_events import a_claim_adjudicated, a_coverage_activated, person_numbered
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.waiting import PATIENCE_SECONDS, wait_until
from services.payout.domain.ids import end_to_end_id_of, payment_id_of

POOL_ACCOUNT = "31050161393600000"
START_BALANCE_FEN = 1_000_000_000_00
IDENTITY = "CoverageActivated.identity"
ACCOUNT_THE_BANK_CALLS_CLOSED = "NL84MOCK0000000003"


@dataclass
class BankUnderTest:
    """One bank over one database file, always at the same address."""

    directory: Path
    processes: Processes
    port: int = field(default_factory=choose_port)
    pid: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        bank = start_mock_bank(self.processes, self.directory / "bank.sqlite", preferred_port=self.port)
        assert bank.url == self.url, "somebody has taken the bank's port meanwhile"
        self.pid = bank.pid

    def open_account(self) -> None:
        self._send(
            "POST",
            "/_mock/accounts",
            {
                "id": "HUIJI",
                "name": "惠济共保体",
                "iban": "CN53HUIJI0000000001",
                "account_number": POOL_ACCOUNT,
                "currency": "CNY",
                "balance": START_BALANCE_FEN,
            },
        )

    def behave(self, behaviour: str, **parameters: Any) -> None:
        """Change what the bank does with our account's files."""
        self._send("PATCH", "/_mock/accounts/HUIJI", {"behaviour": behaviour, "parameters": parameters})

    def next_day(self) -> None:
        self._send("POST", "/_mock/advance?days=1", None)

    def kill(self) -> None:
        """Kill it; its books stay."""
        os.kill(self.pid, signal.SIGKILL)
        self.processes.stop("bank")

    def stands_still(self) -> None:
        """It takes connections and answers nothing until it goes on."""
        os.kill(self.pid, signal.SIGSTOP)

    def goes_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def booked(self) -> Counter[str]:
        """How often the bank booked each EndToEndId."""
        return Counter(row["end_to_end_id"] for row in self._get("/_mock/payments") if row["booked_at"])

    def spent_fen(self) -> int:
        balance: int = self._get("/_mock/accounts/HUIJI")["balance"]
        return START_BALANCE_FEN - balance

    def _get(self, path: str) -> Any:
        return self._send("GET", path, None)

    def _send(self, method: str, path: str, body: Any) -> Any:
        with httpx2.Client(base_url=self.url, timeout=PATIENCE_SECONDS, trust_env=False) as client:
            return client.request(method, path, json=body).raise_for_status().json()


@dataclass
class PayoutWorld:
    """Payout, adjudication and enrolment as heard by it, and the bank."""

    services: ServicesUnderTest
    bank: BankUnderTest
    people: int = 0
    settings: dict[str, str] = field(default_factory=dict)

    def start_payout(self) -> None:
        self.services.start(
            "payout",
            {
                "HUIJI_BANK_URL": self.bank.url,
                # A restart gets its partitions back at once, else every kill costs a session of the group.
                "HUIJI_INSTANCE": "payout-1",
                "HUIJI_SILENT_SECONDS": "0.5",
                "HUIJI_ANSWER_POLL_SECONDS": "0.2",
                "HUIJI_PAYMENTS_PER_FILE": "7",
                **self.settings,
            },
        )

    def kill_payout(self) -> None:
        os.kill(self.services.pid("payout"), signal.SIGKILL)
        self.services.await_death("payout")

    def new_person(self) -> str:
        self.people += 1
        return person_numbered(self.people)

    def coverage(self, person_id: str, **identity: Any) -> CoverageActivated:
        """A coverage whose sealed identity has an account, unless `identity` says otherwise."""
        known = {
            "name": "张三",
            "id_number": "11010519491231002X",
            "phone": "13800000000",
            "account": "6222021234567890123",
            "account_bank": "102290000123",
        }
        sealed = self.services.sealed(person_id, IDENTITY, {**known, **identity})
        return a_coverage_activated(f"coverage-of-{person_id}", person_id=person_id, identity=sealed)

    def decisions(self, person_id: str, count: int) -> list[ClaimAdjudicated]:
        """Decisions for a person, each of a claim of its own and another amount."""
        return [
            a_claim_adjudicated(
                f"{person_id}-{number}",
                person_id=person_id,
                decision_id=str(uuid5(NAMESPACE_OID, f"{person_id}/{number}")),
                plan_pays_fen=100_00 + number,
            )
            for number in range(count)
        ]

    def wait_until_nothing_is_under_way(self, decided: Sequence[ClaimAdjudicated]) -> None:
        """Until payout has concluded a payment for every decision."""
        ids = ", ".join(f"'{payment_of(decision)}'" for decision in decided)
        query = f"select count(*) as n from payment where status <> 'instructed' and payment_id in ({ids})"
        wait_until(
            lambda: self.services.query("payout", query)[0]["n"] == len(decided),
            f"{len(decided)} payments are concluded",
        )

    def statuses(self, decided: Sequence[ClaimAdjudicated]) -> list[str]:
        """What became of each decision's payment."""
        rows = self.services.query("payout", "select payment_id, status from payment")
        known = {row["payment_id"]: row["status"] for row in rows}
        return [known.get(payment_of(decision), "none") for decision in decided]

    def assert_paid_once(self, decided: Sequence[ClaimAdjudicated]) -> None:
        """Each decision is settled here and booked exactly once at the bank, and the ledger balances."""
        self.wait_until_nothing_is_under_way(decided)
        assert Counter(self.statuses(decided)) == {"settled": len(decided)}
        booked = self.bank.booked()
        assert [booked[end_to_end_id_of(payment_of(decision))] for decision in decided] == [1] * len(decided)
        self.assert_books_agree()

    def assert_books_agree(self) -> None:
        """Our ledger sums to zero, and what it says left the bank left it."""
        ledger = self.services.get("payout", "/ledger").raise_for_status().json()
        assert ledger["sum_fen"] == 0
        assert -ledger["balances_fen"].get("bank:demo-generic", 0) == self.bank.spent_fen()
        assert ledger["balances_fen"].get("claims_payable:demo-generic", 0) == 0
        assert self.services.get("payout", "/unmatched").json() == []


def payment_of(decision: ClaimAdjudicated) -> str:
    return payment_id_of(decision.decision_id)


@contextmanager
def payout_world(
    postgres: PostgresUnderTest,
    directory: Path,
    settings: Mapping[str, str] | None = None,
    bootstrap: str | None = None,
) -> Iterator[PayoutWorld]:
    """Everything payout needs, running, with a broker of its own unless one is named; it all stops afterwards."""
    with (
        Processes(directory / "bank-logs") as bank_processes,
        services_under_test(postgres, directory, bootstrap) as services,
    ):
        bank = BankUnderTest(directory, bank_processes)
        bank.start()
        bank.open_account()
        services.reserve_ports("payout")
        services.start_source("adjudication", "enrolment")
        world = PayoutWorld(services, bank, settings=dict(settings or {}))
        world.start_payout()
        yield world
