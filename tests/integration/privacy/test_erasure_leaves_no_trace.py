"""Personal data planted through every way in is nowhere in clear, and noise once its people are erased.

Another service joins the test by its line in SERVICES.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx2
import orjson
import pytest

from libs import contracts
from libs.contracts.intake import ClaimRegistered
from libs.eventlog import Recorded, parking
from libs.eventlog.parking import Poison
from libs.eventlog.verify import stream_holes, verify_shard
from libs.interop.fhir import encode_bundle
from libs.privacy import Erased, KeyStore, Sealer, open_key_pool, read_master_key
from libs.testing import places_to_look
from libs.testing.canaries import Canaries
from libs.testing.enrolling import a_coverage, enrol, wait_until_erased
from libs.testing.hospital import Hospital
from libs.testing.kafka import KafkaUnderTest
from libs.testing.planted import MARKER, Planted
from libs.testing.postgres import PostgresUnderTest, in_own_loop
from libs.testing.services import SHARDS, ServicesUnderTest, services_under_test
from libs.testing.waiting import wait_until

#: In the order of their start, with their own settings.
SERVICES: Final[Mapping[str, Mapping[str, str]]] = {"enrolment": {}, "intake": {}}

Seal = tuple[str | None, str, str]
"""Person (None: unknown), sealed text, and the context it was sealed for."""

SEALED_FIELDS = {
    "ClaimRegistered": ("identity", "medical"),
    "ClaimCorrected": ("identity", "medical"),
    "SubmissionRefused": ("original",),
}


PEOPLE = {
    way: Planted(order)
    for order, way in enumerate(
        ("http", "fhir", "topic", "refused_http", "refused_fhir", "refused_topic", "enrolled", "unknown"), 1
    )
}
CANARIES = Canaries(
    {f"{way} {field}": text for way, person in PEOPLE.items() for field, text in person.strings.items()}
)
#: The "unknown" person's number cannot be read anywhere, so nobody can ask for their erasure.
ERASED = {way: person for way, person in PEOPLE.items() if way != "unknown"}


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest, fresh_kafka: KafkaUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """The services, each writing its spans to a file."""
    directory = tmp_path_factory.mktemp("erasure")
    with services_under_test(postgres, directory, fresh_kafka.bootstrap) as started:
        started.reserve_ports(*SERVICES)
        for name, settings in SERVICES.items():
            started.start(name, {"HUIJI_TRACE_FILE": str(directory / f"{name}.spans.jsonl"), **settings})
        yield started


@dataclass(frozen=True)
class Snapshot:
    """What was found at one moment: contents by kind of place, and every seal with what it opens to."""

    services: ServicesUnderTest
    contents: Mapping[str, Sequence[tuple[str, bytes]]]
    seals: Sequence[Seal]
    documents: Sequence[dict[str, Any] | Erased]


@pytest.fixture(scope="module")
def planted(services: ServicesUnderTest) -> Snapshot:
    """Everybody has come in: as claims, refused, conflicting, malformed, enrolled, and parked."""
    hospital = Hospital(services)
    _plant_claims(hospital)
    _plant_changes(hospital)
    _plant_refusals(hospital)
    _plant_enrolments(services)
    _plant_parked(services)
    return _snapshot(services)


@pytest.fixture(scope="module")
def erased(planted: Snapshot) -> Snapshot:
    """Everybody who can be named was erased, and every service has heard of it."""
    services = planted.services
    for person in ERASED.values():
        body = {"id_number": person.strings["id_number"], "requested_by": "operator:7"}
        services.send("POST", "enrolment", "/people/erase", body).raise_for_status()
    for person in ERASED.values():
        wait_until_erased(services, services.pseudonymiser.person_id(person.strings["id_number"]))
    for name in SERVICES:
        if name != "enrolment":
            services.wait_until_heard(name, "enrolment")
    return _snapshot(services)


def _snapshot(services: ServicesUnderTest) -> Snapshot:
    wait_until(lambda: _all_published(services), "everything is published")
    wait_until(lambda: _all_traced(services), "the spans of all claims are written")
    seals = _seals(services)
    return Snapshot(services, _everything(services), seals, _opened(services, seals))


def _plant_claims(hospital: Hospital) -> None:
    http, fhir, topic = PEOPLE["http"], PEOPLE["fhir"], PEOPLE["topic"]
    key = http.strings["idempotency_key"]
    answer = hospital.post("/settlements", orjson.dumps(http.national("http")), idempotency_key=key)
    assert answer.status_code == 202
    answer = hospital.post("/fhir", encode_bundle(fhir.bundle("fhir")), "application/fhir+json")
    assert answer.status_code == 202
    hospital.produce(hospital.encrypted(orjson.dumps(topic.national("topic")), MARKER))
    wait_until(lambda: len(_claims(hospital.services)) == 3, "three claims by three ways")


def _plant_changes(hospital: Hospital) -> None:
    """A correction, one that would make it another person's, and a cancellation of what nobody has filed."""
    http = PEOPLE["http"]
    path = f"/settlements/{MARKER}/{http.submission('http').submission_id}"
    corrected = http.national("http")
    corrected["feedetail"].reverse()
    assert hospital.send("PUT", path, orjson.dumps(corrected)).status_code == 202
    another = PEOPLE["refused_http"].national("http")
    another["setlinfo"]["setl_id"] = corrected["setlinfo"]["setl_id"]
    refused = hospital.send("PUT", path, orjson.dumps(another))
    assert refused.json()["errors"][0]["code"] == "person_changed"
    assert (
        hospital.post(f"/settlements/{MARKER}/{http.strings['id_number']}/cancellation", b"").status_code
        == 422
    )


