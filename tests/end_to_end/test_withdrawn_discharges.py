"""Hospitals cancel paid discharges: the whole platform takes back what was decided and paid, and money is conserved."""

import asyncio
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from libs.conservation import check_history
from libs.interop.national import to_national
from libs.interop.submission import Submission
from libs.testing.submissions import one_stop_amounts
from libs.testing.waiting import wait_until
from services.operations.adapters.announcing import FILE
from services.operations.entrypoints.commands import app
from services.operations.use_cases.export_history import export_history
from tests.end_to_end.conftest import Ran

CANCELLED = 12


def _cancelled(ran: Ran, submission: Submission) -> str:
    place = f"/settlements/{submission.visit.hospital_id}/{submission.submission_id}/cancellation"
    claim_id: str = ran.ask("POST", "intake", place)["claim_id"]
    return claim_id


def test_a_discharge_that_the_centre_had_settled_is_owed_to_it_and_the_difference_answered(ran: Ran) -> None:
    """Filed without, paid, and corrected: the person has it twice now, at the desk and by the bank."""
    by_bill = sorted(ran.given.by_http, key=lambda each: each.settlement.personal_total_fen, reverse=True)
    for submission in by_bill:
        place = f"/settlements/{submission.visit.hospital_id}/{submission.submission_id}"
        filed = ran.ask("POST", "intake", "/settlements", to_national(submission))
        claim = ran.get("projections", f"/claims/{filed['claim_id']}")
        if claim["status"] == "paid" and claim["number"] == 1:
            break
    else:
        pytest.fail("no generated discharge is paid by its first decision")
    about = f"/people/{claim['person_id']}/claims/{claim['claim_id']}"
    decision = ran.get("adjudication", about)["standing"]
    settled = [(o["liability_id"], o["deductible_fen"], o["paid_fen"]) for o in decision["liabilities"]]
    largest = max(settled, key=lambda each: each[2])
    settled[settled.index(largest)] = (*largest[:2], largest[2] - 100)
    moment = datetime.combine(submission.visit.discharged_on, time(4), UTC)
    amounts = one_stop_amounts(*settled, plan_id=decision["plan_id"], settled_at=moment)
    corrected = to_national(submission.model_copy(update={"one_stop": amounts}))
    assert ran.ask("PUT", "intake", place, corrected)["revision"] == 2

    def differences() -> list[dict[str, Any]]:
        found = ran.get("projections", "/operator/one-stop")
        return [each for each in found if each["claim_id"] == claim["claim_id"]]

    wait_until(lambda: bool(differences()), "the difference is listed")
    (difference,) = differences()
    assert (difference["difference_fen"], difference["standing"]) == (-100, "open")
    words = ["one-stop", "dispute", difference["difference_id"], "--reason", "wrong_ratio"]
    words += ["--by", "examiner-01", "--platform", str(ran.directory / "run" / FILE)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output

    def has_come_to_rest() -> bool:
        now = ran.get("projections", f"/claims/{claim['claim_id']}")
        back = now["claimed_back_fen"] == claim["settled_fen"]
        return now["status"] == "settled_at_desk" and back and differences()[0]["standing"] == "disputed"

    wait_until(has_come_to_rest, "it is settled at the desk, and the payment claimed back")
    owed = ran.get("projections", "/operator/centre-clearing")
    assert sum(row["desk_fen"] for row in owed) == amounts.total_fen
    accounts = ran.get("payout", "/ledger")["balances_fen"]
    clearing = [fen for account, fen in accounts.items() if account.startswith("centre_clearing:")]
    assert sum(clearing) == -amounts.total_fen


def test_what_was_paid_for_cancelled_discharges_is_owed_and_can_be_repaid(ran: Ran, tmp_path: Path) -> None:
    # The largest bills: a plan pays little of small ones.
    by_bill = sorted(ran.given.by_http, key=lambda each: each.settlement.personal_total_fen, reverse=True)
    claims = [_cancelled(ran, submission) for submission in by_bill[:CANCELLED]]

    def seen(claim_id: str) -> dict[str, Any]:
        found: dict[str, Any] = ran.get("projections", f"/claims/{claim_id}")
        return found

    def has_come_to_rest(claim_id: str) -> bool:
        claim = seen(claim_id)
        return claim["status"] == "withdrawn" and claim["claimed_back_fen"] == (claim["settled_fen"] or 0)

    wait_until(
        lambda: all(has_come_to_rest(claim_id) for claim_id in claims),
        "the cancelled discharges are undone",
    )
    after = [seen(claim_id) for claim_id in claims]
    paid = [claim for claim in after if claim["settled_fen"]]
    assert paid, "none of the cancelled discharges had been paid"
    for claim in paid:
        assert claim["decisions"][-1]["reversal_reason"] == "claim_withdrawn"
    owing = [clawback for claim in paid for clawback in claim["clawbacks"] if clawback["open_fen"]]
    for clawback in owing[:1]:
        repayment = {
            "amount_fen": clawback["open_fen"],
            "reference": "T-1",
            "repaid_on": "2026-11-22",
            "recorded_by": "operator-01",
        }
        answer = ran.ask("POST", "payout", f"/clawbacks/{clawback['clawback_id']}/repayments", repayment)
        assert answer["open_fen"] == 0

    def all_is_heard() -> bool:
        rows = ran.get("payout", "/clawbacks?limit=1000")
        projected = ran.get("projections", "/operator/clawbacks?limit=1000")
        return {row["clawback_id"]: row["open_fen"] for row in rows} == {
            row["clawback_id"]: row["open_fen"] for row in projected
        }

    wait_until(all_is_heard, "the read model has what people owe")
    directory = tmp_path / "export"
    asyncio.run(export_history(ran.running, directory, datetime.now(UTC)))
    lines = [line for file in sorted(directory.rglob("*.ndjson")) for line in file.read_bytes().splitlines()]
    report = check_history(lines)
    assert [f"{found.about}: {found.sentence}" for found in report.violations] == []
    assert report.reversed >= len(paid)
    assert report.totals.claimed_back_fen >= sum(claim["claimed_back_fen"] for claim in paid) > 0
