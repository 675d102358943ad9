"""Adjudication as its real process: killed at any moment it decides each claim once, and its log re-derives it all."""

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence

import pytest

from libs.contracts import Event
from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied, ClaimPended
from libs.testing.heard_events import a_visit, person_numbered
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.waiting import wait_until
from services.adjudication.domain.balances import by_year
from services.adjudication.domain.commands import Heard
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.state import Person, initial
from tests.unit.adjudication.heard_events import attached, covered, registered, scored
from tests.unit.adjudication.told_person import ToldPerson

SOURCES = ("intake", "enrolment", "medical_data", "fraud")


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """Adjudication and stand-ins for all it listens to."""
    with services_under_test(postgres, tmp_path_factory.mktemp("adjudication")) as started:
        started.reserve_ports("adjudication")
        started.start_source(*SOURCES)
        start_adjudication(started)
        yield started


def start_adjudication(services: ServicesUnderTest, pended_seconds: str = "3600") -> None:
    """By default no clock rings during a test, however slow the machine is."""
    services.start(
        "adjudication",
        {
            "HUIJI_INSTANCE": "adjudication-1",
            "HUIJI_ANSWER_SECONDS": "3600",
            "HUIJI_PENDED_SECONDS": pended_seconds,
        },
    )


def kill_adjudication(services: ServicesUnderTest) -> None:
    os.kill(services.pid("adjudication"), signal.SIGKILL)
    services.await_death("adjudication")


def facts_of(person_id: str, claims: int) -> dict[str, list[Event]]:
    """What each source says of a covered person with some claims."""
    ids = [f"{person_id}-{number}" for number in range(claims)]
    return {
        "enrolment": [covered(person_id, plan_id="huhuibao-2025")],
        "intake": [registered(claim_id, person_id, visit=a_visit(scheme="employee")) for claim_id in ids],
        "medical_data": [attached(claim_id, person_id) for claim_id in ids],
        "fraud": [scored(claim_id, person_id) for claim_id in ids],
    }


def without_moment(decision: ClaimAdjudicated) -> dict[str, object]:
    return decision.model_dump(exclude={"decided_at"})


def decided_in_peace(facts: dict[str, list[Event]], order: Sequence[str]) -> list[dict[str, object]]:
    """What the pure process decides when it hears the same, claims in this order."""
    told = ToldPerson()
    told.person = initial(f"person-{order[0].rpartition('-')[0]}")
    by_claim: dict[str, list[Heard]] = defaultdict(list)
    for source in ("intake", "medical_data", "fraud"):
        for event in facts[source]:
            by_claim[getattr(event, "claim_id")].append(event)  # type: ignore[arg-type]  # noqa: B009
    told.hears(*facts["enrolment"])  # type: ignore[arg-type]
    for claim_id in order:
        told.hears(*by_claim[claim_id])
    return [without_moment(decision) for decision in told.all(ClaimAdjudicated)]


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment_it_decides_as_in_peace_each_claim_once(
    services: ServicesUnderTest, seed: int
) -> None:
    choice = random.Random(seed)
    people = [person_numbered(100 * seed + number) for number in range(4)]
    facts = {person_id: facts_of(person_id, 5) for person_id in people}
    for source in choice.sample(SOURCES, len(SOURCES)):
        services.say(source, *(event for person_id in people for event in facts[person_id][source]))
        if choice.random() < 0.6:
            time.sleep(choice.uniform(0.0, 0.3))  # the moment of the fault
            kill_adjudication(services)
            start_adjudication(services)

    def decided() -> list[ClaimAdjudicated]:
        found = services.said("adjudication", ClaimAdjudicated)
        return [decision for decision in found if decision.person_id in people]

    wait_until(lambda: len(decided()) >= 20, "every claim is decided")
    services.wait_until_heard("adjudication", *SOURCES)
    assert len({decision.claim_id for decision in decided()}) == len(decided()) == 20
    for person_id in people:
        hers = [decision for decision in decided() if decision.person_id == person_id]
        in_peace = decided_in_peace(facts[person_id], [decision.claim_id for decision in hers])
        assert [without_moment(decision) for decision in hers] == in_peace
    assert services.query("adjudication", "select 1 from deadline") == []


def test_the_balances_it_answers_are_what_its_log_folds_to(services: ServicesUnderTest) -> None:
    before: dict[str, object] = {}
    people: dict[str, Person] = {}
    log = services.log("adjudication")
    for recorded in sorted(log, key=lambda recorded: (recorded.stream_id, recorded.version)):
        known = people.get(recorded.stream_id) or initial(recorded.stream_id)
        people[recorded.stream_id] = evolve(known, recorded.decode())
    for stream_id, person in people.items():
        answered = services.get(
            "adjudication", f"/people/{stream_id.removeprefix('person-')}/balances"
        ).json()
        folded = [
            {"plan_id": plan_id, "benefit_year": year, **usage.model_dump(mode="json")}
            for (plan_id, year), usage in by_year(decision for _, decision in person.adjudicated()).items()
        ]
        assert answered == folded
        before[stream_id] = answered
    kill_adjudication(services)
    start_adjudication(services)
    for stream_id, answered in before.items():
        path = f"/people/{stream_id.removeprefix('person-')}/balances"
        assert services.get("adjudication", path).json() == answered
    assert len(services.log("adjudication")) == len(log)


def test_a_clock_rings_once_also_when_it_rang_while_nobody_listened(services: ServicesUnderTest) -> None:
    kill_adjudication(services)
    start_adjudication(services, pended_seconds="1")
    person_id = person_numbered(900)
    services.say("intake", registered("uncovered", person_id))
    services.say("medical_data", attached("uncovered", person_id))
    services.say("fraud", scored("uncovered", person_id))
    wait_until(
        lambda: "uncovered" in [pend.claim_id for pend in services.said("adjudication", ClaimPended)],
        "the claim waits for a coverage",
    )
    kill_adjudication(services)
    start_adjudication(services)
    (denied,) = services.wait_for("adjudication", ClaimDenied, 1)
    assert (denied.claim_id, denied.reason) == ("uncovered", "no_coverage")
    assert services.query("adjudication", "select 1 from deadline") == []
