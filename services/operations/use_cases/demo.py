"""The demo: real discharges through the running platform, and what became of them."""

from rich.console import Console

from services.operations.domain.platform import Platform


def run_demo(platform: Platform, console: Console) -> None:
    """Push the demo's people and discharges through `platform` and print the summary."""
    for name, url in platform.urls_to_look_at().items():
        console.print(f"  {name:<18}{url}")
