"""Snapshots against the log: each is folded again from its stream's first event, and made anew where somebody asks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from libs.contracts.registry import ContractError
from libs.eventlog import Recorded, States
from libs.eventlog.read import read_streams
from libs.eventlog.snapshots import (
    Draft,
    Snapshots,
    drop_snapshots,
    read_snapshot,
    snapshot_streams,
    write_snapshots,
)
from libs.proof.report import Checked, Reporter
from libs.proof.state_difference import difference

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

S = TypeVar("S")

CHECK = "snapshots"

OnProgress = Callable[[int, int], None]


async def check_snapshots(
    connection: "Connection",
    source: str,
    states: States[S],
    on_progress: OnProgress = lambda done, total: None,
) -> Checked:
    """Compare every snapshot of this release's fold with what the events up to its version are folded to."""
    assert states.snapshots is not None, "who checks snapshots can read them"
    reporter = Reporter(CHECK)
    streams = await snapshot_streams(connection)
    reporter.count("snapshots", 0)
    for done, stream_id in enumerate(streams, 1):
        # One moment for both: a service may be replacing it.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await _check_one(connection, source, states, states.snapshots, stream_id, reporter)
        on_progress(done, len(streams))
    return reporter.checked()


async def _check_one(
    connection: "Connection",
    source: str,
    states: States[S],
    snapshots: Snapshots[S],
    stream_id: str,
    reporter: Reporter,
) -> None:
    snapshot = await read_snapshot(connection, stream_id)
    if snapshot is None:
        return
    draft = snapshot.draft
    if draft.fold_version != snapshots.fold_version:
        reporter.count("of_another_fold")
        return
    reporter.count("snapshots")
    events = [
        one for one in await read_streams(connection, source, [stream_id]) if one.version <= draft.version
    ]
    reporter.count("events", len(events))
    last = events[-1] if events and events[-1].version == draft.version else None
    where = None if last is None else f"{source}/{last.shard}/{last.position} {last.type}"
    since = None if last is None else last.recorded_at.isoformat()

    def find(rule: str, sentence: str) -> None:
        about = f"{source} {stream_id} version {draft.version}"
        reporter.find(rule, about, sentence, where=where, since=since)

    if not snapshot.linked:
        find(
            "snapshot_is_of_log", "the log has no event of this version with the hash that the snapshot names"
        )
    if not snapshot.is_whole:
        find("snapshot_is_as_written", "its digest is not that of what it holds")
    try:
        folded = states.fold([stream_id], events)[stream_id].state
    except ContractError as error:
        find("snapshot_is_fold", f"the stream's events cannot be read: {error.code}")
        return
    kept = snapshots.read(draft)
    if kept is None:
        find("snapshot_is_fold", "it cannot be read as a state")
    elif (different := difference(kept, folded)) is not None:
        find("snapshot_is_fold", f"its events are folded to something else at {different or 'its top'}")


async def rebuild_snapshots(connection: "Connection", source: str, states: States[S]) -> dict[str, int]:
    """Fold every stream of which there is a snapshot from its first to its newest event, and keep that instead.

    Streams that cannot be read are left without one. A service that replaces one meanwhile does no harm, nor is any
    done to it: both are right.
    """
    assert states.snapshots is not None, "who makes snapshots can read them"
    made = {"rebuilt": 0, "unreadable": 0}
    for stream_id in await snapshot_streams(connection):
        events = await read_streams(connection, source, [stream_id])
        draft = _fold(states, states.snapshots, stream_id, events)
        if draft is None:
            await drop_snapshots(connection, stream_id)
        else:
            await write_snapshots(connection, [draft], events)
        made["unreadable" if draft is None else "rebuilt"] += 1
    return made


def _fold(states: States[S], snapshots: Snapshots[S], stream_id: str, events: list[Recorded]) -> Draft | None:
    try:
        loaded = states.fold([stream_id], events)[stream_id]
    except ContractError:
        return None
    return snapshots.draft(stream_id, loaded.version, loaded.state) if events else None
