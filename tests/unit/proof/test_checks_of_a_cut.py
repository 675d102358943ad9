"""Chains and roots of a cut: what was changed is found where it is, and nothing else is."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from libs.eventlog.day_roots import DayRoot
from libs.eventlog.event import Recorded
from libs.eventlog.hash_chain import GENESIS, link
from libs.eventlog.root_signing import create_signing_key, open_signer
from libs.proof import Cut
from libs.proof.chains import Ends, check_chains
from libs.proof.root_checks import check_roots
from tests.support.decided_history import LogWriter, a_decided_history, write_cut
from tests.support.evidence import a_signer, roots_of

Log = list[Recorded]


@pytest.fixture(scope="module")
def writer() -> LogWriter:
    return a_decided_history(4)


def ends_of(writer: LogWriter) -> Ends:
    return {lane: (log[-1].position, log[-1].hash.hex()) for lane, log in writer.logs.items()}


def with_log(writer: LogWriter, change: Callable[[Log], Log]) -> tuple[LogWriter, tuple[str, int]]:
    """The same history with one shard's log changed."""
    lane = min(writer.logs)
    changed = LogWriter()
    changed.logs = {**writer.logs, lane: change(list(writer.logs[lane]))}
    return changed, lane


def test_an_unchanged_history_holds(writer: LogWriter, tmp_path: Path) -> None:
    checked = check_chains(Cut(write_cut(tmp_path, writer)), ends_of(writer))
    assert (checked.status, checked.counted["shards"]) == ("holds", len(writer.logs))
    assert checked.counted["events"] == sum(map(len, writer.logs.values()))


def _change_body(log: Log) -> Log:
    return [replace(e, body=e.body.replace(b"demo", b"oops")) if e.position == 1 else e for e in log]


def _change_time(log: Log) -> Log:
    return [
        replace(e, recorded_at=e.recorded_at - timedelta(seconds=1)) if e.position == 3 else e for e in log
    ]


@pytest.mark.parametrize(("change", "position"), [(_change_body, 1), (_change_time, 3)])
def test_a_changed_event_is_found_alone_with_its_place_and_time(
    writer: LogWriter, tmp_path: Path, change: Callable[[Log], Log], position: int
) -> None:
    changed, (source, shard) = with_log(writer, change)
    event = changed.logs[source, shard][position - 1]
    (found,) = check_chains(Cut(write_cut(tmp_path, changed)), ends_of(writer)).findings
    assert found.rule == "hash_matches"
    assert found.where == f"{source}/{shard}/{position} {event.type}"
    assert found.since == event.recorded_at.isoformat(timespec="microseconds")


def test_a_dropped_event_and_a_cut_end_are_missed(writer: LogWriter, tmp_path: Path) -> None:
    dropped, _ = with_log(writer, lambda log: [event for event in log if event.position != 2])
    rules = {f.rule for f in check_chains(Cut(write_cut(tmp_path / "1", dropped)), ends_of(writer)).findings}
    assert rules == {"nothing_missing", "hash_matches"}
    shorter, (source, shard) = with_log(writer, lambda log: log[:-1])
    (found,) = check_chains(Cut(write_cut(tmp_path / "2", shorter)), ends_of(writer)).findings
    assert (found.rule, found.where) == (
        "ends_as_recorded",
        f"{source}/{shard}/{len(writer.logs[source, shard])}",
    )


def test_a_line_that_is_no_event_is_found(writer: LogWriter, tmp_path: Path) -> None:
    cut = Cut(write_cut(tmp_path, writer))
    file = cut.shard_files("adjudication")[0]
    file.write_bytes(b"{}\n" + file.read_bytes())
    assert "line_readable" in {finding.rule for finding in check_chains(cut).findings}


def cut_with(directory: Path, writer: LogWriter, roots: list[DayRoot]) -> Cut:
    cut = Cut(write_cut(directory, writer))
    cut.write_roots(roots)
    return cut


def test_published_roots_cover_every_event(writer: LogWriter, tmp_path: Path) -> None:
    checked = check_roots(cut_with(tmp_path, writer, roots_of(writer)), roots_of(writer))
    assert checked.status == "holds"
    assert checked.counted["events_under_roots"] == sum(map(len, writer.logs.values()))
    assert checked.counted["roots"] == checked.counted["kept_roots"] == len(writer.logs)


