"""How many discharges intake files and how many people enrolment covers: `python -m tests.benchmarks.measure_edges`.

In one process without HTTP, on a real PostgreSQL with durable commits; it prints items per second and the processor
time of ours that one item takes, which is what a core's worth of it is. Takes about half a minute.
"""
# ruff: noqa: T201 - what it prints is its purpose

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson

from libs.eventlog import EventLog, States
from libs.eventlog.database import open_pool
from libs.interop.national import parse_request, to_national
from libs.local_platform import Processes, create_database_if_missing, start_embedded_postgres
from libs.privacy import (
    KeyStore,
    Pseudonymiser,
    Sealer,
    create_master_key,
    install_key_store,
    open_key_pool,
)
from libs.runtime.clock import new_id, utc_now
from libs.testing.submissions import a_person, a_submission, an_identity_number
from services.enrolment.domain.state import evolve, initial
from services.enrolment.entrypoints.requests import CoverageRequest
from services.enrolment.use_cases.command_people import CommandPeople
from services.enrolment.use_cases.enrol import Enrol
from services.enrolment.use_cases.identities import Identities
from services.intake.domain.filing import Original, Sending
from services.intake.use_cases.file_submissions import FileSubmissions
from services.intake.use_cases.prepare import Prepare

SERVICES = Path(__file__).parents[2] / "services"
DISCHARGES, PER_TRANSACTION = 6_000, 200
PEOPLE, PEOPLE_PER_TRANSACTION = 10_000, 500
FIRST_BORN = date(1950, 1, 1)


def an_order(number: int) -> str:
    """The identity number of the so-manieth person."""
    return an_identity_number(born=FIRST_BORN + timedelta(days=number // 900), order=number % 900)


def a_discharge(number: int) -> bytes:
    person = a_person(an_order(number))
    return orjson.dumps(to_national(a_submission(submission_id=f"S{number}", person=person)))


def a_coverage(number: int) -> bytes:
    person = {
        "name": "测试甲",
        "id_number": an_order(number),
        "phone": "13900000001",
        "account": "6222020200001",
    }
    terms = {
        "plan_id": "demo-generic", "covered_from": "2026-01-01", "covered_to": "2026-12-31",
        "scheme": "resident", "premium_fen": 9_900, "premium_payer": "self",
    }  # fmt: skip
    return orjson.dumps({"person": person, **terms})


async def measured(
    what: str, bodies: Sequence[bytes], at_once: int, take: Callable[[Sequence[bytes]], Awaitable[Any]]
) -> None:
    """Time `take` over all bodies, `at_once` of them together."""
    began, busy = time.perf_counter(), time.process_time()
    for start in range(0, len(bodies), at_once):
        await take(bodies[start : start + at_once])
    took, worked = time.perf_counter() - began, time.process_time() - busy
    print(
        f"{what}: {len(bodies) / took:,.0f} /s, {worked / len(bodies) * 1e6:.0f} µs of our processor time each"
        f" (a core's worth: {len(bodies) / worked:,.0f} /s)"
    )


async def open_log(url: str, name: str) -> EventLog:
    log = EventLog(await open_pool(url, name, size=4), name, 8, utc_now, new_id)
    await log.prepare([SERVICES / name / "migrations"])
    return log


async def measure(url: str, master_key_file: Path) -> None:
    ring = create_master_key(master_key_file)
    key_pool = await open_key_pool(url)
    async with key_pool.acquire() as connection:
        await install_key_store(connection)
    keys = KeyStore(key_pool, ring)
    sealer, pseudonymiser = Sealer(keys), Pseudonymiser(ring.pseudonym_secret())

    prepare = Prepare(pseudonymiser, utc_now)
    filing = FileSubmissions(
        await open_log(url, "intake"), sealer, keys, pseudonymiser, 90, wake_rejections=lambda: None
    )

    async def read_only(bodies: Sequence[bytes]) -> None:
        for body in bodies:
            prepare.either(parse_request, Sending("settlement_http", Original("application/json", body)))

    async def file(bodies: Sequence[bytes]) -> None:
        await filing.process(
            [
                prepare.either(parse_request, Sending("settlement_http", Original("application/json", body)))
                for body in bodies
            ]
        )

    discharges = [a_discharge(number) for number in range(DISCHARGES)]
    await measured("intake, reading and checking alone", discharges, PER_TRANSACTION, read_only)
    await measured("intake, from JSON to committed claim", discharges, PER_TRANSACTION, file)
    await measured("intake, the same again (replays)", discharges, PER_TRANSACTION, file)

    log = await open_log(url, "enrolment")
    identities = Identities(keys, sealer)
    people = CommandPeople(log, States("enrolment", initial, evolve), identities, lambda: None)

    async def enrol(bodies: Sequence[bytes]) -> None:
        asked = [CoverageRequest.model_validate_json(body) for body in bodies]
        await people.process(
            [
                Enrol(pseudonymiser.person_id(one.person.id_number), one.terms(), one.person.model_dump())
                for one in asked
            ]
        )

    coverages = [a_coverage(100_000 + number) for number in range(PEOPLE)]
    await measured("enrolment, from JSON to committed coverage", coverages, PEOPLE_PER_TRANSACTION, enrol)


def main() -> None:
    """Run everything on a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory() as directory, Processes(Path(directory) / "logs") as processes:
        server = start_embedded_postgres(processes, Path(directory) / "postgres")
        url = asyncio.run(create_database_if_missing(server, "huiji"))
        asyncio.run(measure(url, Path(directory) / "master.key"))


if __name__ == "__main__":
    main()