def _plant_refusals(hospital: Hospital) -> None:
    """Broken sums, ids that are names, conflicts, broken structures, broken syntax, and what nobody can open."""
    http = PEOPLE["refused_http"]
    broken = http.national("refused")
    broken["setlinfo"] |= {"medfee_sumamt": http.strings["note"], "setl_id": http.strings["name"]}
    assert hospital.post("/settlements", orjson.dumps(broken)).status_code == 422
    telling = http.national("telling")
    telling["setlinfo"]["setl_id"] = f"{http.strings['id_number']}-1"
    assert hospital.post("/settlements", orjson.dumps(telling)).status_code == 422
    telling["setlinfo"]["psn_cash_pay"] = "1.00"
    assert hospital.post("/settlements", orjson.dumps(telling)).status_code == 422
    conflicting = PEOPLE["http"].national("http")
    conflicting["huiji"]["note"] = PEOPLE["http"].strings["note"] + "2"
    assert hospital.post("/settlements", orjson.dumps(conflicting)).status_code == 409
    cut_off = orjson.dumps(http.national("cut-off"))[:-1]
    assert hospital.post("/settlements", cut_off).status_code == 400
    fhir = PEOPLE["refused_fhir"]
    bundle = fhir.bundle("refused")
    bundle["entry"][0]["resource"]["gender"] = fhir.strings["name"]
    refused = hospital.post("/fhir", encode_bundle(bundle), "application/fhir+json")
    assert refused.status_code == 422
    assert CANARIES.found_in(refused.content) == set()
    topic = PEOPLE["refused_topic"]
    document = topic.national("refused")
    document["setlinfo"]["psn_cash_pay"] = "1.00"
    unknown = PEOPLE["unknown"].national("refused")
    unknown["setlinfo"]["certno"] = PEOPLE["unknown"].strings["id_number"][:-1] + "?"
    bodies = [document, unknown, PEOPLE["topic"].national("topic") | {"huiji": {"note": "another"}}]
    values = [hospital.encrypted(orjson.dumps(body), MARKER) for body in bodies]
    values.append(hospital.encrypted(orjson.dumps(document)[:-1], MARKER))
    values.append(hospital.encrypted(orjson.dumps(document), "H-somebody-else"))
    for place in hospital.produce(*values, reference="ref-1"):
        rejection = hospital.await_rejection(place)
        assert CANARIES.found_in(orjson.dumps(rejection)) == set()


