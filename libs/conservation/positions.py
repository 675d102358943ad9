"""Nothing is missing and nothing comes twice: positions are gapless per shard, up to where the log ended."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from libs.conservation.report import Violation
from libs.eventlog.event import Recorded

Heads = Mapping[tuple[str, int], int]
"""Last position by (source, shard)."""


@dataclass(slots=True)
class Positions:
    """The positions seen of each shard of each source."""

    seen: dict[tuple[str, int], dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def see(self, recorded: Recorded) -> None:
        """Count an event at its position."""
        shard = self.seen[recorded.source, recorded.shard]
        shard[recorded.position] = shard.get(recorded.position, 0) + 1

    def violations(self, heads: Heads | None) -> Iterator[Violation]:
        """Holes, repetitions, and shards that do not end at their head."""
        for (source, shard), positions in sorted(self.seen.items()):
            about = f"{source}/{shard}"
            head = heads.get((source, shard), 0) if heads is not None else max(positions)
            missing = [each for each in range(1, head + 1) if each not in positions]
            if missing:
                first = f"{len(missing)} of {head} events are missing, the first at position {missing[0]}"
                yield Violation("nothing_missing", about, first, None)
            if max(positions) > head:
                yield Violation("ends_at_head", about, f"ends at {max(positions)}, its head is {head}", None)
            twice = [each for each, times in positions.items() if times > 1]
            if twice:
                sentence = f"{len(twice)} positions occur more than once, the first is {min(twice)}"
                yield Violation("nothing_twice", about, sentence, None)
        for (source, shard), head in sorted((heads or {}).items()):
            if head and (source, shard) not in self.seen:
                sentence = f"all {head} events are missing"
                yield Violation("nothing_missing", f"{source}/{shard}", sentence, None)
