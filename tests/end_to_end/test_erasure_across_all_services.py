"""After claims of three ways in went to the bank and into the archive, their people are erased: nothing is readable.

The bank and the bureau are other people's systems; their books are not searched.
"""

import asyncio
import zlib
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx2
import orjson

from libs.interop.submission import Person
from libs.privacy import Pseudonymiser
from libs.privacy.master_key import read_master_key
from libs.testing.canaries import Canaries
from libs.testing.places_to_look import database_files, dump, topics, written_files
from libs.testing.postgres import in_own_loop
from libs.testing.waiting import PATIENCE_SECONDS, wait_until
from services.operations.adapters.archive_log import open_archive_log
from services.operations.domain.archiving import ConsumersBehind, approve
from services.operations.domain.topology import SHARDS
from services.operations.use_cases.archive_claims import plan_archiving, run_archiving
from services.operations.use_cases.export_history import export_history
from services.operations.use_cases.restore_archived import check_archives
from services.operations.use_cases.verify_chains import verify_export
from tests.end_to_end.conftest import Ran

OTHER_PEOPLES = ("bank", "bureau_simulator")


def test_erased_people_are_nowhere_and_histories_still_verify(ran: Ran, tmp_path: Path) -> None:
    people = _people(ran)
    wait_until(lambda: _are_put_away(ran), "everybody has heard everything, and closed claims are archived")
    for person in people.values():
        ran.ask(
            "POST", "enrolment", "/people/erase", {"id_number": person.id_number, "requested_by": "desk-7"}
        )
    owners = _person_ids(ran, list(people.values()))
    wait_until(lambda: _live_keys(ran, owners) == 0, "the keys are destroyed")
    asyncio.run(export_history(ran.running, tmp_path / "export", datetime.now(UTC)))

    personal = Canaries(_personal_strings(ran, people))
    hospital = Canaries({"hospital": ran.given.examples[0].submissions[0].hospital_id})
    for place, contents in _places(ran, tmp_path / "export").items():
        assert personal.found_in_any(contents) == {}, place
        if place in ("dump", "database files", "topics", "archive", "export"):
            assert hospital.found_in_any(contents), f"the search finds nothing in {place}"
    assert all(chain.broken is None for chain in verify_export(tmp_path / "export"))
    checked = in_own_loop(check_archives(ran.platform.addresses.database_url))
    assert all(one.whole for one in checked.values())
    assert sum(one.events for one in checked.values()) > 0


def _are_put_away(ran: Ran) -> bool:
    """The bodies of all that is closed by now lie in the archive; False while somebody has not heard of something."""
    url, archiving_id = ran.platform.addresses.database_url, str(uuid4())

    async def put_away() -> bool:
        async with open_archive_log(url, SHARDS) as log:
            try:
                await plan_archiving(
                    log, url, archiving_id, log.clock(), ran.directory / "archive", "operator-01"
                )
            except ConsumersBehind:
                return False
            await log.record(
                archiving_id, lambda each: approve(each, archiving_id, "operator-02", log.clock())
            )
            await run_archiving(log, url, archiving_id, "operator-01")
        return True

    return in_own_loop(put_away())


def _archived(directory: Path) -> list[tuple[str, bytes]]:
    """What lies in the archive's files, unpacked."""
    found = []
    for path in directory.rglob("*.segment"):
        _, said, packed = path.read_bytes().split(b"\n", 2)
        for block in orjson.loads(said)["blocks"]:
            data = packed[block["begins_at"] : block["begins_at"] + block["bytes"]]
            found.append((f"{path.name} from {block['begins_at']}", zlib.decompress(data)))
    return found


def _people(ran: Ran) -> dict[str, Person]:
    """One person of each way in, all of them with claims at rest."""
    return {
        "published": ran.given.examples[0].person,
        "http": ran.given.by_http[0].person,
        "topic": ran.given.by_topic[0].person,
        "fhir": ran.given.encounters[0].insured.person,
    }


def _personal_strings(ran: Ran, people: dict[str, Person]) -> dict[str, str]:
    accounts = {one.person.id_number: one.coverage.account for one in ran.given.residents}
    planted: dict[str, str] = {}
    for way, person in people.items():
        planted |= {f"{way} name": person.name, f"{way} number": person.id_number}
        planted[f"{way} account"] = accounts[person.id_number]
        if person.phone:
            planted[f"{way} phone"] = person.phone
    return planted


def _places(ran: Ran, export: Path) -> dict[str, list[tuple[str, bytes]]]:
    url = ran.platform.addresses.database_url
    metrics = [
        (f"{base}/metrics", httpx2.get(f"{base}/metrics", timeout=PATIENCE_SECONDS).content)
        for base in _urls(ran)
    ]
    return {
        "dump": [("dump", dump(url))],
        "database files": database_files(url),
        "topics": topics(ran.platform.addresses.kafka),
        "archive": _archived(ran.directory / "archive"),
        "export": list(written_files(export)),
        "logs, traces and the broker's files": [
            (name, content) for name, content in written_files(ran.directory) if not _is_other_peoples(name)
        ],
        "metrics": metrics,
    }


def _is_other_peoples(name: str) -> bool:
    return Path(name).name.startswith(OTHER_PEOPLES)


def _urls(ran: Ran) -> list[str]:
    return list(ran.platform.addresses.services.values())


def _person_ids(ran: Ran, people: list[Person]) -> list[str]:
    pseudonymiser = Pseudonymiser(read_master_key(ran.platform.addresses.master_key_file).pseudonym_secret())
    return [pseudonymiser.person_id(person.id_number) for person in people]


def _live_keys(ran: Ran, owners: list[str]) -> int:
    async def count() -> int:
        connection = await asyncpg.connect(ran.platform.addresses.database_url)
        try:
            found: int = await connection.fetchval(
                "select count(*) from privacy.person_key where owner = any ($1::text[]) and wrapped_key is not null",
                owners,
            )
            return found
        finally:
            await connection.close()

    return in_own_loop(count())
