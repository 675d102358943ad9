"""Which claims' bodies go: only of closed ones, by whole streams; and who may say so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from libs.contracts import Event
from libs.contracts.operations import ArchivingFinished, ArchivingPlanned
from libs.eventlog.archive_check import Checked
from libs.eventlog.archived import DIRECTORY_VARIABLE
from libs.eventlog.bringing_back import Misfit
from services.operations.domain.archiving import (
    SHARED,
    SINCE,
    UNKNOWN,
    Archiving,
    ArchivingBegun,
    ArchivingNeedsAnother,
    ArchivingNotApproved,
    ArchivingOver,
    ArchivingUnknown,
    CutOffAhead,
    Part,
    approve,
    choose,
    evolve,
    reasons,
    start,
    withdraw,
)
from services.operations.entrypoints.archive_showing import print_check
from services.operations.entrypoints.commands import app
from services.operations.use_cases.read_approvals import archivings_to_approve

CUT_OFF = datetime(2027, 1, 1, tzinfo=UTC)
NOW = CUT_OFF + timedelta(days=200)


def a_part(claim: str = "a", stream: str = "person-p", *, days: int = -1, **changes: object) -> Part:
    """Something of a claim, recorded so many days from the cut-off."""
    fields: dict[str, object] = {
        "source": "adjudication", "stream_id": stream, "subject": f"claim-{claim}",
        "last_recorded": CUT_OFF + timedelta(days=days), "events": 2, "body_bytes": 900,
    }  # fmt: skip
    return Part(**(fields | changes))  # type: ignore[arg-type]


def test_a_closed_claim_of_which_nothing_was_recorded_since_goes() -> None:
    choice = choose([a_part("a")], {"a": None}, CUT_OFF)
    assert (choice.claims, choice.stay) == ({"claim-a"}, {})


@pytest.mark.parametrize(
    ("standing", "days", "why"),
    [
        ({"a": "clawback"}, -1, "clawback"),
        ({}, -1, UNKNOWN),
        ({"a": None}, 0, SINCE),
        ({"a": None}, 9, SINCE),
    ],
)
def test_a_claim_that_is_not_closed_stays_and_it_is_said_why(
    standing: dict[str, str | None], days: int, why: str
) -> None:
    choice = choose([a_part("a", days=days)], standing, CUT_OFF)
    assert (choice.going, choice.stay) == ((), {"claim-a": why})


def test_what_any_log_has_recorded_of_a_claim_since_keeps_it_in_all() -> None:
    parts = [a_part("a"), a_part("a", "claim-a", source="intake"), a_part("a", source="payout", days=1)]
    assert choose(parts, {"a": None}, CUT_OFF).going == ()


def test_a_persons_stream_goes_when_all_of_its_claims_are_closed() -> None:
    own = [a_part(claim, f"claim-{claim}", source="intake") for claim in "ab"]
    shared = [a_part("a"), a_part("b")]
    choice = choose(own + shared, {"a": None, "b": "deadline"}, CUT_OFF)
    assert choice.going == (own[0],)
    assert reasons(choice.stay) == {"deadline": 1}
    alone = choose(shared, {"a": None, "b": "deadline"}, CUT_OFF)
    assert (alone.going, reasons(alone.stay)) == ((), {"deadline": 1, SHARED: 1})
    assert choose(own + shared, {"a": None, "b": None}, CUT_OFF).going == (*own, *shared)


def test_what_is_not_of_a_claim_and_what_lies_there_already_is_left_alone() -> None:
    parts = [a_part("a", events=0), a_part(stream="insurer-lead", subject="insurer-lead")]
    assert choose(parts, {"a": None}, CUT_OFF).going == ()


claims = st.sampled_from("abcde")
histories = st.lists(
    st.builds(
        a_part,
        claims,
        st.sampled_from(["person-p", "person-q", "claim-x"]),
        days=st.integers(-3, 2),
        source=st.sampled_from(["intake", "payout"]),
        events=st.integers(0, 3),
    ),
    max_size=20,
)


@given(parts=histories, standing=st.dictionaries(claims, st.sampled_from([None, "clawback"])))
def test_no_stream_that_goes_has_anything_of_an_open_claim(
    parts: list[Part], standing: dict[str, str | None]
) -> None:
    choice = choose(parts, standing, CUT_OFF)
    closed = {
        f"claim-{claim}"
        for claim, waits in standing.items()
        if waits is None
        and all(part.last_recorded < CUT_OFF for part in parts if part.subject == f"claim-{claim}")
    }
    for going in choice.going:
        beside = {
            part.subject for part in parts if (part.source, part.stream_id) == (going.source, going.stream_id)
        }
        assert beside <= closed
        assert going.events
    assert {part.subject for part in parts} - choice.claims - choice.stay.keys() <= closed


def a_plan(by: str = "operator-01") -> ArchivingPlanned:
    return ArchivingPlanned(
        archiving_id="x", before=CUT_OFF, directory="/srv", ends={}, claims=1, events={"intake": 1},
        body_bytes={"intake": 9}, stay={}, requested_by=by, planned_at=NOW,
    )  # fmt: skip


def after(*events: Event) -> Archiving:
    archiving = Archiving()
    for event in events:
        archiving = evolve(archiving, event)
    return archiving


def test_a_second_person_agrees_before_anything_is_put_away() -> None:
    planned = after(a_plan())
    with pytest.raises(ArchivingUnknown):
        start(Archiving(), "x", "operator-01", NOW)
    with pytest.raises(ArchivingNotApproved, match="huiji archive approve x"):
        start(planned, "x", "operator-01", NOW)
    with pytest.raises(ArchivingNeedsAnother):
        approve(planned, "x", " Operator-01", NOW)
    agreed = approve(planned, "x", "operator-02", NOW)
    approved = after(a_plan(), *agreed)
    assert approve(approved, "x", "operator-02", NOW) == []
    (waiting,) = archivings_to_approve({"x": planned, "y": approved})
    assert (waiting.by, waiting.command) == ("operator-01", "huiji archive approve x")
    (started,) = start(approved, "x", "operator-01", NOW)
    (again,) = start(evolve(approved, started), "x", "operator-01", NOW)
    assert [each.resumed for each in (started, again)] == [False, True]  # type: ignore[attr-defined]
    over = evolve(approved, ArchivingFinished(archiving_id="x", events={}, segments={}, finished_at=NOW))
    assert [each.status for each in (planned, approved, over)] == ["planned", "approved", "finished"]
    for decide in (start, approve):
        with pytest.raises(ArchivingOver):
            decide(over, "x", "operator-02", NOW)


def test_a_plan_is_withdrawn_until_it_has_begun_and_then_waits_for_nobody() -> None:
    planned = after(a_plan())
    (approved,) = approve(planned, "x", "operator-02", NOW)
    for known in (planned, evolve(planned, approved)):
        (taken_back,) = withdraw(known, "x", "operator-01", NOW)
        withdrawn = evolve(known, taken_back)
        assert (withdrawn.status, archivings_to_approve({"x": withdrawn})) == ("withdrawn", [])
        for decide in (start, approve, withdraw):
            with pytest.raises(ArchivingOver):
                decide(withdrawn, "x", "operator-02", NOW)
    (started,) = start(evolve(planned, approved), "x", "operator-01", NOW)
    with pytest.raises(ArchivingBegun, match="huiji archive restore") as begun:
        withdraw(after(a_plan(), approved, started), "x", "operator-01", NOW)
    assert all(len(line) <= 80 for line in str(begun.value).splitlines())
    with pytest.raises(ArchivingUnknown):
        withdraw(Archiving(), "x", "operator-01", NOW)


def test_a_directory_that_is_seen_elsewhere_is_said_before_anything_else(tmp_path: Path) -> None:
    command = [
        "archive",
        "plan",
        "--before",
        "2026-01-01",
        "--directory",
        "/srv/archive",
        "--platform",
        "none",
    ]
    elsewhere = {DIRECTORY_VARIABLE: str(tmp_path), "NO_COLOR": "1"}
    warning = CliRunner().invoke(app, command, env=elsewhere).stderr
    assert (str(tmp_path) in warning, "/srv/archive" in warning) == (True, True)
    same = CliRunner().invoke(app, command, env=elsewhere | {DIRECTORY_VARIABLE: "/srv/archive"}).stderr
    assert same.splitlines() == warning.splitlines()[-1:]


def test_what_is_hit_fits_on_a_small_terminal_under_its_long_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    why = "the archive is damaged: " + "f" * 64 + ".segment"
    claim = "claim-fbbeb819-a926-53b6-83a6-c977cdc2addb"
    hit = tuple(Misfit("adjudication", 3, position, claim, why) for position in (7, 2))
    print_check({"adjudication": Checked(1, 2, (), hit, ())}, as_json=False)
    *_, reason, _heading, row = capsys.readouterr().out.splitlines()
    assert reason == why
    assert row.rstrip().split(maxsplit=3) == ["adjudication", claim, "3", "2, 7"]
    assert len(row) < 80


def test_a_day_to_come_is_said_by_the_citys_clock() -> None:
    assert str(CutOffAhead(CUT_OFF)) == "2027-01-01T08:00 in Shanghai is still to come"
