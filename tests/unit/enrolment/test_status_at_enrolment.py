"""A status is determined by the plan's own rule at enrolment, once; the evidence is kept nowhere."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from libs.benefits import plan_of
from libs.contracts import Event
from libs.contracts.enrolment import CoverageActivated
from services.enrolment.domain.commands import Activate
from services.enrolment.domain.errors import CoverageTermsDiffer
from services.enrolment.domain.person import decide
from services.enrolment.domain.state import Person, evolve, initial
from services.enrolment.domain.status import Evidence
from services.enrolment.entrypoints.requests import CoverageRequest

PERSON_ID = "p_" + "0" * 32
NOW = datetime(2022, 1, 1, tzinfo=UTC)
CANCER_BEFORE = {"diagnoses": [{"disease": "malignant_tumour", "day": "2021-06-01"}]}
HEALTHY: dict[str, Any] = {}


def asked(evidence: dict[str, Any] | None, **changes: Any) -> CoverageRequest:
    body: dict[str, Any] = {
        "person": {"name": "某人", "id_number": "11010519491231002X"},
        "plan_id": "anyang-2022",
        "covered_from": "2022-01-01",
        "covered_to": "2022-12-31",
        "scheme": "resident",
        "premium_fen": 95_00,
        "premium_payer": "self",
    }
    if evidence is not None:
        body["evidence"] = {"enrolled_on": "2021-12-20", **evidence}
    return CoverageRequest.model_validate_json(json.dumps(body | changes))


def activate(request: CoverageRequest) -> Activate:
    evidence = Evidence(plan_of(request.plan_id), request.history()) if request.evidence else None
    return Activate(PERSON_ID, request.terms(), "s1." + "0" * 32 + ".AAAA", "i1", NOW, evidence)


def person_after(*requests: CoverageRequest) -> Person:
    person = initial("")
    for request in requests:
        for event in decide(person, activate(request)):
            person = evolve(person, event)
    return person


def activated(person: Person, request: CoverageRequest) -> CoverageActivated:
    events: Sequence[Event] = decide(person, activate(request))
    (event,) = events
    assert isinstance(event, CoverageActivated)
    return event


def test_a_named_disease_before_cover_is_pre_existing_in_the_plans_words_and_not_in_the_persons() -> None:
    event = activated(initial(""), asked(CANCER_BEFORE))

    assert (event.pre_existing, event.status_source) == (True, "rule")
    assert event.pre_existing_reason == "五组特定既往症；健康参保后连续续保的不受影响"
    assert "malignant" not in event.model_dump_json()
    assert "2021-06-01" not in event.model_dump_json()


def test_without_a_named_disease_nobody_is_pre_existing() -> None:
    event = activated(initial(""), asked({"diagnoses": [{"disease": "gout", "day": "2020-01-01"}]}))

    assert (event.pre_existing, event.pre_existing_reason, event.status_source) == (False, None, "rule")


def test_without_evidence_the_status_is_as_stated() -> None:
    event = activated(initial(""), asked(None, pre_existing_classes=["severe"]))

    assert (event.pre_existing, event.pre_existing_classes, event.status_source) == (
        True,
        ("severe",),
        "stated",
    )


def test_who_joined_healthy_and_never_broke_off_is_immune() -> None:
    year_before = asked(None, covered_from="2021-01-01", covered_to="2021-12-31", plan_id="anyang-2022")
    renewal = asked(CANCER_BEFORE, continuous_years=2)

    assert not activated(person_after(year_before), renewal).pre_existing


def test_who_was_pre_existing_at_the_beginning_or_broke_off_is_not_immune() -> None:
    ill_before = asked(None, covered_from="2021-01-01", covered_to="2021-12-31", pre_existing=True)
    with_a_gap = asked(None, covered_from="2021-01-01", covered_to="2021-12-30")
    renewal = asked(CANCER_BEFORE, continuous_years=2)

    assert activated(person_after(ill_before), renewal).pre_existing
    assert activated(person_after(with_a_gap), renewal).pre_existing


def test_of_a_membership_older_than_the_log_the_evidence_says_how_it_began_and_the_log_overrules_it() -> None:
    older = asked({**CANCER_BEFORE, "joined_healthy": True}, continuous_years=3)
    ill_before = asked(None, covered_from="2021-01-01", covered_to="2021-12-31", pre_existing=True)

    assert not activated(initial(""), older).pre_existing
    assert activated(person_after(ill_before), older).pre_existing


def test_a_status_once_determined_stays_whatever_is_learnt_later() -> None:
    person = person_after(asked(HEALTHY))

    assert decide(person, activate(asked(HEALTHY))) == ()
    with pytest.raises(CoverageTermsDiffer, match="pre_existing"):
        decide(person, activate(asked(CANCER_BEFORE)))


@pytest.mark.parametrize(
    ("tier", "evidence", "pre_existing"),
    [
        (
            "regular",
            {"registrations": [{"benefit": "major_illness_outpatient", "first": "2024-01-01"}]},
            True,
        ),
        (
            "regular",
            {
                "registrations": [
                    {"benefit": "resident_major_illness", "first": "2020-01-01", "last": "2023-04-30"}
                ]
            },
            False,
        ),
        (
            "care",
            {
                "spending": [
                    {
                        "day": "2024-05-01",
                        "bucket": "self_funded",
                        "visit": "inpatient",
                        "amount_fen": 999_999,
                    }
                ]
            },
            False,
        ),
        (
            "care",
            {
                "spending": [
                    {
                        "day": "2024-05-01",
                        "bucket": "self_funded",
                        "visit": "inpatient",
                        "amount_fen": 500_000,
                    }
                ]
                * 2
            },
            True,
        ),
        ("new_citizen", {"sick_leaves": [{"first": "2025-01-02", "days": 19}]}, False),
        ("new_citizen", {"sick_leaves": [{"first": "2025-01-02", "days": 20}]}, True),
        ("regular", {"sick_leaves": [{"first": "2025-01-02", "days": 200}]}, False),
    ],
)
def test_each_version_of_a_plan_has_its_own_rule(
    tier: str, evidence: dict[str, Any], pre_existing: bool
) -> None:
    request = asked(
        {"enrolled_on": "2025-05-10", **evidence},
        plan_id="huhuibao-2025",
        tier=tier,
        covered_from="2025-07-01",
        covered_to="2026-06-30",
    )

    assert activated(initial(""), request).pre_existing is pre_existing


def test_evidence_beside_a_stated_status_is_refused() -> None:
    with pytest.raises(ValidationError, match="either evidence or the status"):
        asked(HEALTHY, pre_existing=True)


def test_evidence_is_in_no_representation_of_a_command() -> None:
    assert "malignant" not in repr(activate(asked(CANCER_BEFORE)))
