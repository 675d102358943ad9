"""A pack shows what was patched or annulled of its claim, proves it like any event, and says how the event counts."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from libs.contracts.operations import EventAnnulled, EventPatched, amendments_of
from libs.eventlog.event import Recorded
from libs.proof.pack import zipped
from libs.proof.pack_amendments import faults_of_amendments
from libs.proof.pack_verifier import verify
from tests.support.decided_history import LogWriter
from tests.support.evidence import CLAIM, a_paid_history, pack_of
from tests.unit.adjudication.heard_events import NOW

Amend = Callable[[LogWriter, Recorded], Recorded]


def settled_of(writer: LogWriter) -> Recorded:
    return next(event for log in writer.logs.values() for event in log if event.type == "PaymentSettled")


def about(event: Recorded) -> dict[str, Any]:
    return {
        "event_id": str(event.event_id), "shard": event.shard, "position": event.position,
        "event_type": event.type, "about": event.subject, "event_hash": event.hash.hex(),
        "ordered_by": f"p_{3:032x}", "why_digest": "00",
    }  # fmt: skip


def patched(writer: LogWriter, event: Recorded) -> Recorded:
    patch = EventPatched(
        **about(event), patched=json.loads(event.body), patched_version=event.schema_version,
        proposed_by="op-1", approved_by="op-2", approved_at=NOW,
    )  # fmt: skip
    return writer.append(event.source, amendments_of(event.event_id), patch, NOW + timedelta(hours=1))


def annulled(writer: LogWriter, event: Recorded) -> Recorded:
    void = EventAnnulled(**about(event), annulled_by="op-1", annulled_at=NOW)
    return writer.append(event.source, amendments_of(event.event_id), void, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("amend", "counts", "zh"),
    [(patched, "counts as patched", "以更正内容为准"), (annulled, "counts not at all", "视为未发生")],
)
def test_an_amendment_is_proved_shown_and_said(amend: Amend, counts: str, zh: str, tmp_path: Path) -> None:
    writer = a_paid_history()
    event = settled_of(writer)
    amendment = amend(writer, event)
    files = pack_of(writer)
    (tmp_path / "pack.zip").write_bytes(zipped(files))
    said = verify(tmp_path / "pack.zip")
    assert said[-1] == "VERIFIED"
    place, by = (f"{each.source}/{each.shard}/{each.position}" for each in (event, amendment))
    assert any(line.startswith(f"{place} PaymentSettled {counts}") and by in line for line in said)
    rows = files["timeline.md"].decode().splitlines()
    (own,) = [row for row in rows if f"{place} {event.hash.hex()[:16]}" in row]
    assert counts in own and zh in own and by in own
    (other,) = [row for row in rows if f"{by} {amendment.hash.hex()[:16]}" in row]
    assert f"about {place} PaymentSettled" in other


def test_a_claim_without_amendments_says_nothing_of_any(tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(zipped(pack_of(a_paid_history())))
    assert not [line for line in verify(tmp_path / "pack.zip") if "counts" in line]


def test_an_amendment_of_an_event_that_is_not_in_the_pack_is_a_fault() -> None:
    writer = a_paid_history()
    foreign = next(event for log in writer.logs.values() for event in log if CLAIM not in event.subject)
    made = annulled(writer, settled_of(writer))
    row = {**_as_row(made), "body": json.dumps({**json.loads(made.body), "event_id": str(foreign.event_id)})}
    assert list(faults_of_amendments([_as_row(settled_of(writer)), row])) == [
        f"{made.source}/{made.shard}/{made.position} amends an event that is not in the pack"
    ]


def test_an_event_is_amended_once_and_as_it_was_hashed() -> None:
    writer = a_paid_history()
    event = settled_of(writer)
    first, second = (_as_row(annulled(writer, event)) for _ in range(2))
    faults = list(faults_of_amendments([_as_row(event), first, second]))
    assert [fault.split(" ", 1)[1] for fault in faults] == ["amends an event for the second time"]
    other = {**_as_row(event), "hash": "00"}
    assert "another hash" in next(faults_of_amendments([other, first]))


def _as_row(event: Recorded) -> dict[str, Any]:
    return {
        "source": event.source, "shard": event.shard, "position": event.position, "type": event.type,
        "event_id": str(event.event_id), "subject": event.subject, "hash": event.hash.hex(),
        "body": event.body.decode(),
    }  # fmt: skip
