"""Servers for tests are tried in order, and why better ones were passed over is told."""

import pytest

from libs.testing.choice import NoWayAvailable, WayUnavailable, first_available, with_reasons


def unavailable() -> str:
    raise WayUnavailable("no engine here")


def test_the_first_way_that_works_is_taken_with_the_reasons_against_those_before() -> None:
    ways = {"docker": unavailable, "apache": lambda: "apache", "embedded": lambda: "embedded"}
    assert first_available(ways, None) == ("apache", ["docker: no engine here"])


def test_a_wanted_way_is_taken_alone() -> None:
    ways = {"apache": lambda: "apache", "embedded": lambda: "embedded"}
    assert first_available(ways, "embedded") == ("embedded", [])


def test_a_wanted_way_that_does_not_work_is_not_replaced_by_another() -> None:
    with pytest.raises(NoWayAvailable, match="docker: no engine here"):
        first_available({"docker": unavailable, "embedded": lambda: "embedded"}, "docker")


def test_an_unknown_way_names_the_known_ones() -> None:
    with pytest.raises(NoWayAvailable, match="'kafka' is not one of docker, embedded"):
        first_available({"docker": unavailable, "embedded": lambda: "embedded"}, "kafka")


def test_reasons_stand_behind_what_is_used() -> None:
    assert with_reasons("the wheel", ["docker: no engine here"]) == "the wheel [docker: no engine here]"
    assert with_reasons("the wheel", []) == "the wheel"
