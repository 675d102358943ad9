"""The hash chains of a cut: every event's hash recomputed, every position there once."""

from collections.abc import Callable, Mapping
from pathlib import Path

from libs.eventlog.event import Recorded
from libs.eventlog.hash_chain import GENESIS, link
from libs.proof.cut import Cut, CutUnreadable
from libs.proof.report import Checked, Reporter

Ends = Mapping[tuple[str, int], tuple[int, str | None]]
"""Last position and hash (hex) by (source, shard), as a manifest or the shards' own rows say."""

_PROGRESS_EVENTS = 2_000


def check_chains(
    cut: Cut, ends: Ends | None = None, on_events: Callable[[int], None] = lambda events: None
) -> Checked:
    """Walk every shard. After an event that does not hold the walk goes on from the hash it states, so that exactly
    what was changed is found, not all that follows."""
    reporter = Reporter("chains")
    seen: set[tuple[str, int]] = set()
    for source in cut.sources():
        for path in cut.shard_files(source):
            shard = int(path.stem)
            seen.add((source, shard))
            reached = _walk(cut, path, source, shard, reporter, on_events)
            if ends is not None:
                _ends_as_stated(reporter, f"{source}/{shard}", reached, ends.get((source, shard), (0, None)))
            reporter.count("shards")
    for (source, shard), (position, _) in sorted((ends or {}).items()):
        if position and (source, shard) not in seen:
            reporter.find("nothing_missing", f"{source}/{shard}", f"all {position} events are missing")
    return reporter.checked()


def _walk(
    cut: Cut,
    path: Path,
    source: str,
    shard: int,
    reporter: Reporter,
    on_events: Callable[[int], None],
) -> tuple[int, str | None]:
    position, previous = 0, GENESIS
    try:
        for event in cut.shard_events(path):
            _check_one(reporter, event, (source, shard), position, previous)
            position, previous = event.position, event.hash
            reporter.count("events")
            if reporter.counted["events"] % _PROGRESS_EVENTS == 0:
                on_events(reporter.counted["events"])
    except CutUnreadable as error:
        reporter.find(
            "line_readable", f"{source}/{shard}", str(error), where=f"{source}/{shard}/{position + 1}"
        )
    return position, previous.hex() if position else None


def _check_one(
    reporter: Reporter, event: Recorded, lane: tuple[str, int], position: int, previous: bytes
) -> None:
    where = f"{event.source}/{event.shard}/{event.position} {event.type}"
    since = event.recorded_at.isoformat(timespec="microseconds")
    about = f"{lane[0]}/{lane[1]}"
    if (event.source, event.shard) != lane:
        reporter.find("in_its_log", about, "an event of another log", where=where, since=since)
    if event.position != position + 1:
        sentence = f"position {event.position} follows {position}"
        reporter.find("nothing_missing", about, sentence, where=where, since=since)
    if link(previous, event) != event.hash:
        sentence = "the hash does not match the content and the event before"
        reporter.find("hash_matches", about, sentence, where=where, since=since)


def _ends_as_stated(
    reporter: Reporter, about: str, reached: tuple[int, str | None], stated: tuple[int, str | None]
) -> None:
    if reached[0] != stated[0]:
        sentence = f"ends at position {reached[0]}, its recorded end is {stated[0]}"
        reporter.find("ends_as_recorded", about, sentence, where=f"{about}/{min(reached[0], stated[0]) + 1}")
    elif reached[1] != stated[1]:
        reporter.find(
            "ends_as_recorded", about, "its last hash is not the recorded one", where=f"{about}/{reached[0]}"
        )
