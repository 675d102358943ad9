"""A replay's events in a file beside its result: for a history that no running platform has."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import orjson

from libs.contracts import Event, decode, encode, event_type
from libs.contracts.operations import ReplayEvent
from services.operations.domain.republishing import Replay, evolve


class ReplayFile:
    """The events of the replays in one place, a line each, appended and never changed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def record(self, replay_id: str, decide: Callable[[Replay], Sequence[Event]]) -> Replay:
        """Decide on the replay as it is and record the outcome; the replay after it. Raises what `decide` raises."""
        replay = Replay()
        for recorded in self._events():
            if recorded.replay_id == replay_id:
                replay = evolve(replay, recorded)
        decided = decide(replay)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            for event in decided:
                replay = evolve(replay, event)
                line = {"type": event_type(event), "schema_version": event.schema_version}
                file.write(orjson.dumps({**line, "body": encode(event).decode()}) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return replay

    def _events(self) -> Iterator[ReplayEvent]:
        for line in self._path.read_bytes().splitlines() if self._path.exists() else ():
            raw = orjson.loads(line)
            event = decode(raw["type"], raw["schema_version"], raw["body"].encode())
            assert isinstance(event, ReplayEvent), "only replays are recorded here"
            yield event
