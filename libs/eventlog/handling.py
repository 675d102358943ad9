"""What a service gives the kernel to process events with."""

from collections.abc import Awaitable, Callable, Sequence

from libs.eventlog.event import Recorded
from libs.eventlog.log import UnitOfWork

Handler = Callable[[UnitOfWork, Sequence[Recorded]], Awaitable[None]]
"""Handles events, in order, inside one unit of work. It raises when an event cannot be processed."""
