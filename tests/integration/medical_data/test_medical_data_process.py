"""Medical data as its real process against the simulated bureau: healthy, wrong, dead, and back again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.intake import ClaimRegistered
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from libs.interop.bureau import Deposit
from libs.privacy import KeyStore, open_key_pool, read_master_key, unseal_json
from libs.testing.heard_events import a_claim_registered, a_person_erased, a_visit
from libs.testing.postgres import PostgresUnderTest, in_own_loop
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.submissions import a_settlement, an_identity_number
from libs.testing.waiting import wait_until
from services.medical_data.adapters.bureau import canonical_digest

IMPATIENT = {
    "HUIJI_RECORDS_WITHIN_SECONDS": "1.5",
    "HUIJI_RECORDS_ATTEMPTS": "50",
    "HUIJI_FIRST_PAUSE_SECONDS": "0.1",
    "HUIJI_LONGEST_PAUSE_SECONDS": "0.3",
    "HUIJI_LATE_PAUSE_SECONDS": "0.3",
    "HUIJI_POLL_SECONDS": "0.1",
    "HUIJI_BUREAU_TIMEOUT_SECONDS": "1",
}


@pytest.fixture(scope="module")
def services(
    postgres: PostgresUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServicesUnderTest]:
    """Medical data with a bureau and what it listens to."""
    with services_under_test(postgres, tmp_path_factory.mktemp("medical_data")) as started:
        started.start("bureau_simulator")
        started.start_source("intake", "enrolment")
        started.start("medical_data", IMPATIENT | {"HUIJI_BUREAU_URL": started.url("bureau_simulator")})
        yield started


@pytest.fixture(autouse=True)
def healthy_bureau(services: ServicesUnderTest) -> None:
    control(services)


def control(services: ServicesUnderTest, **misbehaviour: Any) -> None:
    """Tell the bureau how to misbehave; nothing mends it."""
    services.send("PUT", "bureau_simulator", "/control", misbehaviour).raise_for_status()


def id_number(order: int) -> str:
    return an_identity_number(order=order)


def registered(services: ServicesUnderTest, claim_id: str, order: int) -> ClaimRegistered:
    """A claim of the person with that order number, sealed as intake seals it."""
    person_id = services.pseudonymiser.person_id(id_number(order))
    document = {"name": "测试甲", "id_number": id_number(order), "phone": None}
    identity = services.sealed(person_id, "ClaimRegistered.identity", document)
    return a_claim_registered(claim_id, person_id=person_id, identity=identity)


def deposit(services: ServicesUnderTest, claim_id: str, order: int, **changes: Any) -> None:
    """Let the insurance centre record the claim's settlement."""
    visit, settlement = a_visit(), a_settlement()
    values: dict[str, Any] = {
        "setl_id": f"S-{claim_id}",
        "certno": id_number(order),
        "fixmedins_code": visit.hospital_id,
        "med_type": visit.med_type,
        "begndate": visit.admitted_on,
        "enddate": visit.discharged_on,
        "medfee_sumamt": f"{settlement.total_fen // 100}.00",
        "fund_pay_sumamt": f"{settlement.fund_total_fen // 100}.00",
        "diag_code": "I25.103",
    }
    record = Deposit(**(values | changes))
    body = [{name: _json(getattr(record, name)) for name in record.__struct_fields__}]
    services.send("POST", "bureau_simulator", "/settlements", body).raise_for_status()


def _json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def attached(services: ServicesUnderTest, claim_id: str) -> RecordsAttached:
    """The records of a claim, once they are there."""

    def found() -> list[RecordsAttached]:
        return [e for e in services.said("medical_data", RecordsAttached) if e.claim_id == claim_id]

    wait_until(lambda: bool(found()), f"records of {claim_id}")
    (event,) = found()
    return event


def unavailable(services: ServicesUnderTest, claim_id: str) -> RecordsUnavailable:
    """The statement that no records of a claim came, once it is there."""

    def found() -> list[RecordsUnavailable]:
        return [e for e in services.said("medical_data", RecordsUnavailable) if e.claim_id == claim_id]

    wait_until(lambda: bool(found()), f"{claim_id} is given up")
    (event,) = found()
    return event


def test_records_are_attached_with_provenance_and_the_sealed_answer(services: ServicesUnderTest) -> None:
    claim = registered(services, "healthy", 101)
    begins = claim.visit.admitted_on - timedelta(days=30)
    deposit(services, "before", 101, begndate=begins, enddate=begins + timedelta(days=5))
    deposit(services, "healthy", 101)
    services.say("intake", claim)
    event = attached(services, "healthy")
    assert event.settlement_matches
    assert (event.bureau_total_fen, event.bureau_fund_fen) == (150_000, 60_000)
    assert begins in {stay.admitted_on for stay in event.prior_stays if stay.related}
    assert event.provenance.source == services.url("bureau_simulator")
    answer = in_own_loop(_opened(services, event))
    assert answer["setl_id"] == "S-healthy"
    assert canonical_digest(answer) == event.provenance.response_digest


