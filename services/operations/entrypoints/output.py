"""How commands speak: JSON for programs on standard output, words and tables for people."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from libs.contracts.city_time import CITY_ZONE

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


#: Output that is piped on is not cut to a screen.
_WIDTH_WHEN_PIPED = 1_000
_LONGEST_ID = 36


def console() -> Console:
    """Standard output for people; colours only on a terminal, and never with NO_COLOR."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_WHEN_PIPED)


def print_json(value: Any) -> None:
    """One JSON document, indented, on standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def local(moment: datetime | str | None) -> str:
    """A moment by the city's clock to the second, as `--at` and `--known-at` take it; JSON keeps UTC."""
    if moment is None:
        return ""
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return known.astimezone(CITY_ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def refuse(message: str, status: int) -> NoReturn:
    """Say on standard error why the command ends with `status`."""
    Console(stderr=True, highlight=False).print(message, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)


def warn(message: str) -> None:
    """Say on standard error what an answer may lack."""
    Console(stderr=True, highlight=False).print(message, style="yellow", markup=False, soft_wrap=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> None:
    """A plain table; `right` names the columns of numbers. Where the screen is narrow words break before ids do."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        # Who reads an id copies it into the next command.
        in_one_piece = all(len(row[number]) <= _LONGEST_ID and " " not in row[number] for row in cells)
        table.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=in_one_piece
        )
    for row in cells:
        table.add_row(*map(Text, row))
    console().print(table)
