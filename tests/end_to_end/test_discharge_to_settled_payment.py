"""From discharge to settled payment across all services, and what must hold of the histories that remain."""

import asyncio
import json
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from libs.conservation import check_history
from libs.interop.national import to_national
from libs.privacy import Pseudonymiser
from libs.privacy.master_key import read_master_key
from libs.testing.waiting import PATIENCE_SECONDS, wait_until
from services.operations.adapters.city import City
from services.operations.use_cases.compare_published import Compared, compare_published
from services.operations.use_cases.export_history import export_history
from services.operations.use_cases.verify_chains import verify_export
from tests.end_to_end.conftest import Ran

ON_A_PAID_CLAIMS_WAY = {"intake", "medical_data", "fraud", "adjudication", "payout", "charity", "projections"}

FOR_EVERYBODY = {
    "get /health/live",
    "get /health/ready",
    "get /metrics",
    "get /asyncapi",
    "get /asyncapi.json",
    "get /log/roots",
    "get /log/keys",
    "get /fhir/metadata",
}


def test_published_examples_are_paid_as_printed(ran: Ran) -> None:
    compared = asyncio.run(_compared(ran))
    assert len(compared) == len(ran.given.examples) >= 8
    assert [one.example.id for one in compared if not one.agrees] == []


def test_every_discharge_is_one_claim_and_none_is_lost(ran: Ran) -> None:
    summary = ran.get("projections", "/summary")
    assert summary["claims"] == len(ran.given.submissions)
    assert summary["paid"] > 0
    for service in ran.platform.addresses.services:
        if service not in ("enrolment", "intake"):
            assert ran.get(service, "/parked") == []


def test_money_is_conserved_in_the_exported_history(ran: Ran, tmp_path: Path) -> None:
    directory = tmp_path / "export"
    manifest = asyncio.run(export_history(ran.running, directory, datetime.now(UTC)))
    lines = [line for file in sorted(directory.rglob("*.ndjson")) for line in file.read_bytes().splitlines()]
    report = check_history(lines)
    assert [f"{violation.about}: {violation.sentence}" for violation in report.violations] == []
    assert report.claims == len(ran.given.submissions)
    assert all(chain.broken is None for chain in verify_export(directory))
    assert sum(shard.position for shard in manifest.shards) > 4 * len(ran.given.submissions)


def test_the_bank_has_paid_what_the_ledger_says(ran: Ran) -> None:
    ledger = ran.get("payout", "/ledger")
    assert ledger["sum_fen"] == 0
    paid = -sum(fen for account, fen in ledger["balances_fen"].items() if account.startswith("bank:"))
    with sqlite3.connect(f"file:{ran.directory / 'bank.sqlite'}?mode=ro", uri=True) as books:
        booked, rows, distinct = books.execute(
            "select sum(amount), count(*), count(distinct end_to_end_id) from payment where booked_at is not null"
        ).fetchone()
    assert booked == paid == ran.get("projections", "/summary")["paid_fen"]
    assert rows == distinct


def test_a_paid_claim_is_one_trace_across_all_services(ran: Ran) -> None:
    paid = ran.get("projections", "/claims?status=paid&limit=1000")
    # What happens to another claim of a person can move this one: in the other's trace.
    claims = Counter(one["person_id"] for one in ran.get("projections", "/claims?limit=1000"))
    claim = next(one for one in paid if one["programmes"] and claims[one["person_id"]] == 1)
    subject = f"claim-{claim['claim_id']}"
    # Each process writes its spans in batches, seconds after they ended.
    wait_until(
        lambda: {_service(span) for span in _of_one_trace(ran, subject)} >= ON_A_PAID_CLAIMS_WAY,
        "spans of every service on a paid claim's way",
    )
    traces = {span["context"]["trace_id"] for span in _of_one_trace(ran, subject)}
    assert len(traces) == 1
    steps = ran.get("projections", f"/claims/{claim['claim_id']}")["steps"]
    assert {"ClaimRegistered", "ClaimAdjudicated", "PaymentInstructed", "PaymentSettled"} <= {
        s["type"] for s in steps
    }
    assert {step["traceparent"].split("-")[1] for step in steps} == {
        trace.removeprefix("0x") for trace in traces
    }


