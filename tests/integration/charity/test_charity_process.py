"""Charity as its real process: decisions in, referrals out, once, also across a restart."""

from collections.abc import Iterator

import pytest

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated
from libs.contracts.charity import BurdenNoted, BurdenWithdrawn, GroupsNoted, ReferralMade
from libs.testing.heard_events import (
    a_claim_adjudicated,
    a_claim_denied,
    a_coverage_activated,
    a_person_erased,
    person_numbered,
)
from libs.testing.postgres import PostgresUnderTest
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.waiting import wait_until

RICH, POOR, ANEW = person_numbered(1), person_numbered(2), person_numbered(3)


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """Charity with what it listens to, after some decisions of two people."""
    with services_under_test(postgres, tmp_path_factory.mktemp("charity")) as started:
        started.start_source("adjudication", "enrolment")
        started.start("charity")
        started.say(
            "enrolment",
            a_coverage_activated("of-rich", person_id=RICH),
            a_coverage_activated("of-poor", person_id=POOR, groups=("poverty",)),
        )
        started.wait_for("charity", GroupsNoted, 2)
        started.say(
            "adjudication",
            a_claim_adjudicated("rich-1", patient_bears_fen=1_000_000, person_id=RICH),
            a_claim_adjudicated("poor-1", patient_bears_fen=1_000_000, person_id=POOR),
            a_claim_denied("rich-2", reason="no_coverage", patient_bears_fen=5_000_000, person_id=RICH),
        )
        started.wait_for("charity", BurdenNoted, 3)
        yield started


def test_who_passes_a_threshold_is_referred(services: ServicesUnderTest) -> None:
    made = {event.claim_id: event for event in services.said("charity", ReferralMade)}
    assert made.keys() == {"poor-1", "rich-2"}
    assert (made["poor-1"].programme_id, made["poor-1"].suggested_aid_fen) == ("poverty-relief", 300_000)
    assert made["rich-2"].programme_id == "critical-illness-relief"
    assert made["rich-2"].suggested_aid_fen == 400_000
    assert made["rich-2"].remaining_burden_fen == 6_000_000


def test_a_referral_names_the_decision_it_followed_from_as_its_cause(services: ServicesUnderTest) -> None:
    decisions = {recorded.event_id: recorded for recorded in services.log("adjudication")}
    causes = [recorded.caused_by for recorded in services.log("charity") if recorded.type == "ReferralMade"]
    assert causes
    assert all(cause in decisions for cause in causes)


def test_referrals_are_listed_by_programme_and_page(services: ServicesUnderTest) -> None:
    everything = services.get("charity", "/referrals").json()
    assert [row["claim_id"] for row in everything if row["person_id"] == POOR] == ["poor-1"]
    first = services.get("charity", "/referrals?limit=1").json()
    rest = services.get("charity", f"/referrals?after={first[0]['number']}").json()
    assert first + rest == everything
    only = services.get("charity", "/referrals?programme_id=critical-illness-relief").json()
    assert [row["claim_id"] for row in only] == ["rich-2"]


def test_an_unknown_programme_is_a_typed_problem(services: ServicesUnderTest) -> None:
    answer = services.get("charity", "/referrals?programme_id=nobody")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:huiji:problem:programme_unknown"


def test_programmes_are_shown_with_the_digest_that_referrals_cite(services: ServicesUnderTest) -> None:
    shown = {item["id"]: item["digest"] for item in services.get("charity", "/programmes").json()}
    for referral in services.said("charity", ReferralMade):
        assert shown[referral.programme_id] == referral.programme_digest


def test_a_restart_and_a_second_announcement_refer_nobody_again(services: ServicesUnderTest) -> None:
    before = services.said("charity", ReferralMade)
    services.stop("charity")
    services.say(
        "adjudication",
        a_claim_adjudicated("poor-1", patient_bears_fen=1_000_000, person_id=POOR),
        a_claim_adjudicated("poor-2", patient_bears_fen=200_000, person_id=POOR),
    )
    services.start("charity")
    services.wait_for("charity", BurdenNoted, 4)
    added = [event for event in services.said("charity", ReferralMade) if event not in before]
    assert [(event.claim_id, event.suggested_aid_fen) for event in added] == [("poor-2", 120_000)]
    assert added[0].aid_suggested_before_fen == 300_000


def test_a_claim_decided_anew_or_withdrawn_takes_its_referral_along(services: ServicesUnderTest) -> None:
    first = a_claim_adjudicated("redecided", patient_bears_fen=6_000_000, person_id=ANEW)
    less = a_claim_adjudicated(
        "redecided", patient_bears_fen=5_500_000, person_id=ANEW, decision_id="d2", number=2
    )
    services.say("adjudication", first, a_reversal(first, replaced_by="d2"), less)
    services.wait_until_heard("charity", "adjudication")
    before, after = [event for event in services.said("charity", BurdenNoted) if event.person_id == ANEW]
    assert (before.burden_fen, after.burden_fen) == (6_000_000, 5_500_000)
    (row,) = [row for row in services.get("charity", "/referrals").json() if row["person_id"] == ANEW]
    assert row["revised_at"] is not None
    assert row["remaining_burden_fen"] == 5_500_000
    services.say("adjudication", a_reversal(less, replaced_by=None))
    services.wait_until_heard("charity", "adjudication")
    assert [event.burden_fen for event in services.said("charity", BurdenWithdrawn)] == [0]
    assert ANEW not in services.get("charity", "/referrals").text
    everything = services.get("charity", "/referrals?withdrawn=true").json()
    assert [row["suggested_aid_fen"] for row in everything if row["person_id"] == ANEW] == [0]


def a_reversal(decision: ClaimAdjudicated, replaced_by: str | None) -> AdjudicationReversed:
    return AdjudicationReversed(
        person_id=decision.person_id,
        claim_id=decision.claim_id,
        decision_id=decision.decision_id,
        number=decision.number,
        replaced_by=replaced_by,
        reason="claim_corrected" if replaced_by else "claim_withdrawn",
        hospital_id=decision.hospital_id,
        plan_id=decision.plan_id,
        benefit_year=decision.benefit_year,
        plan_pays_fen=decision.plan_pays_fen,
        cash_benefits_fen=0,
        usage_released={},
        pool_shares=(),
        received_at=decision.received_at,
        reversed_at=decision.decided_at,
    )


def test_an_erased_person_leaves_the_list(services: ServicesUnderTest) -> None:
    services.say("enrolment", a_person_erased(RICH))
    wait_until(
        lambda: RICH not in services.get("charity", "/referrals").text, "the erased person left the list"
    )