def _plant_enrolments(services: ServicesUnderTest) -> None:
    for person in ERASED.values():
        strings = person.strings
        named = {name: strings[name] for name in ("name", "phone", "account", "account_bank")}
        request = a_coverage(strings["id_number"], person=named)
        assert enrol(services, request).status_code == 201
        assert enrol(services, request | {"premium_fen": 1}).status_code == 409
    strings = PEOPLE["enrolled"].strings
    wrong = a_coverage("x", person=dict.fromkeys(("name", "phone", "account"), strings["note"] * 9))
    answers = [
        enrol(services, wrong | {"plan_id": strings["name"], strings["note"]: strings["note"]}),
        services.get("enrolment", f"/people/{strings['id_number']}"),
        services.send("POST", "enrolment", "/people/erase", {"requested_by": strings["id_number"]}),
    ]
    assert [answer.status_code for answer in answers] == [422, 404, 422]
    assert CANARIES.found_in(answers[0].content + answers[2].content) == set()


def _plant_parked(services: ServicesUnderTest) -> None:
    """A claim that a service could not process: its event waits in the service's own table."""
    recorded = _claims(services)[0]

    async def park() -> None:
        connection = await asyncpg.connect(services.database_url, server_settings={"search_path": "intake"})
        try:
            await parking.park(connection, [(recorded, Poison("planted", "by a test"))], recorded.recorded_at)
        finally:
            await connection.close()

    in_own_loop(park())


def _claims(services: ServicesUnderTest) -> list[Recorded]:
    return [recorded for recorded in services.log("intake") if recorded.type == ClaimRegistered.__name__]


def _all_published(services: ServicesUnderTest) -> bool:
    return all(
        services.query(
            name, "select 1 from shard join relay using (shard) where shard.position > relay.position"
        )
        == []
        for name in SERVICES
    )


def _all_traced(services: ServicesUnderTest) -> bool:
    written = b"".join(content for _, content in places_to_look.written_files(services.directory))
    return all(recorded.subject.encode() in written for recorded in _claims(services))


def _exports(services: ServicesUnderTest) -> list[tuple[str, bytes]]:
    """What the services answer to whoever asks."""
    common = [f"/log/{shard}?limit=10000" for shard in range(SHARDS)]
    common += ["/metrics", "/parked", "/asyncapi.json", "/openapi.json"]
    asked = [(name, path) for name in SERVICES for path in common]
    subjects = [recorded.subject for recorded in _claims(services)]
    claim_ids = [subject.removeprefix("claim-") for subject in subjects]
    asked += [("intake", f"/parked/{subject}") for subject in subjects]
    asked += [("intake", f"/claims/{claim_id}") for claim_id in claim_ids]
    asked += [("intake", f"/fhir/ClaimResponse/{claim_id}") for claim_id in claim_ids]
    person_ids = [services.pseudonymiser.person_id(one.strings["id_number"]) for one in ERASED.values()]
    asked += [("enrolment", f"/people/{person_id}") for person_id in person_ids]
    return [(f"{name} {path}", services.get(name, path).content) for name, path in asked]


def _everything(services: ServicesUnderTest) -> dict[str, list[tuple[str, bytes]]]:
    services_files = list(places_to_look.written_files(services.directory))
    return {
        "dump": [("pg_dump", places_to_look.dump(services.database_url))],
        "database files": places_to_look.database_files(services.database_url),
        "topics": places_to_look.topics(services.bootstrap),
        "logs": [(name, content) for name, content in services_files if name.endswith(".log")],
        "traces": [(name, content) for name, content in services_files if name.endswith(".spans.jsonl")],
        "exports": _exports(services),
    }


@pytest.mark.parametrize("state", ["planted", "erased"])
def test_no_planted_string_is_anywhere(state: str, request: pytest.FixtureRequest) -> None:
    snapshot: Snapshot = request.getfixturevalue(state)
    for kind, contents in snapshot.contents.items():
        assert CANARIES.found_in_any(contents) == {}, f"found in {kind} when {state}"


def test_the_search_sees_what_is_there(planted: Snapshot) -> None:
    """In each kind of place something that is not personal is found by the same search."""
    claim = _claims(planted.services)[0].subject
    marks = Canaries({"hospital": MARKER, "claim": claim, "log line": '"event": "started"'})
    expected = {"logs": {"log line"}, "traces": {"claim"}, "database files": {"hospital", "claim"}}
    for kind, contents in planted.contents.items():
        found = set().union(*marks.found_in_any(contents).values())
        assert found >= expected.get(kind, {"hospital", "claim"}), f"the search is blind in {kind}"


