"""Run the projections: `python -m services.projections`."""

from libs.runtime.readers import read_readers
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.staff import staff_of
from services.projections.adapters.access_records import AccessRecords
from services.projections.entrypoints.asking import LookOf, limited, unlimited
from services.projections.entrypoints.generations import generations_router
from services.projections.entrypoints.http import projections_router
from services.projections.read_model import CLAIMS, GENERATIONS
from services.projections.settings import ProjectionsSettings
from services.projections.use_cases.announce_versions import announce_versions


async def build(runtime: Runtime[ProjectionsSettings]) -> Parts:
    """Everything that is said about claims, into tables."""
    await announce_versions(runtime.log)
    return Parts(
        subscriptions=CLAIMS.subscriptions,
        handler=CLAIMS.handler,
        appends=False,
        unhurried=True,
        routers=[projections_router(runtime.log, _looking(runtime)), generations_router(runtime.log)],
    )


def _looking(runtime: Runtime[ProjectionsSettings]) -> LookOf:
    settings = runtime.settings
    if settings.reader_file is None:
        return unlimited(runtime.log)
    staff = staff_of(settings.staff_file)
    records = AccessRecords(runtime.http, settings.sources["enrolment"])
    return limited(runtime.log, read_readers(settings.reader_file), staff, records)


if __name__ == "__main__":
    run_service("projections", ProjectionsSettings, build, [CLAIMS.migrations, GENERATIONS])
