"""How commands speak: JSON for programs on standard output, words and tables for people."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def console() -> Console:
    """Standard output for people; colours only on a terminal, and never with NO_COLOR."""
    return Console(highlight=False)


def print_json(value: Any) -> None:
    """One JSON document, indented, on standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def refuse(message: str, status: int) -> NoReturn:
    """Say on standard error why the command ends with `status`."""
    Console(stderr=True, highlight=False).print(message, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> None:
    """A plain table; `right` names the columns of numbers. It wraps no cell when output is not a terminal."""
    out = console()
    table = Table(box=None, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in right else "left"
        table.add_column(column, justify=justify, no_wrap=not out.is_terminal, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table, soft_wrap=not out.is_terminal)
