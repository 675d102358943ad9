"""What a cache of states may and may not save."""

from typing import Any

from libs.contracts import Event
from libs.eventlog import Loaded, States
from tests.support.ticks import Ticked, a_recorded, stream_of, tick


class Table:
    """The event table as far as a load of tails needs it; counts the questions."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.questions: list[dict[str, int]] = []

    def add(self, claim_id: str, version: int) -> None:
        event = a_recorded(claim_id, version)
        self.rows.append([getattr(event, name) for name in type(event).__struct_fields__ if name != "source"])

    async def fetch(self, _: str, stream_ids: list[str], versions: list[int]) -> list[Any]:
        known = dict(zip(stream_ids, versions, strict=True))
        self.questions.append(known)
        return [row for row in self.rows if row[2] in known and row[3] > known[row[2]]]


def evolve(total: int, event: Event) -> int:
    assert isinstance(event, Ticked)
    return total + event.number


def a_states(cache_size: int = 10) -> States[int]:
    return States("upstream", lambda stream_id: 0, evolve, cache_size=cache_size)


async def load(states: States[int], table: Table, *claim_ids: str) -> dict[str, Loaded[int]]:
    return await states.load(table, [stream_of(c) for c in claim_ids])  # type: ignore[arg-type]  # a fake


async def test_a_stream_that_does_not_exist_is_initial_at_version_zero() -> None:
    assert await load(a_states(), Table(), "c1") == {"claim-c1": Loaded(0, 0)}


async def test_many_streams_are_one_question() -> None:
    table = Table()
    table.add("c1", 1)
    table.add("c1", 2)
    table.add("c2", 1)
    assert await load(a_states(), table, "c1", "c2", "c1") == {
        "claim-c1": Loaded(3, 2),
        "claim-c2": Loaded(1, 1),
    }
    assert len(table.questions) == 1


async def test_nothing_wanted_asks_nothing() -> None:
    table = Table()
    assert await load(a_states(), table) == {}
    assert table.questions == []


async def test_a_cached_state_is_not_read_again_but_its_tail_is() -> None:
    states, table = a_states(), Table()
    states.keep({"claim-c1": Loaded(100, 2)})
    table.add("c1", 1)
    table.add("c1", 2)
    assert await load(states, table, "c1") == {"claim-c1": Loaded(100, 2)}
    table.add("c1", 3)  # by another process
    assert await load(states, table, "c1") == {"claim-c1": Loaded(103, 3)}
    assert table.questions == [{"claim-c1": 2}, {"claim-c1": 2}]


async def test_loading_alone_changes_no_cache() -> None:
    states, table = a_states(), Table()
    table.add("c1", 1)
    await load(states, table, "c1")
    await load(states, table, "c1")
    assert table.questions == [{"claim-c1": 0}, {"claim-c1": 0}]


async def test_an_older_version_never_replaces_a_newer() -> None:
    states, table = a_states(), Table()
    states.keep({"claim-c1": Loaded(6, 3)})
    states.keep({"claim-c1": Loaded(1, 1)})
    await load(states, table, "c1")
    assert table.questions == [{"claim-c1": 3}]


async def test_the_cache_forgets_the_longest_untouched() -> None:
    states, table = a_states(cache_size=2), Table()
    states.keep({"claim-c1": Loaded(1, 1), "claim-c2": Loaded(1, 1)})
    states.keep({"claim-c1": Loaded(1, 1)})
    states.keep({"claim-c3": Loaded(1, 1)})
    await load(states, table, "c1", "c2", "c3")
    assert table.questions == [{"claim-c1": 1, "claim-c2": 0, "claim-c3": 1}]


async def test_clear_forgets_everything() -> None:
    states, table = a_states(), Table()
    states.keep({"claim-c1": Loaded(1, 1)})
    states.clear()
    await load(states, table, "c1")
    assert table.questions == [{"claim-c1": 0}]


def test_decided_events_move_a_state_on_before_they_are_recorded() -> None:
    assert a_states().after(Loaded(10, 4), [tick(number=1), tick(number=2)]) == Loaded(13, 6)
