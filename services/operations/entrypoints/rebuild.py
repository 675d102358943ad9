"""`huiji rebuild`: read models built anew; the tool is projections' own and is started here with what it needs."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import Annotated, Any, NoReturn

import typer

from libs.eventlog import EventLogError
from libs.eventlog.errors import LogIsArchive
from libs.local_platform.processes import tied_command
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.credentials import NotProven, proven, staff_token
from services.operations.adapters.operator_log import open_operator_log
from services.operations.domain.errors import OperationsError
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.output import console, refuse, warn
from services.operations.entrypoints.places import CHECKOUT
from services.operations.use_cases.record_rebuild import run_recorded

TOOL = "services.projections.entrypoints.rebuild"
_ONLY_LOOKING = {"--list", "--check", "--plan-only"}
# What it drops was replaced by a rebuild, which is recorded; a generation that is gone is seen in the list of them.
_NO_REPLAY = {"--drop-retired"}


def rebuild(
    context: typer.Context,
    platform: PlatformFile = None,
    by: ActingBy = "",
    show_help: Annotated[bool, typer.Option("--help", help="What can be asked for.")] = False,
) -> None:
    """Build read models anew from the logs beside the live ones, and switch: NAME or --all; --help says more."""
    environment = dict(os.environ)
    if show_help:
        _show_own_options(context)
        # The platform says where its read models are: the tool leaves out an option that its environment answers.
        _end(_run([*context.args, "--help"], {"HUIJI_DATABASE_URL": "", **environment}))
    with reaching():
        running = find_platform(platform)
        environment |= {
            "HUIJI_DATABASE_URL": running.database(),
            "HUIJI_SOURCES": json.dumps(dict(running.services)),
        }
        if _ONLY_LOOKING & set(context.args):
            _end(_run(context.args, environment))
        who = _proven_operator(running, by, context.args, environment)
        environment |= {
            "HUIJI_STAFF_FILE": str(running.staff_file),
            "HUIJI_STAFF_TOKEN": staff_token(running, by),
        }
        if _NO_REPLAY & set(context.args):
            _end(_run(context.args, environment))
        try:
            _end(asyncio.run(_recorded(running.database(), who, context.args, environment)))
        except (OperationsError, EventLogError) as error:
            refuse(str(error), NO)


def _show_own_options(context: typer.Context) -> None:
    console().print("Beside the options below, which are the tool's own:")
    options = [each for each in context.command.params if each.name in ("by", "platform")]
    rows = [(f"  {each.opts[0]}", getattr(each, "help", None)) for each in options]
    for name, what in rows:
        console().print(f"{name}  {what}", markup=False, soft_wrap=True)


def _proven_operator(running: RunningAt, by: str, words: list[str], environment: dict[str, str]) -> str:
    """Who acts. To whoever is not proven a name or an option that is wrong is said first."""
    try:
        return proven(running, by, "operator").id
    except NotProven:
        planning = _plan(words, environment)
        if planning.returncode:
            _end(planning.returncode)
        raise


async def _recorded(database_url: str, who: str, words: list[str], environment: dict[str, str]) -> int:
    """The exit status of the rebuild, which the operators' log tells of; of its planning, when that is refused."""
    planning = await asyncio.to_thread(_plan, words, environment)
    if planning.returncode:
        return planning.returncode
    plans: list[dict[str, Any]] = json.loads(planning.stdout)
    try:
        async with open_operator_log(database_url, plans[0]["shards"]) as log:
            return await run_recorded(log, plans, who, lambda: _run(words, environment))
    except LogIsArchive:
        # Nothing is recorded in a copy of another deployment; its read models may be built all the same.
        warn("This deployment is an archive: the rebuild is not recorded.")
        return await asyncio.to_thread(_run, words, environment)


def _plan(words: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", TOOL, *words, "--plan-only", "--json"]
    return subprocess.run(
        command, env=environment, cwd=CHECKOUT, check=False, stdout=subprocess.PIPE, text=True
    )


def _run(words: list[str], environment: dict[str, str]) -> int:
    """The tool's exit status, negative for a signal. At Ctrl-C it stops as this process does, which waits for it."""
    # It ends with this process: left alone it would switch when nobody is there to record that.
    command = tied_command((sys.executable, "-m", TOOL, *words), signal.SIGTERM)
    return subprocess.run(command, env=environment, cwd=CHECKOUT, check=False).returncode


def _end(status: int) -> NoReturn:
    raise typer.Exit(status if status >= 0 else 128 - status)
