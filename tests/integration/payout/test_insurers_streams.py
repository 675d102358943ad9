"""Each insurer of a pool reads its own stream on its own topic, complete and in order, whatever dies in between."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import httpx2
import pytest
import yaml

from libs import contracts
from libs.benefits import plan_of, pool_shares
from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, PoolShare
from libs.contracts.insurers import InsurerPartBorne
from libs.eventlog.envelope import from_headers
from libs.local_platform import Processes, start_embedded_broker
from libs.proof.insurer_stream import InsurerCheck
from libs.runtime.staff import token_hash
from libs.testing.heard_events import NOW, a_claim_adjudicated
from libs.testing.postgres import PostgresUnderTest, in_own_loop
from libs.testing.topics import read_topic
from libs.testing.waiting import PATIENCE_SECONDS, wait_until
from tests.integration.payout.payout_world import PayoutWorld, payout_world

PLAN = plan_of("demo-generic")
DAY = date(2022, 5, 1)
POOL = ("lead", "coinsurer-a", "coinsurer-b")
TOKEN = "a-token"


@dataclass
class Broker:
    """A broker that keeps its topics in memory: started again, it has lost them."""

    processes: Processes
    bootstrap: str = ""

    def start(self) -> None:
        port = int(self.bootstrap.rpartition(":")[2] or 0)
        self.bootstrap = start_embedded_broker(self.processes, preferred_port=port).bootstrap

    def lose_everything(self) -> None:
        self.processes.stop("broker")
        before = self.bootstrap
        self.start()
        assert self.bootstrap == before, "somebody has taken the broker's port meanwhile"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Processes(tmp_path_factory.mktemp("broker")) as processes:
        started = Broker(processes)
        started.start()
        yield started


@pytest.fixture(scope="module")
def world(
    postgres: PostgresUnderTest, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PayoutWorld]:
    directory = tmp_path_factory.mktemp("insurers")
    staff = directory / "staff.yaml"
    member = {"id": "settlement-02", "roles": ["operator"], "token_sha256": token_hash(TOKEN)}
    staff.write_text(yaml.safe_dump({"staff": [member]}))
    settings = {"HUIJI_STAFF_FILE": str(staff)}
    with payout_world(postgres, directory, settings, broker.bootstrap) as started:
        yield started


def a_shared_decision(world: PayoutWorld, claim: str, awarded_fen: int) -> ClaimAdjudicated:
    shares = tuple(
        PoolShare(insurer=part.insurer, share_bp=part.share_bp, amount_fen=part.amount_fen)
        for part in pool_shares(PLAN, DAY, awarded_fen)
    )
    return a_claim_adjudicated(
        claim,
        person_id=world.new_person(),
        service_date=DAY,
        plan_pays_fen=awarded_fen,
        pool_shares=shares,
    )


def reversed_(decision: ClaimAdjudicated) -> AdjudicationReversed:
    return AdjudicationReversed(
        person_id=decision.person_id,
        claim_id=decision.claim_id,
        decision_id=decision.decision_id,
        number=1,
        replaced_by=None,
        reason="claim_withdrawn",
        hospital_id=decision.hospital_id,
        plan_id=decision.plan_id,
        benefit_year="2022-01-01",
        plan_pays_fen=decision.plan_pays_fen,
        cash_benefits_fen=0,
        usage_released={},
        pool_shares=decision.pool_shares,
        received_at=NOW,
        reversed_at=NOW,
    )


def on_topic(world: PayoutWorld, insurer: str) -> list[Event]:
    """What the insurer reads."""
    records = in_own_loop(read_topic(world.services.bootstrap, f"huiji.insurer.{insurer}"))
    return [from_headers(0, record.headers, record.value).decode() for record in records]


def in_stream(world: PayoutWorld, insurer: str) -> list[Event]:
    """The same by HTTP."""
    answer = world.services.get("payout", f"/insurers/{insurer}/stream?limit=5000").raise_for_status().json()
    return [
        contracts.decode(one["type"], one["schema_version"], httpx2.Response(200, json=one["event"]).content)
        for one in answer
    ]


def claims_of(world: PayoutWorld, insurer: str) -> set[str]:
    return {event.claim_id for event in in_stream(world, insurer) if isinstance(event, InsurerPartBorne)}


def topic_is_whole(world: PayoutWorld, insurer: str) -> bool:
    """Whether the topic alone proves to its reader that nothing is missing of what the stream has."""
    check = InsurerCheck({PLAN.id: PLAN})
    faults = check.walk(on_topic(world, insurer))
    return not faults and check.events == len(in_stream(world, insurer)) > 0


def bears(world: PayoutWorld) -> dict[str, int]:
    listed = world.services.get("payout", "/insurers").raise_for_status().json()
    return {one["insurer"]: one["bears_fen"] for one in listed}


def by_staff(world: PayoutWorld, path: str, body: dict[str, Any], token: str = TOKEN) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client:
        return client.post(world.services.url("payout", path), json=body, headers=headers)


def test_insurers_read_their_parts_and_what_is_taken_off_while_payout_is_killed(world: PayoutWorld) -> None:
    decisions = [a_shared_decision(world, f"claim-{n}", 100_01 + n) for n in range(40)]
    for start in range(0, 40, 10):
        world.services.say("adjudication", *decisions[start : start + 10])
        if start in (10, 20):
            world.kill_payout()
            world.start_payout()
    gone, standing = decisions[:7], decisions[7:]
    world.services.say("adjudication", *(reversed_(decision) for decision in gone))
    due = {
        name: sum(share.amount_fen for d in standing for share in d.pool_shares if share.insurer == name)
        for name in POOL
    }
    wait_until(lambda: bears(world) == due, "the insurers bear what stands")
    for insurer in POOL:
        told = in_stream(world, insurer)
        assert len(told) == len(decisions) + len(gone)
        check = InsurerCheck({PLAN.id: PLAN})
        assert check.walk(told) == []
        assert check.totals[PLAN.id].bears_fen == due[insurer]
        wait_until(partial(topic_is_whole, world, insurer), f"{insurer}'s topic has its stream")


def test_staff_close_a_statement_and_record_its_transfer_once(world: PayoutWorld) -> None:
    world.services.say("adjudication", a_shared_decision(world, "stated", 200_00))
    wait_until(lambda: "stated" in claims_of(world, "coinsurer-a"), "the part is borne")
    due_fen = bears(world)["coinsurer-a"]
    path = "/insurers/coinsurer-a/statements"
    assert by_staff(world, path, {"plan_id": PLAN.id}, "no token").status_code == 401
    closed = by_staff(world, path, {"plan_id": PLAN.id})
    assert closed.json()["due_fen"] == due_fen
    again = by_staff(world, path, {"plan_id": PLAN.id})
    assert (again.status_code, again.json()["type"]) == (409, "urn:huiji:problem:nothing_to_state")
    settlement = f"{path}/{closed.json()['statement_id']}/settlement"
    for _ in range(2):
        settled = by_staff(world, settlement, {"reference": "T-1", "settled_on": "2022-12-31"})
        assert (settled.status_code, settled.json()["reference"]) == (200, "T-1")
    other = by_staff(world, settlement, {"reference": "T-2", "settled_on": "2022-12-31"})
    assert (other.status_code, other.json()["type"]) == (409, "urn:huiji:problem:statement_differs")
    ledger = world.services.get("payout", "/ledger").json()["balances_fen"]
    assert ledger[f"insurers_contributions:{PLAN.id}"] == -due_fen
    assert ledger.get(f"insurers_receivable:{PLAN.id}", 0) == 0
    check = InsurerCheck({PLAN.id: PLAN})
    assert check.walk(in_stream(world, "coinsurer-a")) == []
    assert check.totals[PLAN.id].settled_fen == due_fen


def test_a_topic_that_was_lost_with_its_broker_is_told_again(world: PayoutWorld, broker: Broker) -> None:
    decision = a_shared_decision(world, "before-the-loss", 300_00)
    world.services.say("adjudication", decision)

    wait_until(lambda: decision.claim_id in claims_of(world, "lead"), "the part is borne")
    wait_until(lambda: topic_is_whole(world, "lead"), "all is told")
    broker.lose_everything()
    wait_until(lambda: topic_is_whole(world, "lead"), "all is told again")
