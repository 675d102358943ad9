"""What goes wrong, each fault bounded in time and aimed only at what this run has started."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from libs.local_platform import Processes
from libs.testing.postgres_proxy import PostgresProxy
from services.operations.domain.topology import BUREAU, SERVICES
from tests.chaos.replayed_deliveries import Redeliverer

LONGEST_STANDSTILL_SECONDS = 3.0
SERVICE_NAMES = tuple(service.name for service in SERVICES)
MOST_KILLS_OF_A_PART = 4
"""Fewer than the restarts that the platform allows a part before it takes it for broken."""


@dataclass
class World:
    """What faults can get at."""

    processes: Processes
    proxy: PostgresProxy
    redeliverer: Redeliverer
    rng: Random
    kills: dict[str, int] = field(default_factory=dict)
    timers: list[threading.Timer] = field(default_factory=list)

    def later(self, act: Callable[[], None]) -> float:
        """Do something within the longest standstill; answers when."""
        seconds = self.rng.uniform(0.2, LONGEST_STANDSTILL_SECONDS)
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        timer.start()
        self.timers.append(timer)
        return seconds

    def settle(self) -> None:
        """Wait until everything that stands still goes on again."""
        for timer in self.timers:
            timer.join()


def _kill(world: World, name: str) -> str | None:
    pid = world.processes.process_ids().get(name)
    if pid is None or world.kills.get(name, 0) >= MOST_KILLS_OF_A_PART:
        return None
    world.kills[name] = world.kills.get(name, 0) + 1
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return f"{name} killed"


def kill_service(world: World) -> str | None:
    """SIGKILL: consumer, relay and pumps of one service end between two instructions."""
    return _kill(world, world.rng.choice(SERVICE_NAMES))


def kill_database(world: World) -> str | None:
    """SIGKILL of the postmaster: every transaction that was not committed never was."""
    return _kill(world, "postgres")


def wipe_broker(world: World) -> str | None:
    """SIGKILL of the broker; the embedded one keeps its topics in memory, so all of them are gone."""
    return _kill(world, "broker")


def kill_bank(world: World) -> str | None:
    """The bank ends; its books stay. (The simulated bureau keeps its in memory, so it only stands still.)"""
    return _kill(world, "bank")


def cut_connections(world: World) -> str | None:
    """Every connection to the database is hung up, in whatever it is doing."""
    return f"{world.proxy.cut()} connections to the database cut"


def hold_network(world: World) -> str | None:
    """Nothing goes to or comes from the database for a while."""
    world.proxy.hold()
    return f"network to the database held for {world.later(world.proxy.go_on):.1f} s"


def stand_still(world: World) -> str | None:
    """A part takes connections and answers nobody for a while: a full broker, a slow bank, a paused machine."""
    name = world.rng.choice(("broker", "bank", BUREAU.name, *SERVICE_NAMES))
    pid = world.processes.process_ids().get(name)
    if pid is None:
        return None

    def go_on() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    return f"{name} stood still for {world.later(go_on):.1f} s"


def redeliver(world: World) -> str | None:
    """Records come again, and in another order."""
    count = asyncio.run(world.redeliverer.redeliver(world.rng))
    return f"{count} records redelivered in another order" if count else None


FAULTS: Mapping[Callable[[World], str | None], int] = {
    kill_service: 5,
    cut_connections: 2,
    stand_still: 3,
    redeliver: 2,
    hold_network: 1,
    kill_bank: 1,
    kill_database: 1,
    wipe_broker: 1,
}
"""Each with how often it is drawn among the others."""
