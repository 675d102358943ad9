"""A load is the same for the same seed, of any size its people can have, and can be written instead of sent."""

from dataclasses import replace
from pathlib import Path

import pytest

from libs.interop.national import parse_settlement
from services.operations.use_cases.simulate import Load, TooFewPeople, write_load

LOAD = Load(seed=7, count=40, people=50, fraud_share_bp=0, rate=0, enrol=True)


def test_the_same_seed_gives_the_same_discharges_and_another_gives_others() -> None:
    assert LOAD.submissions() == LOAD.submissions()
    assert LOAD.submissions() != replace(LOAD, seed=8).submissions()


def test_everyone_who_is_discharged_is_in_the_population() -> None:
    people = {one.person.id_number for one in LOAD.population()}
    assert {submission.person.id_number for submission in LOAD.submissions()} <= people


def test_more_discharges_than_the_people_can_have_is_refused() -> None:
    with pytest.raises(TooFewPeople, match="add people"):
        replace(LOAD, count=5_000).submissions()


def test_what_is_written_are_national_settlements_that_intake_reads(tmp_path: Path) -> None:
    path = tmp_path / "load.ndjson"
    assert write_load(LOAD, path) == LOAD.count
    read = [parse_settlement(line) for line in path.read_bytes().splitlines()]
    assert [one.submission_id for one in read] == [one.submission_id for one in LOAD.submissions()]
