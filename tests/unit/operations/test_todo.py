"""What waits for a person is one list: of the claims' read model, of approvals, and of parked events."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.operations.entrypoints.commands import app
from services.operations.entrypoints.todo import WHAT_TO_DO
from tests.unit.operations.printed_commands import parse
from tests.unit.operations.served_platform import ServedPlatform, served

SINCE = "2026-03-02T08:00:00+00:00"
UNPAYABLE = {
    "kind": "unpayable", "owner": "operator", "what": "pay-1", "claim_id": "c-1", "person_id": "p_1", "since": SINCE,
    "due_at": None, "amount_fen": 60_000,
}  # fmt: skip
PARKED = {"reason": "event_unreadable", "events": 3, "subjects": 2}
PLACE = {"shard": 3, "position": 41}
PATCH = {
    "proposal": 2, "event_type": "ClaimScored", "about": "claim-c", "proposed_by": "op-1",
    "proposed_at": SINCE, **PLACE,
}  # fmt: skip


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ServedPlatform]:
    with served({}, tmp_path) as platform:
        platform.answers["GET", "/projections/operator/todo"] = (200, [])
        yield platform


def todo(platform: ServedPlatform, *more: str) -> Result:
    words = ["todo", "--platform", str(platform.file), *more]
    return CliRunner().invoke(app, words, env={"NO_COLOR": "1"})


def test_claims_approvals_and_parked_events_are_told_with_what_to_do(platform: ServedPlatform) -> None:
    platform.answers["GET", "/projections/operator/todo"] = (200, [UNPAYABLE])
    platform.answers["GET", "/payout/parked/reasons"] = (200, [PARKED])
    platform.answers["GET", "/fraud/amendments"] = (200, [PATCH])
    platform.answers["GET", "/adjudication/parked"] = (
        200,
        [{**PLACE, "subject": "claim-c", "source": "fraud"}],
    )
    told = todo(platform).stdout
    for words in ("600.00", "2026-03-02T16:00:00", "huiji pay-again", "3 events of 2 subjects at payout"):
        assert words in told
    assert 'huiji parked approve claim-c --service adjudication --proposal 2 --why "…"' in told
    document = json.loads(todo(platform, "--json").stdout)
    assert (document["claims"], document["parked"]) == ([UNPAYABLE], [{"service": "payout", **PARKED}])
    assert [each["by"] for each in document["approvals"]] == ["op-1"]


def test_each_printed_command_is_one_that_the_command_line_takes(
    platform: ServedPlatform, tmp_path: Path
) -> None:
    account = tmp_path / "account.json"
    account.write_text("{}")
    platform.answers["GET", "/projections/operator/todo"] = (
        200,
        [UNPAYABLE | {"kind": kind} for kind in WHAT_TO_DO],
    )
    platform.answers["GET", "/fraud/amendments"] = (200, [PATCH, PATCH | {"position": 42}])
    platform.answers["GET", "/adjudication/parked"] = (
        200,
        [{**PLACE, "subject": "claim-c", "source": "fraud"}],
    )
    platform.answers["GET", "/projections/read-models"] = (200, [{"status": "live", "current": False}])
    said = todo(platform)
    assert "POST /amendments/3/42/approve at fraud" in said.stdout, "nobody has it parked"
    printed = re.findall(r"`(huiji [^`]+)`", said.stdout + said.stderr)
    assert len(printed) == len(re.findall("huiji ", said.stdout + said.stderr)) == 6
    for line in printed:
        parse(line, {"FILE": account})


def test_an_owner_sees_what_waits_for_them(platform: ServedPlatform) -> None:
    platform.answers["GET", "/payout/parked/reasons"] = (200, [PARKED])
    assert "Nothing waits for a person." in todo(platform, "--owner", "hospital").stdout
    asked = [path for _, path, _ in platform.asked if "todo" in path]
    assert asked == ["/projections/operator/todo?owner=hospital&after=0&limit=1000"]
    assert todo(platform, "--owner", "nobody").exit_code == 2


def test_a_long_list_is_read_page_by_page(platform: ServedPlatform) -> None:
    pages = iter([[UNPAYABLE] * 1_000, [UNPAYABLE]])
    answer = platform.answer

    def paged(method: str, path: str, body: object) -> tuple[int, bytes]:
        if "/operator/todo" in path:
            platform.answers["GET", "/projections/operator/todo"] = (200, next(pages))
        return answer(method, path, body)

    platform.answer = paged  # type: ignore[method-assign]
    assert len(json.loads(todo(platform, "--json").stdout)["claims"]) == 1_001


def test_a_read_model_of_another_version_is_told_of(platform: ServedPlatform) -> None:
    row = {"model": "claims", "status": "live", "current": True}
    old = {"model": "claims", "status": "retired", "current": False}
    platform.answers["GET", "/projections/read-models"] = (200, [old, row])
    assert todo(platform).stderr == ""
    assert json.loads(todo(platform, "--json").stdout)["outdated"] is False
    platform.answers["GET", "/projections/read-models"] = (200, [row | {"current": False}])
    assert "huiji rebuild claims" in todo(platform).stderr
    assert json.loads(todo(platform, "--json").stdout)["outdated"] is True


def test_where_reading_is_limited_who_shows_no_token_is_told_which_one_is_shown(
    platform: ServedPlatform,
) -> None:
    unknown = {"title": "Who is asking is not known", "detail": "Send a token."}
    platform.answers["GET", "/projections/operator/todo"] = (401, unknown)
    refused = todo(platform)
    assert (refused.exit_code, "$HUIJI_STAFF_TOKEN" in refused.stderr) == (1, True)
