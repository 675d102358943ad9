"""A shard of several logs is read whole, each log in its order, whatever their pages and times are."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from libs.eventlog import Recorded
from services.projections.use_cases.shard_reader import ShardReader

HEARD = frozenset({"ClaimScored"})
_START = datetime(2026, 3, 2, tzinfo=UTC)


class Log:
    """A source of events with these types at these seconds."""

    def __init__(self, name: str, told: list[tuple[str, int]]) -> None:
        self.events = [
            Recorded(
                name, 0, at, "s", at, UUID(int=at), kind, 1, "s", _START + timedelta(seconds=second), None, None,
                b"{}", b"",
            )
            for at, (kind, second) in enumerate(told, start=1)
        ]  # fmt: skip

    async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
        return self.events[after : after + limit]

    async def heads(self) -> dict[int, int]:
        return {0: len(self.events)}


_TOLD = st.lists(st.tuples(st.sampled_from(["ClaimScored", "ScoreNoted"]), st.integers(0, 20)), max_size=12)


@given(st.dictionaries(st.sampled_from("abc"), _TOLD), st.integers(1, 5), st.data())
def test_every_event_that_is_heard_comes_once_with_its_logs_end_behind_it(
    told: dict[str, list[tuple[str, int]]], page: int, data: st.DataObject
) -> None:
    logs = {name: Log(name, events) for name, events in told.items()}
    reached = {name: data.draw(st.integers(0, len(log.events))) for name, log in logs.items()}
    reader = ShardReader(
        logs,
        HEARD,
        0,
        {(name, 0): position for name, position in reached.items()},
        {name: len(log.events) for name, log in logs.items()},
        lambda: page,
    )

    async def read_all() -> None:
        due = {
            name: [event for event in log.events[reached[name] :] if event.type in HEARD]
            for name, log in logs.items()
        }
        at = dict(reached)
        while (batch := await reader.next()).ends:
            for name, end in batch.ends.items():
                assert end > at[name]
                at[name] = end
                expected = [event for event in due[name] if event.position <= end]
                assert [event for event in batch.events if event.source == name] == expected
                del due[name][: len(expected)]
            assert {event.source for event in batch.events} <= batch.ends.keys()
        assert at == {name: len(log.events) for name, log in logs.items()}

    asyncio.run(read_all())
