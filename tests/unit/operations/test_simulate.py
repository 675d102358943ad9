"""A load is the same for the same seed, of any size its people can have, and can be written instead of sent."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from libs.interop.national import parse_settlement
from libs.testing.staff import token_of
from services.operations.entrypoints.commands import app
from services.operations.use_cases.simulate import Load, TooFewPeople, write_load
from tests.unit.operations.served_platform import served

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


@pytest.mark.parametrize(
    ("path", "variable"),
    [
        ("/enrolment/coverages", "$HUIJI_STAFF_TOKEN"),
        ("/intake/settlements", "$HUIJI_HOSPITAL_TOKEN"),
    ],
)
def test_a_platform_that_asks_who_sends_is_answered_with_what_is_missing(
    path: str, variable: str, tmp_path: Path
) -> None:
    with served({}, tmp_path) as platform:
        platform.answers["POST", "/enrolment/coverages"] = (200, {"results": []})
        platform.answers["POST", path] = (401, {"title": "Who is asking is not known"})
        result = CliRunner().invoke(app, ["simulate", "--count", "2", "--platform", str(platform.file)])
    assert (result.exit_code, platform.asked[-1][1]) == (1, path)
    assert variable in result.stderr
    assert all(len(line) <= 80 for line in result.stderr.splitlines())


def test_a_local_platform_is_shown_the_token_of_its_made_up_operator(tmp_path: Path) -> None:
    with served({}, tmp_path) as platform:
        platform.answers["POST", "/enrolment/coverages"] = (403, {})
        CliRunner().invoke(app, ["simulate", "--count", "2", "--platform", str(platform.file)])
    assert platform.tokens == [f"Bearer {token_of('li')}"]


def test_a_staff_file_that_cannot_be_read_is_said_to_whoever_only_sends_or_looks(tmp_path: Path) -> None:
    with served({}, tmp_path) as platform:
        (tmp_path / "staff" / "staff.yaml").write_text("staff: [")
        result = CliRunner().invoke(app, ["simulate", "--count", "2", "--platform", str(platform.file)])
    assert (result.exit_code, result.stderr) == (1, "staff.yaml: ParserError\n")
