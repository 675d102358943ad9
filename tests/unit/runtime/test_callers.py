"""Who calls for a hospital is known by a token's hash, while it counts; the file may change while a service runs."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest
from starlette.requests import Request

from libs.runtime.callers import (
    Caller,
    CallersUnusable,
    Holders,
    HospitalCallerFile,
    read_hospital_callers,
    read_inside_callers,
)
from libs.runtime.doors import TURNED_AWAY, CallerRefused, HospitalDoor, LookingDoor
from libs.runtime.metrics import new_registry
from libs.runtime.staff import token_hash
from libs.runtime.watched_file import WatchedFile
from libs.testing.staff import a_staff, token_of
from services.operations.adapters.demo_callers import (
    REGIONAL,
    callers_of_platform,
    hospital_token,
    services_of_platform,
)

GUIDE = Path(__file__).parents[3] / "docs" / "hospital-guide.md"
NOW = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
MIDNIGHT_IN_SHANGHAI = datetime(2026, 11, 30, 16, tzinfo=UTC)


def a_file(path: Path, tokens: str, extra: str = "") -> Path:
    path.write_text(f"callers:\n  - id: people-1\n    hospitals: [H1, H2]\n    tokens: [{tokens}]\n{extra}")
    return path


def a_token(token: str, **when: str) -> str:
    terms = "".join(f", {name}: {value}" for name, value in when.items())
    return f"{{sha256: {token_hash(token)}{terms}}}"


def watched(path: Path) -> WatchedFile[Holders]:
    return WatchedFile(path, read_hospital_callers, CallersUnusable, "hospital_callers")


def a_request(token: str | None) -> Request:
    headers = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
    return Request({"type": "http", "headers": headers, "method": "GET", "path": "/"})


def passes(door: HospitalDoor | LookingDoor, token: str | None) -> Caller | None:
    return asyncio.run(door(a_request(token)))


def refusal(door: HospitalDoor | LookingDoor, token: str | None) -> CallerRefused:
    with pytest.raises(CallerRefused) as refused:
        passes(door, token)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer ")
    assert token is None or token not in str(refused.value.body) + str(refused.value.headers)
    return refused.value


def test_two_tokens_of_a_caller_let_the_next_come_before_the_present_goes(tmp_path: Path) -> None:
    present, following = a_token("present", expires="2026-12-01"), a_token("next", not_before='"2026-12-01"')
    file = watched(a_file(tmp_path / "callers.yaml", f"{present}, {following}"))
    before, after = HospitalDoor(file, lambda: NOW), HospitalDoor(file, lambda: MIDNIGHT_IN_SHANGHAI)
    shown = passes(before, "present")
    assert shown is not None
    assert (shown.id, shown.speaks_for("H2"), shown.speaks_for("H3")) == ("people-1", True, False)
    assert refusal(before, "next").body["type"].endswith("token_not_yet")
    assert passes(after, "next") == shown
    assert refusal(after, "present").body["type"].endswith("token_expired")


def test_no_token_and_nobodys_token_are_refused_and_counted(tmp_path: Path) -> None:
    door = HospitalDoor(watched(a_file(tmp_path / "callers.yaml", a_token("mine"))), lambda: NOW)
    registry = new_registry([TURNED_AWAY])
    assert refusal(door, None).body["type"].endswith("token_missing")
    assert refusal(door, "another").body["type"].endswith("token_unknown")
    assert 'huiji_callers_turned_away_total{code="token_unknown"}' in generate_latest(registry).decode()


def test_where_no_file_is_named_everybody_passes_unproven() -> None:
    assert passes(HospitalDoor(None, lambda: NOW), None) is None


def test_an_operator_looks_at_any_hospitals_and_other_staff_at_none(tmp_path: Path) -> None:
    hospitals = HospitalDoor(watched(a_file(tmp_path / "callers.yaml", a_token("mine"))), lambda: NOW)
    door = LookingDoor(hospitals, a_staff())
    looking = passes(door, token_of("li"))
    assert looking is not None
    assert (looking.id, looking.speaks_for("H9")) == ("li", True)
    assert passes(door, "mine") == passes(hospitals, "mine")
    refusal(door, token_of("clerk"))
    refusal(hospitals, token_of("li"))


def test_a_changed_file_counts_and_a_broken_one_leaves_the_old(tmp_path: Path) -> None:
    path = a_file(tmp_path / "callers.yaml", a_token("old"))
    file = watched(path)
    door = HospitalDoor(file, lambda: NOW)
    a_file(path, "{sha256: nonsense}")
    asyncio.run(file.look())
    assert passes(door, "old") is not None
    assert "huiji_hospital_callers_broken 1.0" in generate_latest(new_registry([file])).decode()
    a_file(path, a_token("new, and longer"))
    asyncio.run(file.look())
    assert not file.broken
    assert passes(door, "new, and longer") is not None
    refusal(door, "old")


def test_a_file_that_could_not_be_read_counts_as_soon_as_it_can(tmp_path: Path) -> None:
    path = a_file(tmp_path / "callers.yaml", a_token("leaked"))
    readable = [True]

    def read(path: Path) -> Holders:
        if not readable[0]:
            raise CallersUnusable("callers.yaml: PermissionError")
        return read_hospital_callers(path)

    file = WatchedFile(path, read, CallersUnusable, "hospital_callers")
    a_file(path, a_token("another"))
    readable[0] = False
    asyncio.run(file.look())
    assert file.broken
    readable[0] = True
    before = path.stat().st_ctime_ns
    while path.stat().st_ctime_ns == before:  # the file system's clock ticks every few milliseconds
        path.chmod(0o640)
    asyncio.run(file.look())
    refusal(HospitalDoor(file, lambda: NOW), "leaked")


@pytest.mark.parametrize(
    ("tokens", "extra"),
    [
        (a_token("t", expires="2027-02-30"), ""),
        (f"{a_token('t')}, {a_token('t')}", ""),
        (a_token("t", not_before="2026-12-01", expires="2026-12-01"), ""),
        (a_token("t", expires="2026-12-01T00:00:00"), ""),
        (a_token("t", expires='"2026-13-01"'), ""),
        (a_token("t"), "  - {id: PEOPLE-1, hospitals: [H3], tokens: []}\n"),
        (a_token("t"), f"  - {{id: other, hospitals: [H3], tokens: [{a_token('t')}]}}\n"),
        (a_token("t"), "  - {id: other, hospitals: [], tokens: []}\n"),
    ],
)
def test_a_file_that_could_mean_two_things_is_refused_without_being_quoted(
    tmp_path: Path, tokens: str, extra: str
) -> None:
    with pytest.raises(CallersUnusable) as refused:
        read_hospital_callers(a_file(tmp_path / "callers.yaml", tokens, extra))
    assert token_hash("t") not in str(refused.value)


def test_a_local_platform_makes_its_callers_once_and_keeps_their_tokens_to_itself(tmp_path: Path) -> None:
    file = callers_of_platform(tmp_path)
    assert (tmp_path / "hospital-tokens.json").stat().st_mode & 0o777 == 0o600
    region, hospital = hospital_token(file), hospital_token(file, "H37070200301")
    assert region is not None and hospital is not None
    holders = read_hospital_callers(file)
    assert holders[token_hash(region)].caller.id == REGIONAL
    assert holders[token_hash(hospital)].caller == Caller("H37070200301", frozenset({"H37070200301"}))
    assert region not in file.read_text()
    before = file.read_text()
    assert callers_of_platform(tmp_path).read_text() == before


def test_a_desk_added_to_the_services_stays_at_the_next_start_and_a_deleted_token_does_not(
    tmp_path: Path,
) -> None:
    file = services_of_platform(tmp_path, ["intake"])
    hall = (
        f"- id: service-hall\n  passes: desk\n  tokens: [{a_token('hall', expires='2099-01-01T00:00:00Z')}]\n"
    )
    file.write_text(file.read_text() + hall)
    before = read_inside_callers(file)
    (tmp_path / "service-tokens" / "intake").unlink()
    services_of_platform(tmp_path, ["intake", "fraud"])
    holders = read_inside_callers(file)
    callers = sorted((one.caller.id, one.caller.passes) for one in holders.values())
    assert callers == [("fraud", "inside"), ("intake", "inside"), ("service-hall", "desk")]
    assert holders.keys() & before.keys() == {token_hash("hall")}
    written = file.read_text()
    assert services_of_platform(tmp_path, ["intake", "fraud"]).read_text() == written


def test_the_form_that_the_guide_prints_is_read() -> None:
    (printed,) = re.findall(r"```yaml\n(callers:.*?)```", GUIDE.read_text(), re.DOTALL)
    (caller,) = HospitalCallerFile.model_validate(yaml.safe_load(printed)).callers
    present, following = caller.tokens
    assert present.expires is not None and following.not_before is not None
    assert following.not_before < present.expires


def test_every_request_to_intake_that_the_guide_prints_shows_a_token() -> None:
    printed = GUIDE.read_text().replace(" \\\n", " ")
    calls = [line for line in printed.splitlines() if "curl " in line and ":8101/" in line]
    assert len(calls) > 10
    assert [line for line in calls if '-H "$AUTH"' not in line and "/fhir/metadata" not in line] == []
