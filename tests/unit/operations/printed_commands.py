"""Parses a printed `huiji` command as the command line would, without running it."""

import shlex
from collections.abc import Mapping
from typing import Any

import typer.main

from services.operations.entrypoints.commands import app


def parse(line: str, stand_for: Mapping[str, object]) -> None:
    """Raises click's UsageError: no such option, an argument missing or one too many. A group alone is fine."""
    words = [str(stand_for.get(word, word)) for word in shlex.split(line)[1:]]
    command: Any = typer.main.get_command(app)
    context = command.context_class(command)
    while hasattr(command, "resolve_command") and words:
        name, found, rest = command.resolve_command(context, words)
        assert found is not None, f"no such command: {name}"
        command, words = found, list(rest)
        context = command.context_class(command, parent=context)
    if not hasattr(command, "resolve_command"):
        command.make_context(command.name, words, parent=context.parent)