def test_the_records_are_caused_by_the_registration(services: ServicesUnderTest) -> None:
    deposit(services, "caused", 103)
    services.say("intake", registered(services, "caused", 103))
    attached(services, "caused")
    (cause,) = [r for r in services.log("intake") if r.subject == "claim-caused"]
    # On a slow machine what is said in the records' absence comes before them.
    effects = [r for r in services.log("medical_data") if r.subject == "claim-caused"]
    assert "RecordsAttached" in {effect.type for effect in effects}
    assert {effect.caused_by for effect in effects} == {cause.event_id}
    assert {effect.traceparent for effect in effects} == {cause.traceparent}


def test_a_wrong_amount_is_told(services: ServicesUnderTest) -> None:
    deposit(services, "wrong", 105)
    control(services, wrong_amount_rate_bp=10_000)
    services.say("intake", registered(services, "wrong", 105))
    event = attached(services, "wrong")
    assert not event.settlement_matches
    assert event.bureau_total_fen > 150_000


def test_a_settlement_that_the_bureau_does_not_know_in_time_is_attached_when_it_does(
    services: ServicesUnderTest,
) -> None:
    services.say("intake", registered(services, "late", 107))
    assert unavailable(services, "late").reason == "settlement_not_found"
    deposit(services, "late", 107)
    assert attached(services, "late").settlement_matches


def test_a_dead_bureau_makes_claims_wait_then_go_on_and_be_trued_up(services: ServicesUnderTest) -> None:
    claims = [f"dead-{number}" for number in range(5)]
    for number, claim_id in enumerate(claims):
        deposit(services, claim_id, 201 + 2 * number)
    control(services, dead=True)
    services.say(
        "intake", *(registered(services, claim_id, 201 + 2 * n) for n, claim_id in enumerate(claims))
    )
    for claim_id in claims:
        given_up = unavailable(services, claim_id)
        assert given_up.reason == "bureau_unreachable"
    assert services.get("medical_data", "/lookups").json()["late"] == len(claims)
    assert services.get("medical_data", "/health/ready").status_code == 200
    control(services)
    for claim_id in claims:
        assert attached(services, claim_id).settlement_matches
    wait_until(
        lambda: services.get("medical_data", "/lookups").json()["late"] == 0, "nothing is looked for any more"
    )


def test_a_bureau_that_fails_now_and_then_is_asked_again(services: ServicesUnderTest) -> None:
    deposit(services, "flaky", 109)
    control(services, error_rate_bp=5_000)
    services.say("intake", registered(services, "flaky", 109))
    assert attached(services, "flaky").settlement_matches


def test_a_claim_that_is_announced_twice_is_looked_up_once(services: ServicesUnderTest) -> None:
    deposit(services, "twice", 111)
    claim = registered(services, "twice", 111)
    services.say("intake", claim, claim)
    attached(services, "twice")
    services.say("intake", claim)
    services.wait_until_heard("medical_data", "intake")
    waiting = services.query("medical_data", "select claim_id from lookup where claim_id = 'twice'")
    assert waiting == []
    attached(services, "twice")


def test_an_erased_person_is_neither_asked_about_nor_kept(services: ServicesUnderTest) -> None:
    control(services, dead=True)
    claim = registered(services, "erased", 113)
    services.say("intake", claim)
    unavailable(services, "erased")
    again = registered(services, "erased-waiting", 113)
    services.destroy_key(claim.person_id)
    services.say("intake", again)
    services.say("enrolment", a_person_erased(claim.person_id))
    assert unavailable(services, "erased-waiting").reason == "person_erased"
    statement = "select claim_id from lookup where claim_id like 'erased%'"
    wait_until(lambda: services.query("medical_data", statement) == [], "nothing of the person waits")


def test_a_restart_goes_on_where_it_was(services: ServicesUnderTest) -> None:
    deposit(services, "restart", 115)
    control(services, dead=True)
    services.say("intake", registered(services, "restart", 115))
    services.wait_until_heard("medical_data", "intake")
    services.stop("medical_data")
    control(services)
    services.start("medical_data", IMPATIENT | {"HUIJI_BUREAU_URL": services.url("bureau_simulator")})
    assert attached(services, "restart").settlement_matches


def test_no_identity_number_is_in_the_tables_or_the_log_of_the_process(services: ServicesUnderTest) -> None:
    rows = services.query("medical_data", "select convert_from(body, 'UTF8') as text from event")
    rows += services.query("medical_data", "select lookup::text as text from lookup")
    rows += services.query("medical_data", "select convert_from(cause, 'UTF8') as text from lookup")
    written = services.output_of("medical_data") + "".join(row["text"] for row in rows)
    assert len(written) > 1_000
    for order in (101, 107, 113, 201):
        assert id_number(order) not in written


async def _opened(services: ServicesUnderTest, event: RecordsAttached) -> dict[str, Any]:
    pool = await open_key_pool(services.database_url, max_size=1)
    try:
        keys = await KeyStore(pool, read_master_key(services.master_key_file)).ensure({event.person_id})
        return unseal_json(keys[event.person_id], event.records, "RecordsAttached.records")
    finally:
        await pool.close()
