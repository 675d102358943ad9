"""The published roots against the logs: chained without a hole, and each over exactly what the log holds."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from libs.eventlog.day_roots import DayRoot, chained, city_day
from libs.eventlog.event import Recorded
from libs.eventlog.hash_chain import GENESIS
from libs.eventlog.merkle import merkle_root
from libs.eventlog.root_signing import is_signed
from libs.proof.cut import Cut
from libs.proof.report import Checked, Reporter, unchecked

Lane = tuple[str, int]
Keys = Mapping[str, Collection[bytes]]
"""The public keys of each service, by its name: more than one when it has changed them."""


def check_roots(
    cut: Cut,
    kept: Sequence[DayRoot] | None = None,
    keys: Keys | None = None,
    on_events: Callable[[int], None] = lambda events: None,
) -> Checked:
    """Every published root of the cut, and those that somebody else has kept (`kept`). Raises CutUnreadable.

    A log that was rewritten with all its hashes and roots is found by roots that were kept elsewhere, and by who knows
    the services' public keys (`keys`): who rewrote it cannot sign.
    """
    published = cut.roots()
    if published is None:
        return unchecked("roots", "there are no published roots here")
    reporter = Reporter("roots")
    lanes = _by_lane(published)
    files = {(source, int(path.stem)): path for source in cut.sources() for path in cut.shard_files(source)}
    for lane in sorted(lanes):
        _chain_holds(reporter, lanes[lane])
        _are_signed(reporter, lanes[lane], None if keys is None else keys.get(lane[0], frozenset()))
        if lane in files:
            _cover_the_log(reporter, cut, files[lane], lanes[lane], on_events)
        else:
            reporter.find("root_over_log", _name(lane), "roots are published, but the log is not there")
    for lane in sorted(files.keys() - lanes.keys()):
        reporter.count("events_not_under_a_root_yet", sum(1 for _ in cut.shard_events(files[lane])))
    if kept is not None:
        _as_kept(reporter, lanes, kept)
    return reporter.checked()


def _by_lane(roots: Iterable[DayRoot]) -> dict[Lane, list[DayRoot]]:
    lanes: dict[Lane, list[DayRoot]] = defaultdict(list)
    for root in roots:
        lanes[root.source, root.shard].append(root)
    return {lane: sorted(each, key=lambda root: root.number) for lane, each in lanes.items()}


def _chain_holds(reporter: Reporter, roots: Sequence[DayRoot]) -> None:
    previous, position = GENESIS, 0
    for number, root in enumerate(roots, start=1):
        reporter.count("roots")
        if root.number != number or root.first_position != position + 1 or root.size < 1:
            sentence = f"root {root.number} begins at {root.first_position} after position {position}"
            _find(reporter, "roots_without_hole", root, sentence)
        if chained(root, previous) != root.chain:
            _find(reporter, "root_chain", root, "its chain hash does not follow from the root before")
        previous, position = root.chain, root.last_position


def _are_signed(reporter: Reporter, roots: Sequence[DayRoot], known: Collection[bytes] | None) -> None:
    """`known`: the keys of the service, where they are known; then nothing may be unsigned."""
    must_be = known is not None
    for root in roots:
        if not root.signature:
            if must_be:
                _find(reporter, "root_signed", root, "it is not signed")
            continue
        # A key is not taken away again: after the first signed root of a shard all are.
        must_be = True
        reporter.count("signed_roots")
        if not is_signed(root):
            _find(reporter, "root_signed", root, "its signature is not by the key that it names")
        elif known is not None and root.key not in known:
            _find(reporter, "root_signed", root, f"it is signed with another key, {root.key.hex()[:16]}…")


def _cover_the_log(
    reporter: Reporter, cut: Cut, path: Path, roots: Sequence[DayRoot], on_events: Callable[[int], None]
) -> None:
    waiting = list(roots)
    hashes: list[bytes] = []
    late: Recorded | None = None
    for event in cut.shard_events(path):
        if not waiting:
            reporter.count("events_not_under_a_root_yet")
            continue
        root = waiting[0]
        if event.position < root.first_position:
            continue
        hashes.append(event.hash)
        late = event if late is None and city_day(event.recorded_at) > root.day else late
        if event.position >= root.last_position:
            _covers(reporter, root, hashes, late)
            reporter.count("events_under_roots", len(hashes))
            on_events(reporter.counted["events_under_roots"])
            waiting.pop(0)
            hashes, late = [], None
    for root in waiting:
        _find(reporter, "root_over_log", root, f"the log ends before its last position {root.last_position}")


def _covers(reporter: Reporter, root: DayRoot, hashes: Sequence[bytes], late: Recorded | None) -> None:
    if merkle_root(hashes) != root.root:
        _find(reporter, "root_over_log", root, "the log's events have another root")
    if hashes[-1] != root.head_hash:
        _find(reporter, "root_on_chain", root, "its head hash is not the chain's at its last position")
    if late is not None:
        _find(reporter, "root_of_its_day", root, f"position {late.position} was recorded after {root.day}")


def _as_kept(reporter: Reporter, lanes: dict[Lane, list[DayRoot]], kept: Sequence[DayRoot]) -> None:
    published = {(root.source, root.shard, root.number): root for each in lanes.values() for root in each}
    for root in kept:
        reporter.count("kept_roots")
        now = published.get((root.source, root.shard, root.number))
        if now is None:
            _find(reporter, "roots_as_kept", root, "it was published once and is not any more")
        elif now != root:
            _find(reporter, "roots_as_kept", root, "it is published otherwise than it was kept")


def _find(reporter: Reporter, rule: str, root: DayRoot, sentence: str) -> None:
    about = f"{_name((root.source, root.shard))} root {root.number}"
    where = f"{root.source}/{root.shard}/{root.first_position}-{root.last_position}"
    reporter.find(rule, about, sentence, where=where, since=root.day.isoformat())


def _name(lane: Lane) -> str:
    return f"{lane[0]}/{lane[1]}"
