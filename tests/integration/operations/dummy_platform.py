"""Runs a platform of dummy services, or of those named after the directory, until it is told to stop."""

import sys
import time
from pathlib import Path

from libs.local_platform import StopRequested
from services.operations.domain.topology import Service
from services.operations.use_cases.run_platform import PlatformPlan, run_platform

CHECKOUT = Path(__file__).resolve().parents[3]
DUMMY = "tests.integration.operations.dummy_service"


def dummy_plan(directory: Path, *names: str) -> PlatformPlan:
    """A plan with two dummy services, or those named, and a dummy bureau."""
    services = tuple(Service(name, DUMMY, 0) for name in names or ("first", "second"))
    return PlatformPlan(directory, CHECKOUT, services=services, bureau=Service("bureau", DUMMY, 0))


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> None:
    try:
        with run_platform(
            dummy_plan(Path(sys.argv[1]), *sys.argv[2:]), lambda name, state: say(f"{name} {state}")
        ):
            say("all ready")
            while True:
                time.sleep(60)
    except StopRequested:
        say("asked to stop")


if __name__ == "__main__":
    main()
