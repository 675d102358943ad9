"""Fraud as its real process: claims and records in, scores and reviews out, verdicts by HTTP."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from libs.contracts.fraud import ClaimScored, CoverageStartNoted, ReviewConcluded, ReviewOpened
from libs.eventlog import States
from libs.testing.heard_events import (
    a_claim_corrected,
    a_claim_registered,
    a_claim_withdrawn,
    a_coverage_activated,
    a_person_erased,
    a_visit,
    person_numbered,
    records_attached,
    records_unavailable,
)
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.waiting import wait_until
from services.fraud.domain.features import features_of
from services.fraud.domain.state import evolve, initial

ANNA, BO, CARD_LENDER = person_numbered(1), person_numbered(2), person_numbered(3)
INVOICE = "a" * 64


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """Fraud with what it listens to, after some claims of three people."""
    with services_under_test(postgres, tmp_path_factory.mktemp("fraud")) as started:
        started.start_source("intake", "medical_data", "enrolment")
        started.start("fraud")
        started.say("enrolment", a_coverage_activated(person_id=ANNA))
        started.wait_for("fraud", CoverageStartNoted, 1)
        elsewhere = a_visit(date(2026, 5, 3), 4, hospital_id="H41050200777")
        started.say(
            "intake",
            a_claim_registered("honest", person_id=ANNA, invoice_digest=INVOICE),
            a_claim_registered("lent-1", person_id=CARD_LENDER),
            a_claim_registered("lent-2", person_id=CARD_LENDER, visit=elsewhere),
        )
        started.wait_until_heard("fraud", "intake")
        started.say("intake", a_claim_registered("copied", person_id=BO, invoice_digest=INVOICE))
        started.say(
            "medical_data",
            records_attached("honest", person_id=ANNA),
            records_unavailable("copied", person_id=BO),
            records_attached("lent-1", person_id=CARD_LENDER),
            records_attached("lent-2", person_id=CARD_LENDER),
        )
        started.wait_for("fraud", ClaimScored, 4)
        yield started


def test_an_honest_claim_is_clear_and_the_suspicious_are_reviewed_for_a_reason(
    services: ServicesUnderTest,
) -> None:
    scores = {event.claim_id: event for event in services.said("fraud", ClaimScored)}
    assert (scores["honest"].score, scores["honest"].outcome) == (0, "clear")
    assert [reason.rule_id for reason in scores["copied"].reasons] == ["repeated_invoice"]
    assert [reason.rule_id for reason in scores["lent-2"].reasons] == ["overlapping_stays"]
    reviewed = {event.claim_id for event in services.said("fraud", ReviewOpened)}
    assert {"copied", "lent-2"} <= reviewed
    assert "honest" not in reviewed


def test_features_of_a_replay_equal_those_of_the_events(services: ServicesUnderTest) -> None:
    states = States("fraud", initial, evolve)
    streams: dict[str, list[ClaimScored]] = {}
    log = sorted(services.log("fraud"), key=lambda recorded: (recorded.stream_id, recorded.version))
    for index, recorded in enumerate(log):
        event = recorded.decode()
        if isinstance(event, ClaimScored):
            before = [earlier for earlier in log[:index] if earlier.stream_id == recorded.stream_id]
            person = states.fold([recorded.stream_id], before)[recorded.stream_id].state
            assert features_of(person, event.claim_id).as_json() == event.features
            streams.setdefault(recorded.stream_id, []).append(event)
    assert sum(len(scored) for scored in streams.values()) >= 4


def test_reviews_are_listed_without_anything_personal(services: ServicesUnderTest) -> None:
    reviews = {review["claim_id"]: review for review in services.get("fraud", "/reviews").json()}
    assert reviews["lent-2"]["person_id"] == CARD_LENDER
    assert reviews["lent-2"]["reasons"][0]["evidence_en"] == "Overlaps another stay by 4 days"
    assert reviews["lent-2"]["verdict"] is None
    one = services.get("fraud", f"/reviews/{reviews['lent-2']['review_id']}").json()
    assert one == reviews["lent-2"]


def test_pages_of_reviews_follow_each_other(services: ServicesUnderTest) -> None:
    everything = services.get("fraud", "/reviews").json()
    first = services.get("fraud", "/reviews?limit=1").json()
    rest = services.get("fraud", f"/reviews?after={first[0]['review_id']}").json()
    assert first + rest == everything


def test_a_verdict_is_recorded_once_and_another_is_refused(services: ServicesUnderTest) -> None:
    (review,) = [row for row in services.get("fraud", "/reviews").json() if row["claim_id"] == "copied"]
    path = f"/reviews/{review['review_id']}/conclude"
    verdict = {"reviewer": "r.li", "verdict": "fraudulent", "reason_code": "invoice_forged"}
    first = services.send("POST", "fraud", path, verdict)
    assert (first.status_code, first.json()["verdict"]) == (200, "fraudulent")
    assert services.send("POST", "fraud", path, verdict).json() == first.json()
    refused = services.send("POST", "fraud", path, verdict | {"verdict": "legitimate"})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:huiji:problem:review_already_concluded"
    (concluded,) = services.said("fraud", ReviewConcluded)
    assert (concluded.claim_id, concluded.verdict) == ("copied", "fraudulent")
    listed = services.get("fraud", "/reviews?status=concluded").json()
    assert [row["claim_id"] for row in listed] == ["copied"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reviewer": "r.li", "verdict": "perhaps", "reason_code": "x"},
        {"reviewer": "Li Ming 李明", "verdict": "legitimate", "reason_code": "x"},
        {"reviewer": "r.li", "verdict": "legitimate", "reason_code": "She called me."},
    ],
)
def test_a_malformed_verdict_is_a_typed_problem(services: ServicesUnderTest, body: dict[str, str]) -> None:
    answer = services.send("POST", "fraud", "/reviews/any/conclude", body)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:huiji:problem:invalid_request"


def test_an_unknown_review_is_a_typed_problem(services: ServicesUnderTest) -> None:
    body = {"reviewer": "r.li", "verdict": "legitimate", "reason_code": "checked"}
    for answer in (
        services.get("fraud", "/reviews/nobody"),
        services.send("POST", "fraud", "/reviews/nobody/conclude", body),
    ):
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:huiji:problem:review_unknown"


def test_the_rules_in_force_are_shown_with_the_digest_that_scores_cite(services: ServicesUnderTest) -> None:
    rules = services.get("fraud", "/rules").json()
    assert len(rules["rules"]) == 10
    assert {event.rules_digest for event in services.said("fraud", ClaimScored)} == {rules["digest"]}


def test_a_second_announcement_and_a_restart_score_nothing_again(services: ServicesUnderTest) -> None:
    before = len(services.log("fraud"))
    services.stop("fraud")
    services.say("intake", a_claim_registered("honest", person_id=ANNA, invoice_digest=INVOICE))
    services.say("medical_data", records_attached("honest", person_id=ANNA))
    services.say("enrolment", a_person_erased(BO))
    services.start("fraud")
    services.wait_until_heard("fraud", "intake", "medical_data", "enrolment")
    assert len(services.log("fraud")) == before


def test_a_withdrawn_claims_invoice_is_free_again_and_its_review_is_dropped(
    services: ServicesUnderTest,
) -> None:
    invoice, visit = "b" * 64, a_visit(date(2025, 2, 1), 3)
    people = [person_numbered(number) for number in (11, 12, 13)]
    claims = [
        a_claim_registered(f"shared-{number}", person_id=person, invoice_digest=invoice, visit=visit)
        for number, person in enumerate(people)
    ]
    for claim in claims[:2]:
        services.say("intake", claim)
        services.wait_until_heard("fraud", "intake")
        services.say("medical_data", records_attached(claim.claim_id, person_id=claim.person_id))
    wait_until(lambda: "shared-1" in open_reviews(services), "the second is reviewed")
    for claim in claims[:2]:
        services.say("intake", a_claim_withdrawn(claim.claim_id, person_id=claim.person_id))
    wait_until(lambda: "shared-1" not in open_reviews(services), "its review is dropped")
    services.say("intake", claims[2])
    services.say("medical_data", records_attached("shared-2", person_id=people[2]))
    await_scores(services, "shared-2", 1)
    assert [(one.score, one.outcome) for one in scores_of(services, "shared-2")] == [(0, "clear")]


def test_a_review_of_a_corrected_content_is_outdated(services: ServicesUnderTest) -> None:
    person = person_numbered(21)
    inside = a_visit(date(2025, 3, 3), 2, hospital_id="H41050200777")
    for claim_id, visit in (("stays", a_visit(date(2025, 3, 1), 9)), ("inside", inside)):
        services.say("intake", a_claim_registered(claim_id, person_id=person, visit=visit))
        services.say("medical_data", records_attached(claim_id, person_id=person))
        await_scores(services, claim_id, 1)
    review = open_reviews(services)["inside"]
    elsewhere = a_visit(date(2025, 6, 1), 2)
    services.say("intake", a_claim_corrected("inside", person_id=person, visit=elsewhere))
    services.say("medical_data", records_attached("inside", person_id=person, revision=2))
    await_scores(services, "inside", 2)
    last = scores_of(services, "inside")[-1]
    assert (last.revision, last.outcome) == (2, "clear")
    assert "inside" not in open_reviews(services)
    verdict = {"reviewer": "r.li", "verdict": "fraudulent", "reason_code": "overlap"}
    refused = services.send("POST", "fraud", f"/reviews/{review['review_id']}/conclude", verdict)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:huiji:problem:review_outdated")
    shown = services.get("fraud", f"/reviews/{review['review_id']}").json()
    assert shown["dropped_at"] is not None


def open_reviews(services: ServicesUnderTest) -> dict[str, dict[str, Any]]:
    return {review["claim_id"]: review for review in services.get("fraud", "/reviews?limit=1000").json()}


def scores_of(services: ServicesUnderTest, claim_id: str) -> list[ClaimScored]:
    return [event for event in services.said("fraud", ClaimScored) if event.claim_id == claim_id]


def await_scores(services: ServicesUnderTest, claim_id: str, count: int) -> None:
    wait_until(lambda: len(scores_of(services, claim_id)) == count, f"{claim_id} is scored")
