"""Insurers' books, what they are still to be told, and their statements, as tables beside the log."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from libs.contracts import Event
from libs.contracts.insurers import InsurerStatementClosed, InsurerStatementSettled
from libs.eventlog.read import read_stream
from services.payout.domain.insurer import Award, InsurerBooks, Reversal, evolve, initial

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

_PAGE = 5_000


class Noted(msgspec.Struct, frozen=True):
    """One decision or reversal that insurers are still to be told of."""

    about: Award | Reversal
    traceparent: str | None


_noted_of_json = msgspec.json.Decoder(tuple[Noted, ...]).decode
_books_of_json = msgspec.json.Decoder(InsurerBooks).decode


async def note(connection: "Connection", shared: Sequence[Noted]) -> None:
    """Note what insurers are to be told, in order: one row for all of a transaction's."""
    await connection.execute(
        "insert into insurer_todo (noted) values ($1)", msgspec.json.encode(shared).decode()
    )


async def become_writer(connection: "Connection") -> None:
    """Be the only one who writes insurers' streams until the transaction ends."""
    await connection.execute("select from insurer_writer for update")


async def take_todo(connection: "Connection", transactions: int) -> list[Noted]:
    """Take what the oldest of so many transactions have noted off the list; whoever asks is the writer."""
    rows = await connection.fetch(
        "delete from insurer_todo where id in (select id from insurer_todo order by id limit $1) returning id, noted",
        transactions,
    )
    return [
        noted for row in sorted(rows, key=lambda row: row["id"]) for noted in _noted_of_json(row["noted"])
    ]


async def books_of(connection: "Connection", source: str, insurers: Iterable[str]) -> dict[str, InsurerBooks]:
    """The insurers' books as they are; what the table does not have yet is folded from the stream.

    Their sequence is the version of the stream: each event counts.
    """
    wanted = sorted(set(insurers))
    rows = await connection.fetch(
        "select insurer, books::text as books from insurer_books where insurer = any ($1::text[])", wanted
    )
    kept = {row["insurer"]: _books_of_json(row["books"]) for row in rows}
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
        [msgspec.json.encode(each).decode() for each in books.values()],
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
        for plan_id, bearing in _books_of_json(row["books"]).plans.items():
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
