"""Commands whose code is imported when they are called, and not to list them or to call another."""

import sys
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from services.operations.entrypoints.ending import nothing_begun


class LateCommand(TyperCommand):
    """A command, or a group, that so far is a name, a place (`module:attribute`) and a sentence for the list."""

    def __init__(self, name: str, place: str, sentence: str, **settings: Any) -> None:
        super().__init__(name, help=sentence)
        self._place = place
        self._settings = settings

    @cached_property
    def loaded(self) -> Any:
        """The command itself."""
        module, attribute = self._place.split(":")
        with nothing_begun():
            found = getattr(import_module(f"{__package__}.{module}"), attribute)
            # Only where something can log: most commands come without, and start faster so.
            if "structlog" in sys.modules:
                import_module("libs.eventlog.tool_logs").log_beside_output()
        holder = typer.Typer(add_completion=False)
        holder.callback()(_nothing_before_a_command)
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=self.name)
        else:
            holder.command(self.name, **self._settings)(found)
        group: Any = get_command(holder)
        return group.commands[self.name]


def app_of(commands: Sequence[LateCommand]) -> typer.Typer:
    """The command line of these commands, listed in this order."""

    class LateGroup(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**(settings | {"commands": list(commands)}))

        def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
            name, late, rest = super().resolve_command(ctx, args)
            return name, late.loaded if isinstance(late, LateCommand) else late, rest

    app = typer.Typer(
        cls=LateGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    app.callback()(_nothing_before_a_command)
    return app


def _nothing_before_a_command() -> None:
    pass
