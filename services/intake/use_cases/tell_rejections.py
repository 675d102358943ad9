"""Tell the senders of the ingress topic what was refused: each at least once, with an id to skip repeats by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.eventlog import EventLog
from services.intake.adapters import refusals
from services.intake.adapters.refusals import Rejection

AT_ONCE = 100


class RejectionTopic(Protocol):
    """Where rejections are told."""

    async def publish(self, rejections: Sequence[Rejection]) -> None:
        """Durable on the broker when it returns."""


@dataclass(frozen=True)
class TellRejections:
    """The use case with what it needs."""

    log: EventLog
    topic: RejectionTopic

    async def step(self) -> int:
        """Tell the oldest rejections; returns how many. A crash before the commit tells them again."""
        async with self.log.transaction() as work:
            rejections = await refusals.next_rejections(work.connection, AT_ONCE)
            if rejections:
                await self.topic.publish(rejections)
                await refusals.remove_rejections(work.connection, rejections)
        return len(rejections)
