"""Enrolling and erasing people for tests, and looking at what became of them."""

from itertools import count
from typing import Any

import httpx2

from libs.eventlog import Recorded
from libs.privacy import Erased, KeyStore, Sealer, open_key_pool, read_master_key
from libs.testing.postgres import in_own_loop
from libs.testing.services import ServicesUnderTest
from libs.testing.submissions import an_identity_number
from libs.testing.waiting import wait_until

_orders = count(1)


def a_number() -> str:
    """The identity number of a person whom no other test knows."""
    return an_identity_number(order=next(_orders))


def a_coverage(id_number: str, **changes: Any) -> dict[str, Any]:
    person = {
        "name": "测试甲",
        "id_number": id_number,
        "phone": "13900000001",
        "account": "6222020200000001234",
        "account_bank": "中国工商银行",
    }
    return {
        "person": person | changes.pop("person", {}),
        "plan_id": "demo-generic",
        "covered_from": "2026-01-01",
        "covered_to": "2026-12-31",
        "scheme": "resident",
        "premium_fen": 9_900,
        "premium_payer": "self",
    } | changes


def enrol(services: ServicesUnderTest, body: Any) -> httpx2.Response:
    return services.send("POST", "enrolment", "/coverages", body)


def erase(services: ServicesUnderTest, person_id: str) -> httpx2.Response:
    body = {"person_id": person_id, "requested_by": "operator:7"}
    return services.send("POST", "enrolment", "/people/erase", body)


def history(services: ServicesUnderTest, person_id: str) -> list[Recorded]:
    stream_id = f"person-{person_id}"
    found = [recorded for recorded in services.log("enrolment") if recorded.stream_id == stream_id]
    return sorted(found, key=lambda recorded: recorded.version)


def types(services: ServicesUnderTest, person_id: str) -> list[str]:
    return [recorded.type for recorded in history(services, person_id)]


def opened(services: ServicesUnderTest, sealed: str) -> dict[str, Any] | Erased:
    async def unseal() -> dict[str, Any] | Erased:
        pool = await open_key_pool(services.database_url, max_size=1)
        try:
            sealer = Sealer(KeyStore(pool, read_master_key(services.master_key_file)))
            return (await sealer.unseal_many([(sealed, "CoverageActivated.identity")]))[0]
        finally:
            await pool.close()

    return in_own_loop(unseal())


def wait_until_erased(services: ServicesUnderTest, person_id: str) -> None:
    def erased() -> bool:
        return bool(services.get("enrolment", f"/people/{person_id}").json()["erasure"] == "complete")

    wait_until(erased, "the erasure is complete")
