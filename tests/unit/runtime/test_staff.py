"""Who is known as staff, and what a token proves."""

from pathlib import Path

import pytest
import yaml

from libs.runtime.problems import Problem
from libs.runtime.staff import (
    StaffFileUnusable,
    StaffOnFile,
    bearer_token,
    operator_desk,
    read_staff,
    token_hash,
)
from libs.testing.staff import a_staff, token_of
from services.operations.adapters.demo_staff import staff_of_platform


def test_a_role_is_proved_by_its_own_token() -> None:
    desk = operator_desk(a_staff())
    assert desk.operator(f"Bearer {token_of('li')}").id == "li"
    refusals = {
        (desk.operator, None): (401, "not_staff"),
        (desk.operator, f"Basic {token_of('li')}"): (401, "not_staff"),
        (desk.operator, "Bearer something"): (401, "not_staff"),
        (desk.approver, f"Bearer {token_of('li')}"): (403, "role_missing"),
        (desk.operator, f"Bearer {token_of('clerk')}"): (403, "role_missing"),
        (operator_desk(None).operator, f"Bearer {token_of('li')}"): (503, "staff_unknown"),
    }
    for (ask, shown), (status, code) in refusals.items():
        with pytest.raises(Problem) as refused:
            ask(shown)
        assert (refused.value.status, refused.value.body["type"]) == (status, f"urn:huiji:problem:{code}")


def test_two_names_with_one_token_are_not_two_people(tmp_path: Path) -> None:
    hashed = token_hash("one")
    for other in ({"id": "b", "token_sha256": hashed}, {"id": "A", "token_sha256": token_hash("two")}):
        document = {"staff": [{"id": "a", "token_sha256": hashed}, other]}
        (tmp_path / "staff.yaml").write_text(yaml.safe_dump(document))
        with pytest.raises(StaffFileUnusable, match="two members of staff have the same"):
            read_staff(tmp_path / "staff.yaml")


def test_a_platform_of_an_earlier_release_gets_the_operators_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "staff-tokens.json").write_text('{"examiner-01": "kept"}')
    earlier = {"staff": [{"id": "examiner-01", "tier": "examiner", "token_sha256": token_hash("kept")}]}
    (tmp_path / "staff.yaml").write_text(yaml.safe_dump(earlier))
    file = staff_of_platform(tmp_path)
    before = file.read_text()
    staff = read_staff(file)
    member = staff.member_with("kept")
    assert member is not None and member.id == "examiner-01"
    assert sum("approver" in one.roles for one in staff.staff) == 1
    assert sum("operator" in one.roles for one in staff.staff) == 2
    assert staff_of_platform(tmp_path).read_text() == before


def test_a_token_whose_line_is_gone_is_nobodys_and_a_broken_file_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.runtime.staff.LOOK_SECONDS", 0.0)
    file = tmp_path / "staff.yaml"
    leaked, other = (f"{{id: {one}, token_sha256: {token_hash(one)}}}" for one in ("leaked", "other"))
    file.write_text(f"staff: [{leaked}, {other}]")
    staff = StaffOnFile(file)
    assert staff.member_with("leaked") is not None
    for broken in ("staff: nobody", "staff: 2027-02-30", "staff: " + "[" * 2_000):
        file.write_text(broken)
        assert staff.member_with("leaked") is not None
    file.write_text(f"staff: [{other}]")
    assert staff.member_with("leaked") is None
    assert staff.member_with("other") is not None


def test_an_empty_token_is_none() -> None:
    assert [bearer_token(shown) for shown in ("Bearer ", "Bearer", "bearer x ", "Basic x", None)] == [
        None, None, "x", None, None,
    ]  # fmt: skip
