"""With the bureau or fraud silent the discharge desk still gets an answer in its time, and each is trued up later."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import orjson
import pytest

from libs.testing.kafka import KafkaUnderTest
from libs.testing.waiting import wait_until
from services.operations.adapters.city import City
from services.operations.domain.topology import BUREAU
from services.operations.use_cases.run_platform import BrokerKind, PlatformPlan, RunningPlatform, run_platform
from tests.chaos.run import CHECKOUT, Drill, load_of

ANSWER_SECONDS = 3.0
EACH = 8

TOLD = {
    "HUIJI_ANSWER_SECONDS": str(ANSWER_SECONDS),
    "HUIJI_BUREAU_TIMEOUT_SECONDS": "0.5",
    "HUIJI_RECORDS_WITHIN_SECONDS": "1.5",
    "HUIJI_LATE_PAUSE_SECONDS": "1",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, kafka: KafkaUnderTest) -> Iterator[RunningPlatform]:
    broker: BrokerKind = "apache" if kafka.kind == "apache" else "embedded"
    directory = tmp_path_factory.mktemp("alone")
    plan = PlatformPlan(directory, CHECKOUT, broker=broker, usual_ports=False, told=lambda *_: TOLD)
    with run_platform(plan, lambda _name, _state: None) as started:
        yield started


@contextmanager
def silent(running: RunningPlatform, name: str) -> Iterator[None]:
    """The part takes connections and answers nobody."""
    pid = running.processes.process_ids()[name]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def events_of(running: RunningPlatform, *types: str) -> list[dict[str, Any]]:
    """Adjudication's events of these types, in no particular order."""

    async def read() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(running.platform.addresses.database_url)
        try:
            rows = await connection.fetch(
                "select type, body from adjudication.event where type = any ($1::text[])", list(types)
            )
        finally:
            await connection.close()
        return [{"type": row["type"], **orjson.loads(row["body"])} for row in rows]

    return asyncio.run(read())


def answered(running: RunningPlatform) -> set[str]:
    """Claims that were decided, or pended with the names of who has to act."""
    return {
        event["claim_id"] for event in events_of(running, "ClaimAdjudicated", "ClaimDenied", "ClaimPended")
    }


def decided_without_records(running: RunningPlatform, claims: set[str]) -> set[str]:
    """The decisions on these claims that were made in the bureau's absence."""
    return {
        event["decision_id"]
        for event in events_of(running, "ClaimAdjudicated")
        if event["claim_id"] in claims and event["without_records"]
    }


def send(
    running: RunningPlatform, seed: int, enough: Callable[[set[str]], object] = lambda claims: True
) -> set[str]:
    """Discharges of people who are covered; answers their claims.

    Fraud (an even `seed`) or the bureau says nothing until every claim has its answer and they are `enough`.
    """
    submissions, residents = load_of(Drill(seed, EACH, 0))
    before = {event["claim_id"] for event in events_of(running, "ClaimOpened")}

    async def sent() -> None:
        async with City(running.platform.addresses) as city:
            await city.enrol(residents)
            await city.send_settlements(submissions)

    async def settled() -> None:
        async with City(running.platform.addresses) as city:
            await city.settle(submissions)

    asyncio.run(settled())
    with silent(running, BUREAU.name if seed % 2 else "fraud"):
        asyncio.run(sent())
        wait_until(
            lambda: len(events_of(running, "ClaimOpened")) == len(before) + EACH, "the claims are opened"
        )
        claims = {event["claim_id"] for event in events_of(running, "ClaimOpened")} - before
        wait_until(
            lambda: claims <= answered(running) and bool(enough(claims)),
            "every claim has its answer although somebody is silent",
        )
    return claims


def test_decisions_without_the_silent_bureau_are_trued_up_when_it_speaks(running: RunningPlatform) -> None:
    # Where the machine is slow the first answer is that a score is missing, and the decision comes after it.
    claims = send(running, seed=7, enough=lambda claims: decided_without_records(running, claims))
    alone = decided_without_records(running, claims)

    def looked_at_again() -> set[str]:
        confirmed = {e["decision_id"] for e in events_of(running, "DecisionConfirmed") if e["with_records"]}
        return confirmed | {event["decision_id"] for event in events_of(running, "AdjudicationReversed")}

    wait_until(lambda: alone <= looked_at_again(), "every such decision is trued up")


def test_without_fraud_claims_are_pended_by_name_and_decided_when_it_is_back(
    running: RunningPlatform,
) -> None:
    claims = send(running, seed=8)
    pended = [event for event in events_of(running, "ClaimPended") if event["claim_id"] in claims]
    assert {event["claim_id"] for event in pended} == claims
    assert all("score_missing" in {reason["code"] for reason in event["reasons"]} for event in pended)
    opened = {event["claim_id"]: event for event in events_of(running, "ClaimOpened")}
    # By the log's own times: nobody was kept waiting much beyond the budget, however slow this machine is.
    assert all(event["pended_at"] >= opened[event["claim_id"]]["answer_due_at"] for event in pended)

    def concluded() -> set[str]:
        decided = {event["claim_id"] for event in events_of(running, "ClaimAdjudicated", "ClaimDenied")}
        waiting_for_people = {
            event["claim_id"]
            for event in events_of(running, "ClaimPended")
            if not {"score_missing"} >= {reason["code"] for reason in event["reasons"]}
        }
        return decided | waiting_for_people

    # A pended claim counts as at rest, so the summary would not say when fraud has caught up.
    wait_until(lambda: claims <= concluded(), "every claim is decided now that fraud is back")