def test_events_that_no_root_covers_yet_are_counted(writer: LogWriter, tmp_path: Path) -> None:
    checked = check_roots(cut_with(tmp_path, writer, []))
    assert (checked.status, checked.counted["events_not_under_a_root_yet"]) == (
        "holds",
        sum(map(len, writer.logs.values())),
    )


def _rewritten(log: Log) -> Log:
    """An event changed and every hash after it made to fit."""
    made, previous = [], GENESIS
    for event in _change_time(log):
        event = replace(event, hash=link(previous, event))
        made.append(event)
        previous = event.hash
    return made


def test_a_rewritten_log_has_another_root(writer: LogWriter, tmp_path: Path) -> None:
    forged, lane = with_log(writer, _rewritten)
    assert check_chains(Cut(write_cut(tmp_path / "1", forged))).status == "holds", "its chain fits"
    found = check_roots(cut_with(tmp_path / "2", forged, roots_of(writer))).findings
    assert {(f.rule, f.about) for f in found} == {
        ("root_over_log", f"{lane[0]}/{lane[1]} root 1"),
        ("root_on_chain", f"{lane[0]}/{lane[1]} root 1"),
    }


def test_roots_rewritten_with_the_log_differ_from_those_that_were_kept(
    writer: LogWriter, tmp_path: Path
) -> None:
    forged, lane = with_log(writer, _rewritten)
    cut = cut_with(tmp_path, forged, roots_of(forged))
    assert check_roots(cut).status == "holds", "nobody kept anything"
    (found,) = check_roots(cut, roots_of(writer)).findings
    assert (found.rule, found.about) == ("roots_as_kept", f"{lane[0]}/{lane[1]} root 1")
    (withdrawn,) = check_roots(cut_with(tmp_path, writer, roots_of(writer)[1:]), roots_of(writer)).findings
    assert withdrawn.sentence == "it was published once and is not any more"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"chain": bytes(32)}, "root_chain"),
        ({"number": 2}, "roots_without_hole"),
        ({"first_position": 2}, "roots_without_hole"),
        ({"last_position": 10_000}, "root_over_log"),
    ],
)
def test_a_root_with_another_content_is_found(
    writer: LogWriter, tmp_path: Path, change: dict[str, object], rule: str
) -> None:
    first, *others = roots_of(writer)
    wrong = dataclasses.replace(first, **change)  # type: ignore[arg-type]
    rules = {f.rule for f in check_roots(cut_with(tmp_path, writer, [wrong, *others])).findings}
    assert rule in rules


def test_signed_roots_hold_for_who_knows_the_keys_and_no_others_do(writer: LogWriter, tmp_path: Path) -> None:
    signer = a_signer(tmp_path)
    keys = {source: {signer.public_key} for source, _ in writer.logs}
    signed = roots_of(writer, signer)
    checked = check_roots(cut_with(tmp_path / "1", writer, signed), signed, keys)
    assert (checked.status, checked.counted["signed_roots"]) == ("holds", len(signed))
    forged, lane = with_log(writer, _rewritten)
    create_signing_key(tmp_path / "mine.pem")
    for number, forger in enumerate((None, open_signer(tmp_path / "mine.pem"))):
        cut = cut_with(tmp_path / f"forged-{number}", forged, roots_of(forged, forger))
        found = check_roots(cut, None, keys).findings
        assert {finding.rule for finding in found} == {"root_signed"}
        assert f"{lane[0]}/{lane[1]} root 1" in {finding.about for finding in found}


def test_a_signature_of_something_else_is_found_without_any_key(writer: LogWriter, tmp_path: Path) -> None:
    first, *others = roots_of(writer, a_signer(tmp_path))
    changed = dataclasses.replace(first, signature=others[0].signature)
    (found,) = check_roots(cut_with(tmp_path, writer, [changed, *others])).findings
    assert (found.rule, found.about) == ("root_signed", f"{first.source}/{first.shard} root 1")
