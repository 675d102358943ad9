"""`huiji access claim` replays policy, consents and the claim to a moment."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from libs.contracts import encode
from libs.contracts.access import AccessPolicyAdopted, ConsentGiven, ConsentRevoked
from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.intake import ClaimRegistered
from libs.contracts.sampling import sample_of
from libs.contracts.story import STORY
from services.operations.entrypoints.commands import app
from tests.unit.operations.served_platform import ServedPlatform, served

CLAIM = STORY["claim_id"]
GIVEN, REVOKED, LATER = "2026-03-15T08:40:00+00:00", "2026-05-04T01:30:00+00:00", "2026-06-01T00:00:00+00:00"


def a_step(
    kind: type[ClaimRegistered] | type[ClaimAdjudicated], source: str, position: int
) -> dict[str, Any]:
    return {
        "source": source, "shard": 0, "position": position, "stream_id": f"claim-{CLAIM}", "version": 1,
        "event_id": f"{source}-{position}", "caused_by": None, "type": kind.__name__, "schema_version": 1,
        "subject": f"claim-{CLAIM}", "recorded_at": GIVEN, "known_from": GIVEN, "effective_from": GIVEN,
        "event": json.loads(encode(sample_of(kind))), "state": {},
    }  # fmt: skip


def told(
    event: AccessPolicyAdopted | ConsentGiven | ConsentRevoked, known: str, since: str
) -> dict[str, Any]:
    body = json.loads(encode(event))
    return {"type": type(event).__name__, "event": body, "known_from": known, "effective_from": since}


def prepare(platform: ServedPlatform) -> None:
    """A claim whose pool the story's insurer is in; its consent was revoked in May, which was known in June only."""
    share = {"insurer": "coinsurer-a", "share_bp": 10_000, "amount_fen": 600_000}
    decided = a_step(ClaimAdjudicated, "adjudication", 2)
    decided["event"]["pool_shares"] = [share]
    for service, step in (("intake", a_step(ClaimRegistered, "intake", 1)), ("adjudication", decided)):
        answer = {"source": service, "steps": [step], "left_off": False, "claim_days": {}}
        platform.answers["GET", f"/{service}/streams/claim-{CLAIM}/steps"] = (200, answer)
    given, revoked = sample_of(ConsentGiven), sample_of(ConsentRevoked)
    assert isinstance(given, ConsentGiven) and isinstance(revoked, ConsentRevoked)
    policy = sample_of(AccessPolicyAdopted)
    assert isinstance(policy, AccessPolicyAdopted)
    records = {
        "policies": [told(policy, "2026-02-20T02:15:00+00:00", "2026-03-01T00:00:00+08:00")],
        "consents": {STORY["person_id"]: [told(given, GIVEN, GIVEN), told(revoked, LATER, REVOKED)]},
    }
    platform.answers["POST", "/enrolment/access/records"] = (200, records)
    read: dict[str, Any] = {
        "view": "claim_status",
        "fields": ["bill_fen"],
        "edition": 2,
        "consents": [STORY["consent_id"]],
    }
    read |= {"reader": "insurer:coinsurer-a", "claim_id": CLAIM}
    whole = [read | {"read_at": moment} for moment in ("2026-05-25T00:00:00+00:00", "2026-05-02T00:00:00Z")]

    def until(query: dict[str, list[str]]) -> list[dict[str, Any]]:
        last = datetime.fromisoformat(query["until"][0])
        return [one for one in whole if datetime.fromisoformat(one["read_at"]) <= last]

    platform.answers["GET", "/projections/access/readings"] = (200, until)


@pytest.mark.parametrize(
    ("moment", "views", "read"),
    [
        (("--at", "2026-03-10T00:00Z"), {"insurer_share"}, 0),
        (("--at", "2026-05-20T00:00Z"), {"insurer_share", "claim_status"}, 1),
        (("--at", "2026-05-20T00:00Z", "--known-at", "now"), {"insurer_share"}, 2),
        (("--at", "2026-06-02T00:00Z"), {"insurer_share"}, 2),
        (("--at", "2026-02-20T00:00Z"), set(), 0),
    ],
)
def test_it_is_answered_by_what_held_and_was_known_then(
    tmp_path: Path, moment: tuple[str, ...], views: set[str], read: int
) -> None:
    with served({}, tmp_path) as platform:
        prepare(platform)
        words = ["access", "claim", CLAIM, "--who", "insurer:coinsurer-a", *moment, "--json"]
        done = CliRunner().invoke(app, [*words, "--platform", str(platform.file)], env={"NO_COLOR": "1"})
    assert done.exit_code == (0 if views else 1), done.output
    found = json.loads(done.stdout)
    assert set(found["views"]) == views
    assert found["edition"] == (2 if views else None)
    assert len(found["readings"]) == read, "what was read by then, also when it could not be read any more"


def test_it_is_said_by_which_edition_rule_and_consent(tmp_path: Path) -> None:
    with served({}, tmp_path) as platform:
        prepare(platform)
        words = ["access", "claim", CLAIM, "--who", "insurer:coinsurer-a", "--at", "2026-05-20"]
        done = CliRunner().invoke(app, [*words, "--platform", str(platform.file)], env={"COLUMNS": "200"})
        asked = [query for _, query, _ in platform.asked if "/steps" in query]
    assert all("known_at=2026-05-20" in query for query in asked if "known_at" in query)
    for word in ("by edition 2", "insurer-claim", STORY["consent_id"], "none needed"):
        assert word in done.stdout


def test_a_reader_is_a_kind_and_an_id(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["access", "claim", CLAIM, "--who", "journalist:x", "--platform", str(tmp_path)]
    )
    assert done.exit_code == 2
    assert "KIND:ID" in done.output
