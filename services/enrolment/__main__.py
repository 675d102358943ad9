"""Run enrolment: `python -m services.enrolment`."""

from pathlib import Path
from typing import cast

from libs.benefits import load_plans
from libs.eventlog import States
from libs.privacy import KeyContention
from libs.runtime.batcher import Batcher
from libs.runtime.history import Folding
from libs.runtime.pump import Pump
from libs.runtime.service import Parts, Runtime, run_service
from libs.runtime.staff import staff_of
from services.enrolment.domain.state import evolve, initial
from services.enrolment.entrypoints.access import access_router
from services.enrolment.entrypoints.consents import consents_router
from services.enrolment.entrypoints.coverages import coverages_router
from services.enrolment.entrypoints.desk import Desk
from services.enrolment.entrypoints.people import people_router
from services.enrolment.settings import EnrolmentSettings
from services.enrolment.use_cases.access_records import AccessRecords
from services.enrolment.use_cases.adopt_policy import AdoptPolicy
from services.enrolment.use_cases.command_people import CommandPeople, Done
from services.enrolment.use_cases.destroy_keys import DestroyKeys
from services.enrolment.use_cases.enrol import Item
from services.enrolment.use_cases.identities import Identities
from services.enrolment.use_cases.show_person import ShowPerson

DESTROY_SECONDS = 2.0


async def build(runtime: Runtime[EnrolmentSettings]) -> Parts:
    """A stream per person, commands in batches, and the pump that destroys keys."""
    settings = runtime.settings
    states = States("enrolment", initial, evolve)
    identities = Identities(runtime.keys, runtime.sealer)
    destruction = Pump(
        "erasure",
        DestroyKeys(runtime.log, states, runtime.keys).step,
        interval_seconds=DESTROY_SECONDS,
        retryable=(KeyContention,),
    )
    people = CommandPeople(runtime.log, states, identities, destruction.wake)
    batcher: Batcher[Item, Done] = Batcher(people.process, limit=settings.commands_per_transaction)
    desk = Desk(batcher, settings.waiting_commands, settings.bulk_bytes)
    show = ShowPerson(runtime.log, states, identities)
    return Parts(
        routers=[
            coverages_router(desk, runtime.log, runtime.pseudonymiser, load_plans(), settings),
            people_router(desk, runtime.pseudonymiser, show),
            consents_router(desk, runtime.pseudonymiser),
            access_router(
                AdoptPolicy(runtime.log),
                AccessRecords(runtime.log),
                staff_of(settings.staff_file),
            ),
        ],
        pumps=[destruction],
        batchers=[cast("Batcher[object, object]", batcher)],
        on_reset=states.clear,
        folding=Folding(states),
    )


if __name__ == "__main__":
    run_service("enrolment", EnrolmentSettings, build, [Path(__file__).parent / "migrations"])
