"""A small service for tests, run as a process: it follows other services' ticks and appends one of its own for each.

`python -m tests.support.kernel_service NAME`, settings as for every service, `HUIJI_SUBSCRIBE` a JSON list of sources.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from libs.contracts import Event
from libs.eventlog import Recorded, States, UnitOfWork
from libs.eventlog.stage import Instruction, Stage
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import ServiceSettings
from tests.support.failpoints import Failpoint, install
from tests.support.kernel import note_effects
from tests.support.ticks import Ticked, tick


class Settings(ServiceSettings):
    """Which sources to follow."""

    subscribe: list[str] = Field(default_factory=list)


class Poisoned(Exception):
    """The test said that this event cannot be processed."""


async def build(runtime: Runtime[Settings], failpoint: Failpoint) -> Parts:
    """Follow the sources; refuse what the table `poisoned` names."""
    states = States(runtime.log.source, lambda stream_id: 0, _evolve)
    stage = Stage(states, _decide)

    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        await note_effects(work, events)
        await stage.apply(work, [_instruction(event) for event in events])
        bad = {tuple(row) for row in await work.connection.fetch("select stream_id, version from poisoned")}
        if ("*", 0) in bad or any((event.stream_id, event.version) in bad for event in events):
            raise Poisoned
        failpoint.reach("handled")

    return Parts(
        subscriptions={source: frozenset({"Ticked"}) for source in runtime.settings.subscribe},
        handler=handle if runtime.settings.subscribe else None,
        on_reset=states.clear,
    )


def _evolve(count: int, event: Event) -> int:
    return count + 1


def _decide(count: int, command: Ticked) -> list[Event]:
    return [tick(command.claim_id, command.number)]


def _instruction(recorded: Recorded) -> Instruction[Ticked]:
    event = recorded.decode()
    assert isinstance(event, Ticked)
    return Instruction(recorded.stream_id, event, recorded)


def main() -> None:
    """Run until SIGTERM, or until the failpoint."""
    failpoint = Failpoint(os.environ.get("HUIJI_FAILPOINT", ""))
    install(failpoint)

    async def build_here(runtime: Runtime[Settings]) -> Parts:
        return await build(runtime, failpoint)

    run_service(sys.argv[1], Settings, build_here, [Path(__file__).parent / "migrations"])


if __name__ == "__main__":
    main()
