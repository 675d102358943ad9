"""Where a deployment names its services, a stranger at a service's port reaches only what is for everybody."""

from pathlib import Path

import httpx2
import yaml

from libs.eventlog.serve import HttpSource
from libs.runtime.service import shown_by
from libs.runtime.staff import token_hash
from libs.testing.kafka import KafkaUnderTest
from libs.testing.postgres import PostgresUnderTest, in_own_loop
from libs.testing.services import ServicesUnderTest, services_under_test
from libs.testing.waiting import wait_until


def test_strangers_are_refused_services_read_and_desks_enrol(
    postgres: PostgresUnderTest, fresh_kafka: KafkaUnderTest, tmp_path: Path
) -> None:
    callers, mine, wrong = tmp_path / "callers.yaml", tmp_path / "token", tmp_path / "old-token"
    known = [("intake", "inside", "token-of-intake"), ("sales", "desk", "token-of-sales")]
    listed = [
        {"id": one, "passes": door, "tokens": [{"sha256": token_hash(token)}]} for one, door, token in known
    ]
    callers.write_text(yaml.safe_dump({"callers": listed}))
    mine.write_text("token-of-intake\n")
    wrong.write_text("token-of-last-year\n")
    with services_under_test(postgres, tmp_path, fresh_kafka.bootstrap) as services:
        services.start("enrolment", {"HUIJI_SERVICE_CALLERS_FILE": str(callers)})
        _refuses_strangers(services)
        assert services.get("enrolment", "/log/heads", by="clerk").status_code == 200, "staff look"
        heads = in_own_loop(_heads(services.url("enrolment"), shown_by(mine)))
        assert set(heads.values()) == {0}
        sales = {"Authorization": "Bearer token-of-sales"}
        assert httpx2.post(services.url("enrolment", "/coverages"), headers=sales).status_code not in (
            401,
            403,
        )
        assert httpx2.get(services.url("enrolment", "/log/heads"), headers=sales).status_code == 403
        services.start("intake", {"HUIJI_SERVICE_TOKEN_FILE": str(wrong)})
        # Its consumer asks how far the log goes: it shows its token, which is nobody's by now.
        wait_until(lambda: _unknown(services) > 0, "intake has shown the token that it was given")


def _refuses_strangers(services: ServicesUnderTest) -> None:
    asked = 0
    for path, operations in services.get("enrolment", "/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            place = services.url("enrolment", path.replace("{", "").replace("}", ""))
            answer = httpx2.request(method, place, json={}, trust_env=False)
            assert (answer.status_code == 401) == bool(operation["security"]), f"{method} {path}"
            asked += 1
    assert asked > 10


async def _heads(url: str, headers: dict[str, str]) -> dict[int, int]:
    async with httpx2.AsyncClient(headers=headers, trust_env=False) as client:
        return await HttpSource("enrolment", url, client).heads()


def _unknown(services: ServicesUnderTest) -> float:
    told = services.get("enrolment", "/metrics").text
    counted = [line for line in told.splitlines() if 'turned_away_total{code="token_unknown"}' in line]
    return float(counted[0].split()[-1]) if counted else 0.0
