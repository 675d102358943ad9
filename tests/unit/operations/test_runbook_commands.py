"""Every `huiji` command that the runbook prints is one that the command line takes."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from services.operations.entrypoints.commands import app

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
_BLOCK = re.compile(r"^    (huiji [^#\n]+)", re.MULTILINE)
_INLINE = re.compile(r"`(huiji [^`\n]+)`")


def commands() -> list[str]:
    """As printed, without comments; a placeholder is an argument like any other."""
    text = RUNBOOK.read_text()
    return sorted({found.strip() for pattern in (_BLOCK, _INLINE) for found in pattern.findall(text)})


def test_the_runbook_has_commands() -> None:
    assert len(commands()) > 15


@pytest.mark.parametrize("line", commands())
def test_a_printed_command_is_taken(line: str, tmp_path: Path) -> None:
    stands_for = {"BODY.json": tmp_path / "BODY.json", "DIR": tmp_path}
    stands_for["BODY.json"].write_text("{}")
    words = [str(stands_for.get(word, word)) for word in shlex.split(line)[1:]]
    command: Any = typer.main.get_command(app)
    context = command.context_class(command)
    while hasattr(command, "resolve_command") and words:
        name, found, rest = command.resolve_command(context, words)
        assert found is not None, f"no such command: {name}"
        command, words = found, list(rest)
        context = command.context_class(command, parent=context)
    if hasattr(command, "resolve_command"):
        return  # a group that is named without one of its commands
    # Parsing alone: an unknown option, a missing argument or one too many is refused here.
    command.make_context(command.name, words, parent=context.parent)
