"""`huiji demo`: everything, on fresh data, with real discharges."""

from typing import Annotated

import typer
from rich.console import Console

from services.operations.entrypoints.places import CHECKOUT, DEMO
from services.operations.entrypoints.progress import StartProgress
from services.operations.entrypoints.serving import (
    Open,
    print_addresses,
    reporting,
    serve_until_stopped,
    warn_if_open,
)
from services.operations.use_cases.demo import run_demo
from services.operations.use_cases.forget import forget
from services.operations.use_cases.run_platform import PlatformPlan, run_platform


def demo(
    exit_when_done: Annotated[bool, typer.Option("--exit", help="Stop by itself after the summary.")] = False,
    unproven: Open = False,
) -> None:
    """Start the platform on fresh data, push the demo's discharges through it, print what became of them."""
    console = Console()
    warn_if_open(console, unproven)
    with reporting(console):
        forget(DEMO)
        with run_platform(PlatformPlan(DEMO, CHECKOUT, open=unproven), StartProgress(console)) as running:
            run_demo(running.platform, console)
            print_addresses(console, running)
            if not exit_when_done:
                console.print("Serving until Ctrl-C.")
                serve_until_stopped(running)
