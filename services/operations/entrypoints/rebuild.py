"""`huiji rebuild`: read models built anew; the tool is projections' own and is started here with what it needs."""

import json
import os
import subprocess
import sys
from typing import Annotated

import typer

from services.operations.adapters.credentials import proven, staff_token
from services.operations.entrypoints.finding import ActingBy, PlatformFile, find_platform, reaching
from services.operations.entrypoints.places import CHECKOUT

TOOL = "services.projections.entrypoints.rebuild"
_ONLY_LOOKING = {"--list", "--check"}


def rebuild(
    context: typer.Context,
    platform: PlatformFile = None,
    by: ActingBy = "",
    show_help: Annotated[bool, typer.Option("--help", help="What can be asked for.")] = False,
) -> None:
    """Build read models anew from the logs beside the live ones, and switch: NAME or --all; --help says more."""
    environment = dict(os.environ)
    if show_help:
        context.args.append("--help")
    else:
        with reaching():
            running = find_platform(platform)
            environment |= {
                "HUIJI_DATABASE_URL": running.database(),
                "HUIJI_SOURCES": json.dumps(dict(running.services)),
            }
            if not _ONLY_LOOKING & set(context.args):
                proven(running, by, "operator")
                environment |= {
                    "HUIJI_STAFF_FILE": str(running.staff_file),
                    "HUIJI_STAFF_TOKEN": staff_token(running, by),
                }
    # The tool stops at Ctrl-C as this process does, which then only waits for it.
    tool = subprocess.run(
        [sys.executable, "-m", TOOL, *context.args], env=environment, cwd=CHECKOUT, check=False
    )
    raise typer.Exit(tool.returncode if tool.returncode >= 0 else 128 - tool.returncode)
