"""Insurers' books, what they are still to be told, and their statements, as tables beside the log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from libs.contracts import Event
from libs.contracts.insurers import InsurerStatementClosed, InsurerStatementSettled
from libs.eventlog.read import read_stream
from services.payout.domain.insurer import Award, InsurerBooks, Reversal, evolve, initial

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_AWARD = TypeAdapter(Award)
_REVERSAL = TypeAdapter(Reversal)
_BOOKS = TypeAdapter(InsurerBooks)
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Todo:
    """One decision or reversal that insurers are still to be told of."""

    id: int
    about: Award | Reversal
    traceparent: str | None


async def note(connection: "Connection", shared: Sequence[tuple[Award | Reversal, str | None]]) -> None:
    """Note what insurers are to be told, in order, each with its traceparent."""
    rows = [
        ("award", _AWARD.dump_json(about).decode(), traceparent)
        if isinstance(about, Award)
        else ("reversal", _REVERSAL.dump_json(about).decode(), traceparent)
        for about, traceparent in shared
    ]
    await connection.execute(
        "insert into insurer_todo (kind, about, traceparent) select kind, about::jsonb, traceparent"
        " from unnest($1::text[], $2::text[], $3::text[]) with ordinality as new (kind, about, traceparent, n)"
        " order by n",
        *([row[column] for row in rows] for column in range(3)),
    )


async def become_writer(connection: "Connection") -> None:
    """Be the only one who writes insurers' streams until the transaction ends."""
    await connection.execute("select from insurer_writer for update")


async def take_todo(connection: "Connection", limit: int) -> list[Todo]:
    """Take the oldest off the list; whoever asks is the writer."""
    rows = await connection.fetch(
        "delete from insurer_todo where id in (select id from insurer_todo order by id limit $1)"
        " returning id, kind, about::text as about, traceparent",
        limit,
    )
    found = [
        Todo(
            row["id"],
            (_AWARD if row["kind"] == "award" else _REVERSAL).validate_json(row["about"]),
            row["traceparent"],
        )
        for row in rows
    ]
    return sorted(found, key=lambda todo: todo.id)


async def books_of(connection: "Connection", source: str, insurers: Iterable[str]) -> dict[str, InsurerBooks]:
    """The insurers' books as they are; what the table does not have yet is folded from the stream.

    Their sequence is the version of the stream: each event counts.
    """
    wanted = sorted(set(insurers))
    rows = await connection.fetch(
        "select insurer, books::text as books from insurer_books where insurer = any ($1::text[])", wanted
    )
    kept = {row["insurer"]: _BOOKS.validate_json(row["books"]) for row in rows}
    return {
        insurer: await _caught_up(connection, source, kept.get(insurer) or initial(f"insurer-{insurer}"))
        for insurer in wanted
    }


async def _caught_up(connection: "Connection", source: str, books: InsurerBooks) -> InsurerBooks:
    stream_id = f"insurer-{books.insurer}"
    while events := await read_stream(connection, source, stream_id, books.sequence, _PAGE):
        for recorded in events:
            books = evolve(books, recorded.decode())
    return books


async def keep(connection: "Connection", books: Mapping[str, InsurerBooks]) -> None:
    """Keep the books as they are now."""
    await connection.execute(
        "insert into insurer_books (insurer, version, books)"
        " select insurer, version, books::jsonb from unnest($1::text[], $2::integer[], $3::text[])"
        " as new (insurer, version, books)"
        " on conflict (insurer) do update set version = excluded.version, books = excluded.books",
        list(books),
        [each.sequence for each in books.values()],
        [_BOOKS.dump_json(each).decode() for each in books.values()],
    )


async def follow(connection: "Connection", events: Iterable[Event]) -> None:
    """Bring the table of statements up to the events."""
    for event in events:
        match event:
            case InsurerStatementClosed():
                await connection.execute(
                    "insert into insurer_statement (statement_id, insurer, plan_id, due_fen, borne_fen,"
                    " released_fen, closed_at, closed_by) values ($1, $2, $3, $4, $5, $6, $7, $8)",
                    event.statement_id,
                    event.insurer,
                    event.plan_id,
                    event.due_fen,
                    event.borne_fen,
                    event.released_fen,
                    event.closed_at,
                    event.closed_by,
                )
            case InsurerStatementSettled():
                await connection.execute(
                    "update insurer_statement set reference = $2, settled_on = $3 where statement_id = $1",
                    event.statement_id,
                    event.reference,
                    event.settled_on,
                )
            case _:
                pass


async def list_insurers(connection: "Connection") -> list[dict[str, Any]]:
    """Each insurer's plans: what it bears, what no statement has asked for yet, and its stream's length."""
    rows = await connection.fetch(
        "select insurer, version, books::text as books from insurer_books order by insurer"
    )
    found = []
    for row in rows:
        for plan_id, bearing in _BOOKS.validate_json(row["books"]).plans.items():
            found.append(
                {
                    "insurer": row["insurer"],
                    "plan_id": plan_id,
                    "bears_fen": bearing.bears_fen,
                    "not_stated_fen": bearing.borne_fen - bearing.released_fen,
                    "events": row["version"],
                }
            )
    return found


async def list_statements(connection: "Connection", insurer: str) -> list[dict[str, Any]]:
    """An insurer's statements, newest first."""
    rows = await connection.fetch(
        "select * from insurer_statement where insurer = $1 order by closed_at desc, statement_id", insurer
    )
    return [dict(row) for row in rows]
