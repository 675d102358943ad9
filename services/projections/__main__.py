"""Run the projections: `python -m services.projections`."""

from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.settings import ServiceSettings
from services.projections.entrypoints.generations import generations_router
from services.projections.entrypoints.http import projections_router
from services.projections.read_model import CLAIMS, GENERATIONS
from services.projections.use_cases.announce_versions import announce_versions


async def build(runtime: Runtime[ServiceSettings]) -> Parts:
    """Everything that is said about claims, into tables."""
    await announce_versions(runtime.log)
    return Parts(
        subscriptions=CLAIMS.subscriptions,
        handler=CLAIMS.handler,
        appends=False,
        unhurried=True,
        routers=[projections_router(runtime.log), generations_router(runtime.log)],
    )


if __name__ == "__main__":
    run_service("projections", ServiceSettings, build, [CLAIMS.migrations, GENERATIONS])