def test_before_the_erasure_every_seal_opens_and_holds_what_was_planted(planted: Snapshot) -> None:
    assert not any(isinstance(document, Erased) for document in planted.documents)
    found = CANARIES.found_in(orjson.dumps(planted.documents))
    for way in ("http", "fhir", "topic"):
        fields = {field.partition(" ")[2] for field in found if field.startswith(f"{way} ")}
        assert {"name", "id_number", "phone", "diagnosis_code", "procedure_name", "note"} <= fields
    for way in ("refused_http", "refused_fhir", "refused_topic", "unknown"):
        assert any(field.startswith(f"{way} ") for field in found), f"the original of {way} is kept"


def test_after_it_seals_of_erased_people_are_noise_and_all_others_open(erased: Snapshot) -> None:
    for (person_id, _, _), document in zip(erased.seals, erased.documents, strict=True):
        assert isinstance(document, Erased) == (person_id is not None)
    assert any(person_id is None for person_id, _, _ in erased.seals), "an unknown person's original is kept"


def test_histories_and_hash_chains_stay_valid(erased: Snapshot) -> None:
    services = erased.services

    async def verify() -> int:
        events = 0
        for name in SERVICES:
            connection = await asyncpg.connect(services.database_url, server_settings={"search_path": name})
            try:
                assert await stream_holes(connection) == []
                for shard in range(SHARDS):
                    events += (await verify_shard(connection, name, shard)).events
            finally:
                await connection.close()
        return events

    assert in_own_loop(verify()) == sum(len(services.log(name)) for name in SERVICES)
    for name in SERVICES:
        for recorded in services.log(name):
            assert contracts.event_type(recorded.decode()) == recorded.type


def test_a_settlement_of_an_erased_person_sent_again_is_the_claim_it_was(
    erased: Snapshot,
) -> None:
    again = Hospital(erased.services).post("/settlements", orjson.dumps(PEOPLE["http"].national("http")))
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")


def test_intake_seals_nothing_under_a_key_that_is_destroyed(erased: Snapshot) -> None:
    """A later discharge of an erased person is a new matter: it is sealed under a new key, and opens."""
    document = PEOPLE["http"].national("http-later")
    later: httpx2.Response = Hospital(erased.services).post("/settlements", orjson.dumps(document))
    assert later.status_code == 202
    claim = f"claim-{later.json()['claim_id']}"
    (event,) = [recorded.decode() for recorded in _claims(erased.services) if recorded.subject == claim]
    assert isinstance(event, ClaimRegistered)
    (identity,) = _opened(erased.services, [(event.person_id, event.identity, "ClaimRegistered.identity")])
    assert isinstance(identity, dict)
    assert identity["name"] == PEOPLE["http"].strings["name"]


def _seals(services: ServicesUnderTest) -> list[Seal]:
    """Every sealed field of intake's and enrolment's events."""
    found: list[Seal] = []
    for recorded in [*services.log("intake"), *services.log("enrolment")]:
        event = recorded.decode()
        fields = SEALED_FIELDS.get(recorded.type, ("identity",) if hasattr(event, "identity") else ())
        person_id: str | None = getattr(event, "person_id")  # noqa: B009 - of all their events
        # Who opens a claim's seals need not know its revision.
        sealed_as = "ClaimRegistered" if recorded.type == "ClaimCorrected" else recorded.type
        found += [(person_id, getattr(event, name), f"{sealed_as}.{name}") for name in fields]
    return found


def _opened(services: ServicesUnderTest, seals: Sequence[Seal]) -> list[dict[str, Any] | Erased]:
    async def unseal() -> list[dict[str, Any] | Erased]:
        pool = await open_key_pool(services.database_url, max_size=1)
        try:
            sealer = Sealer(KeyStore(pool, read_master_key(services.master_key_file)))
            return await sealer.unseal_many([(sealed, context) for _, sealed, context in seals])
        finally:
            await pool.close()

    return in_own_loop(unseal())
