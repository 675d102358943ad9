"""`huiji verify --only insurers`: what insurers were told is what was decided, and a change is found where it is."""

from pathlib import Path

import orjson
import pytest
from msgspec.structs import replace

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated
from libs.eventlog.event import Recorded
from libs.proof import Cut
from libs.proof.insurers import check_insurers
from services.payout.domain.insurer import InsurerBooks, decide, evolve, initial, shared_by
from tests.support.decided_history import LogWriter, a_decided_history, write_cut


@pytest.fixture(scope="module")
def writer() -> LogWriter:
    """A decided history, and what payout makes of it for the insurers."""
    history = a_decided_history(12)
    books: dict[str, InsurerBooks] = {}
    for (source, _), log in sorted(history.logs.items()):
        for recorded in list(log) if source == "adjudication" else []:
            event = recorded.decode()
            if not isinstance(event, ClaimAdjudicated | AdjudicationReversed):
                continue
            about = shared_by(event)
            for share in about.shares if about else ():
                before = books.get(share.insurer, initial(f"insurer-{share.insurer}"))
                assert about is not None
                (told,) = decide(before, about)
                books[share.insurer] = evolve(before, told)
                history.append("payout", told.subject(), told, recorded.recorded_at)
    return history


def changed(writer: LogWriter, kind: str, **fields: object) -> tuple[LogWriter, str]:
    """The history with the first event of a kind changed, and its place."""
    copy = LogWriter()
    copy.logs = {lane: list(log) for lane, log in writer.logs.items()}
    lane, index, event = next(
        (lane, index, event)
        for lane, log in sorted(copy.logs.items())
        for index, event in enumerate(log)
        if event.type == kind
    )
    body = {**orjson.loads(event.body), **fields}
    copy.logs[lane][index] = replace(event, body=orjson.dumps(body))
    return copy, f"{event.source}/{event.shard}/{event.position} {kind}"


def test_what_insurers_were_told_is_what_was_decided(writer: LogWriter, tmp_path: Path) -> None:
    checked = check_insurers(Cut(write_cut(tmp_path, writer)))
    assert (checked.status, checked.counted["not_told_yet"]) == ("holds", 0)
    kinds = {event.type for log in writer.logs.values() for event in log}
    assert {"InsurerPartBorne", "InsurerPartReleased"} <= kinds
    assert checked.counted["parts"] > len(writer.logs)


@pytest.mark.parametrize(
    ("kind", "fields", "rule"),
    [
        ("InsurerPartBorne", {"part_fen": 1}, "part_is_decided"),
        ("InsurerPartBorne", {"decision_id": "of-nobody"}, "part_is_decided"),
        ("InsurerPartReleased", {"part_fen": 1}, "part_is_decided"),
        ("InsurerPartBorne", {"sequence": 99}, "no_hole"),
        ("InsurerPartBorne", {"bears_fen": 1}, "balance"),
    ],
)
def test_a_changed_part_is_found_where_it_is(
    writer: LogWriter, tmp_path: Path, kind: str, fields: dict[str, object], rule: str
) -> None:
    history, place = changed(writer, kind, **fields)
    checked = check_insurers(Cut(write_cut(tmp_path, history)))
    assert (rule, place) in {(finding.rule, finding.where) for finding in checked.findings}


def test_a_part_that_was_not_told_is_counted(writer: LogWriter, tmp_path: Path) -> None:
    silent = LogWriter()
    silent.logs = {
        lane: [event for event in log if _is_not_of_lead(event)] for lane, log in writer.logs.items()
    }
    checked = check_insurers(Cut(write_cut(tmp_path, silent)))
    assert checked.status == "holds"
    assert checked.counted["not_told_yet"] > 0


def _is_not_of_lead(event: Recorded) -> bool:
    return event.stream_id != "insurer-lead"