def test_a_dry_run_says_what_was_paid_and_stands_on_the_same_facts(ran: Ran) -> None:
    stay = next(example for example in ran.given.examples if example.id == "w2").submissions[0]
    document = to_national(stay)
    # Where the machine is slow the budget of an estimate may pass; the answer says so, and asking again is free.
    answers: list[Any] = []

    def is_known() -> bool:
        answers.append(ran.ask("POST", "intake", "/settlements/$validate", document))
        return bool(answers[-1]["estimate"]["known"])

    wait_until(is_known, "an estimate")
    tried = answers[-1]
    filed = ran.ask("POST", "intake", "/settlements", document)
    compared = ran.ask("POST", "intake", f"/claims/{filed['claim_id']}/comparison", tried)
    assert (compared["same"], compared["changed"]) == (True, [])
    assert compared["then"] == compared["now"]
    claim = ran.get("projections", f"/claims/{filed['claim_id']}")
    assert claim["decisions"][-1]["plan_pays_fen"] == tried["estimate"]["outcome"]["plan_pays_fen"] > 0


def test_every_service_answers_health_metrics_and_asyncapi(ran: Ran) -> None:
    with httpx2.Client(timeout=PATIENCE_SECONDS) as client:
        for service, url in ran.platform.addresses.services.items():
            assert client.get(f"{url}/health/ready").status_code == 200, service
            assert client.get(f"{url}/health/live").status_code == 200, service
            metrics = client.get(f"{url}/metrics").text
            assert "huiji_published_events_total" in metrics
            if service not in ("enrolment", "intake"):
                assert "huiji_lag_events" in metrics
                assert "huiji_parked_events" in metrics
            assert client.get(f"{url}/asyncapi").text.startswith("<!doctype html>")


def test_every_route_of_every_service_says_whose_it_is(ran: Ran) -> None:
    """By the doors that the route table has (`libs/runtime/doors.py`), as the OpenAPI document tells them."""
    for service, url in ran.platform.addresses.services.items():
        paths = httpx2.get(f"{url}/openapi.json", timeout=PATIENCE_SECONDS).json()["paths"]
        doors = {
            f"{method} {path}": operation.get("security")
            for path, operations in paths.items()
            for method, operation in operations.items()
        }
        assert [route for route, door in doors.items() if door is None] == [], service
        assert {route for route, door in doors.items() if door == []} <= FOR_EVERYBODY, service
        stranger = httpx2.get(f"{url}/log/heads", timeout=PATIENCE_SECONDS, trust_env=False)
        assert stranger.status_code == 401, service


def test_no_name_account_or_identity_number_is_in_logs_or_traces(ran: Ran) -> None:
    secrets = {one.person.name for one in ran.given.examples}
    for resident in ran.given.residents:
        secrets |= {
            resident.person.id_number,
            resident.coverage.account,
            resident.person.phone or "-no-phone-",
        }
    run = ran.directory / "run"
    ours = {*ran.platform.addresses.services, "bureau_simulator"}
    files = [file for file in (run / "logs").glob("*.log") if file.name.split(".")[0] in ours]
    files += list((run / "traces").glob("*.jsonl"))
    assert len(files) >= 2 * len(ran.platform.addresses.services)
    for file in files:
        text = file.read_text()
        assert [secret for secret in secrets if secret in text] == [], file.name


async def _compared(ran: Ran) -> list[Compared]:
    pseudonymiser = Pseudonymiser(read_master_key(ran.platform.addresses.master_key_file).pseudonym_secret())
    async with City(ran.platform.addresses) as city:
        return await compare_published(ran.given.examples, pseudonymiser, city.claims_of, city.balances_of)


def _spans(ran: Ran) -> list[dict[str, Any]]:
    files = (ran.directory / "run" / "traces").glob("*.jsonl")
    lines = [line for file in files for line in file.read_text().splitlines(keepends=True)]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _of_one_trace(ran: Ran, subject: str) -> list[dict[str, Any]]:
    """Every span of the traces in which `subject` occurs."""
    spans = _spans(ran)
    traces = {
        span["context"]["trace_id"] for span in spans if span["attributes"].get("huiji.subject") == subject
    }
    return [span for span in spans if span["context"]["trace_id"] in traces]


def _service(span: dict[str, Any]) -> str:
    name: str = span["resource"]["attributes"]["service.name"]
    return name.removeprefix("huiji-")
