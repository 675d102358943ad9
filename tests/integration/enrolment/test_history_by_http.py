"""A person's stream as it was, by HTTP from the real process: equal to its own fold, and every look is recorded."""

from typing import Any
from urllib.parse import quote

import httpx2

from libs.eventlog import States
from libs.runtime.plain import SEALED, plain
from libs.testing.enrolling import a_coverage, a_number, enrol, history
from libs.testing.services import ServicesUnderTest
from services.enrolment.domain.state import evolve, initial

NEVER = "2020-01-01T00:00:00Z"


def a_person_with_two_coverages(services: ServicesUnderTest) -> tuple[str, str]:
    """Whose first coverage lapsed: three events."""
    number = a_number()
    answer = enrol(services, a_coverage(number)).json()
    person_id: str = answer["person_id"]
    lapse = {"lapsed_on": "2026-03-31", "reason": "moved_away"}
    path = f"/coverages/{answer['coverage_id']}/lapse"
    services.send("POST", "enrolment", path, lapse).raise_for_status()
    later = a_coverage(number, covered_from="2027-01-01", covered_to="2027-12-31")
    assert enrol(services, later).status_code == 201
    return person_id, f"person-{person_id}"


def ask(services: ServicesUnderTest, stream_id: str, what: str, **parameters: Any) -> httpx2.Response:
    query = "&".join(f"{name}={quote(str(value))}" for name, value in parameters.items())
    return services.get("enrolment", f"/streams/{stream_id}/{what}?{query}")


def told(services: ServicesUnderTest, stream_id: str, what: str, **parameters: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (
        ask(services, stream_id, what, by="r.chen", **parameters).raise_for_status().json()
    )
    return answer


def test_every_version_and_moment_is_the_fold_of_its_prefix(services: ServicesUnderTest) -> None:
    person_id, stream_id = a_person_with_two_coverages(services)
    events = history(services, person_id)
    assert [event.version for event in events] == [1, 2, 3]
    for upto in range(1, len(events) + 1):
        expected = plain(list(States("e", initial, evolve).follow(stream_id, events[:upto]))[-1])
        assert told(services, stream_id, "state", at_version=upto)["state"] == expected
        known_at = events[upto - 1].recorded_at.isoformat()
        assert told(services, stream_id, "state", known_at=known_at)["state"] == expected
    now = told(services, stream_id, "state")
    assert now["state"] == expected
    assert (now["version"], now["recorded_versions"]) == (3, 3)
    steps = told(services, stream_id, "steps")["steps"]
    assert [step["type"] for step in steps] == ["CoverageActivated", "CoverageLapsed", "CoverageActivated"]
    assert steps[-1]["state"] == expected


def test_what_is_in_effect_is_another_question_than_what_is_known(services: ServicesUnderTest) -> None:
    _, stream_id = a_person_with_two_coverages(services)
    in_march = told(services, stream_id, "state", at="2026-03-01T00:00:00Z")
    assert [cover["lapsed_on"] for cover in in_march["state"]["coverages"].values()] == [None]
    in_may = told(services, stream_id, "state", at="2026-05-01T00:00:00Z")
    assert [cover["lapsed_on"] for cover in in_may["state"]["coverages"].values()] == ["2026-03-31"]
    assert told(services, stream_id, "state", known_at=NEVER)["state"] is None
    assert told(services, stream_id, "state", at=NEVER)["state"] is None
    assert told(services, stream_id, "steps", known_at=NEVER)["steps"] == []


def test_seals_are_not_shown_and_every_look_is_recorded_before(services: ServicesUnderTest) -> None:
    _, stream_id = a_person_with_two_coverages(services)
    answer = ask(services, stream_id, "state", by="r.chen", why="appeal 7")
    assert "s1." not in answer.text
    assert SEALED in answer.text
    (reading,) = services.get("enrolment", f"/streams/{stream_id}/readings").json()
    assert (reading["reader"], reading["why"], reading["about"]) == ("r.chen", "appeal 7", stream_id)
    assert reading["what"].startswith("state ")
    assert reading["proven"] is False
    assert services.get("enrolment", f"/streams/{stream_id}/state?by=x", by="nobody").status_code == 401
    services.get("enrolment", f"/streams/{stream_id}/state?by=somebody-else", by="clerk").raise_for_status()
    newest, _ = services.get("enrolment", f"/streams/{stream_id}/readings").json()
    assert (newest["reader"], newest["proven"]) == ("clerk", True), "the token counts, not the name"


def test_who_does_not_say_who_they_are_is_shown_nothing(services: ServicesUnderTest) -> None:
    _, stream_id = a_person_with_two_coverages(services)
    assert ask(services, stream_id, "state").status_code == 422
    assert ask(services, "person-p_none", "state", by="x").status_code == 404
    assert ask(services, stream_id, "state", by="x", day="no-day").status_code == 422
    assert services.get("enrolment", f"/streams/{stream_id}/readings").json() == []
