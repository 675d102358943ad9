"""What insurers bear, noted with each decision, becomes events of their own streams; one writer at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from libs.contracts import Event
from libs.eventlog import Append, EventLog, UnitOfWork
from services.payout.adapters import insurers, postings
from services.payout.domain.insurer import InsurerCommand, decide, evolve

# Each has heard one batch at most, 500 events: what catches up after an outage stays a bounded transaction.
TRANSACTIONS_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class ForInsurer:
    """A command for one insurer's stream; `traceparent` continues the claim's trace."""

    insurer: str
    command: InsurerCommand
    traceparent: str | None = None


async def write_insurer_streams(log: EventLog) -> int:
    """Write the oldest of what was noted; returns how many decisions and reversals."""
    async with log.transaction() as work:
        await insurers.become_writer(work.connection)
        todo = await insurers.take_todo(work.connection, TRANSACTIONS_AT_ONCE)
        commands = [
            ForInsurer(share.insurer, each.about, each.traceparent)
            for each in todo
            for share in each.about.shares
        ]
        await decide_for_insurers(log.source, work, commands)
    return len(todo)


async def decide_for_insurers(source: str, work: UnitOfWork, commands: Iterable[ForInsurer]) -> list[Event]:
    """Decide in order, append, and bring the tables up; the unit of work holds the writer's row.

    Raises what the decision refuses.
    """
    commands = list(commands)
    books = await insurers.books_of(work.connection, source, (one.insurer for one in commands))
    happened: list[Event] = []
    for one in commands:
        before = books[one.insurer]
        events = decide(before, one.command)
        stream_id = f"insurer-{one.insurer}"
        work.append(Append(stream_id, before.sequence, events, traceparent=one.traceparent))
        books[one.insurer] = reduce(evolve, events, before)
        happened += events
    if happened:
        await insurers.keep(work.connection, books)
        await insurers.follow(work.connection, happened)
        await postings.post(work.connection, happened, work.now)
    return happened
