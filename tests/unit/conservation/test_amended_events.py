"""An event that nobody can read counts as its log amended it: as patched, or not at all."""

from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from libs.conservation import Report, check_history
from libs.contracts import encode
from libs.contracts.operations import Amendment, EventAnnulled, EventPatched
from libs.eventlog.event import Recorded
from tests.unit.adjudication.heard_events import NOW
from tests.unit.conservation.faults import index_of, with_body
from tests.unit.conservation.histories import lines_of
from tests.unit.conservation.told_histories import a_told_history

HISTORY = a_told_history(45).writer.events
CORRECTED = index_of(HISTORY, "ClaimCorrected")


def unreadable(body: dict[str, Any]) -> None:
    body["visit"]["kind"] = "nobody_knows"


def with_amendment(
    events: list[Recorded], kind: type[Amendment], index: int = CORRECTED, **values: Any
) -> list[Recorded]:
    """The history with an amendment of one of its events at the end of that event's shard."""
    event = events[index]
    made = kind(
        event_id=str(event.event_id), shard=event.shard, position=event.position, event_type=event.type,
        about=event.subject, event_hash=values.pop("event_hash", event.hash.hex()), ordered_by="any",
        why_digest="00", **values,
    )  # fmt: skip
    last = max(each.position for each in events if (each.source, each.shard) == (event.source, event.shard))
    amendment = replace(
        event,
        position=last + 1,
        type=kind.__name__,
        schema_version=1,
        subject=made.subject(),
        body=encode(made),
    )
    return [amendment, *events]


def patched(events: list[Recorded], **values: Any) -> list[Recorded]:
    body = values.pop("patched", orjson.loads(HISTORY[CORRECTED].body))
    return with_amendment(
        events, EventPatched, patched=body, patched_version=HISTORY[CORRECTED].schema_version,
        proposed_by="op-1", approved_by="op-2", approved_at=NOW, **values,
    )  # fmt: skip


def checked(events: list[Recorded], *, finished: bool = True) -> Report:
    return check_history(lines_of(events), finished=finished)


def rules(report: Report) -> set[str]:
    return {violation.rule for violation in report.violations}


def test_what_cannot_be_read_and_was_not_amended_is_found() -> None:
    broken = with_body(HISTORY, CORRECTED, unreadable)
    assert {"event_readable", "opened_as_registered"} <= rules(checked(broken))


def test_the_patched_body_counts_in_the_place_of_what_cannot_be_read() -> None:
    report = checked(patched(with_body(HISTORY, CORRECTED, unreadable)))
    assert report.violations == ()
    assert report.totals == checked(HISTORY).totals


def test_money_in_a_patched_body_is_checked_like_any_other() -> None:
    body = orjson.loads(HISTORY[CORRECTED].body)
    body["settlement"]["total_fen"] += 1
    report = checked(patched(with_body(HISTORY, CORRECTED, unreadable), patched=body))
    assert "opened_as_registered" in rules(report)


def test_a_patch_that_cannot_be_read_either_mends_nothing() -> None:
    report = checked(patched(with_body(HISTORY, CORRECTED, unreadable), patched={"still": "wrong"}))
    assert "event_readable" in rules(report)


def test_a_patch_of_another_event_than_the_one_recorded_there_counts_for_nothing() -> None:
    report = checked(patched(with_body(HISTORY, CORRECTED, unreadable), event_hash="00"))
    assert "event_readable" in rules(report)


def test_who_can_read_an_event_ignores_its_amendment() -> None:
    annulled = with_amendment(HISTORY, EventAnnulled, annulled_by="op-1", annulled_at=NOW)
    assert checked(annulled).violations == ()


@pytest.mark.parametrize("then_corrected", [False, True])
def test_an_annulled_correction_counts_as_not_said(then_corrected: bool) -> None:
    """It was said by mistake beside what everybody worked on; the hospital's next correction is a revision further."""
    first = HISTORY[index_of(HISTORY, "ClaimRegistered")]
    rogue = _correction(first, 2, 1)
    body = orjson.loads(rogue.body)
    unreadable(body)
    told = [*_only(first), replace(rogue, body=orjson.dumps(body))]
    if then_corrected:
        told.append(_correction(first, 3, 2))
    report = checked(told, finished=False)
    expected = {"event_readable", "revisions_follow"} if then_corrected else {"event_readable"}
    assert rules(report) == expected
    mended = with_amendment(told, EventAnnulled, index=1, annulled_by="op-1", annulled_at=NOW)
    assert checked(mended, finished=False).violations == ()


def _only(event: Recorded) -> list[Recorded]:
    return [replace(event, position=1)]


def _correction(registered: Recorded, revision: int, after: int) -> Recorded:
    body = {**orjson.loads(HISTORY[CORRECTED].body), "revision": revision}
    for name in ("claim_id", "person_id", "visit", "settlement", "lines", "one_stop"):
        body[name] = orjson.loads(registered.body)[name]
    return replace(
        registered, position=after + 1, type="ClaimCorrected", body=orjson.dumps(body),
        schema_version=HISTORY[CORRECTED].schema_version,
    )  # fmt: skip
