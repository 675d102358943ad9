"""Run the projections: `python -m services.projections`."""

from pathlib import Path

from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import ServiceSettings
from services.projections.claims.columns import SUBSCRIPTIONS
from services.projections.claims.project import project
from services.projections.entrypoints.http import projections_router


async def build(runtime: Runtime[ServiceSettings]) -> Parts:
    """Everything that is said about claims, into tables."""
    return Parts(subscriptions=SUBSCRIPTIONS, handler=project, routers=[projections_router(runtime.log)])


if __name__ == "__main__":
    run_service("projections", ServiceSettings, build, [Path(__file__).parent / "migrations"])
