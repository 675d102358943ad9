"""An erasure is completed whatever crashes on its way, and destroys the key it meant and no other."""

from collections.abc import Iterator
from contextlib import suppress

import httpx2
import pytest

from libs.contracts.enrolment import CoverageActivated, ErasureCompleted, PersonErased
from libs.privacy import Erased
from libs.testing.enrolling import a_coverage, a_number, enrol, erase, history, opened, wait_until_erased
from libs.testing.postgres_proxy import COMMITTED, KillPoint, PostgresProxy
from libs.testing.services import ServicesUnderTest
from libs.testing.waiting import PATIENCE_SECONDS

# How the server ends a statement of which one row was asked: portal suspended, ready for the next.
_ONE_ROW_AND_DURABLE = b"s\0\0\0\4Z\0\0\0\5I"


@pytest.fixture(scope="module")
def proxy(services: ServicesUnderTest) -> Iterator[PostgresProxy]:
    """Enrolment runs with its database behind a proxy."""
    services.stop("enrolment")
    with PostgresProxy(services.database_url) as between:
        services.start("enrolment", {"HUIJI_DATABASE_URL": between.url})
        yield between
        services.stop("enrolment")


def erase_and_die(
    services: ServicesUnderTest, proxy: PostgresProxy, person_id: str, sent: bytes, answered: bytes
) -> None:
    """Ask for the erasure, which may or may not be answered before the process dies."""
    # A new process: a statement's text goes to the server only when a connection uses it first.
    services.stop("enrolment")
    services.start("enrolment", {"HUIJI_DATABASE_URL": proxy.url})
    proxy.kill_at(KillPoint(services.pid("enrolment"), sent, answered))
    with suppress(httpx2.TransportError):
        erase(services, person_id)
    assert proxy.killed.wait(PATIENCE_SECONDS), "the kill point was reached"
    services.await_death("enrolment")


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        pytest.param(b"insert into erasure_todo", COMMITTED, id="after the erasure is recorded"),
        pytest.param(b"update privacy.person_key", _ONE_ROW_AND_DURABLE, id="after the key is destroyed"),
        pytest.param(b"delete from erasure_todo", COMMITTED, id="after the completion is recorded"),
    ],
)
def test_an_erasure_is_completed_whatever_crashes(
    services: ServicesUnderTest, proxy: PostgresProxy, sent: bytes, answered: bytes
) -> None:
    person_id = enrol(services, a_coverage(a_number())).json()["person_id"]
    activated = history(services, person_id)[0].decode()
    assert isinstance(activated, CoverageActivated)
    erase_and_die(services, proxy, person_id, sent, answered)
    services.start("enrolment", {"HUIJI_DATABASE_URL": proxy.url})
    wait_until_erased(services, person_id)
    assert isinstance(opened(services, activated.identity), Erased)
    happened = [type(recorded.decode()) for recorded in history(services, person_id)]
    assert happened == [CoverageActivated, PersonErased, ErasureCompleted]
    assert services.query("enrolment", "select * from erasure_todo") == []


def test_who_comes_back_between_two_attempts_keeps_the_new_key(
    services: ServicesUnderTest, proxy: PostgresProxy
) -> None:
    number = a_number()
    person_id = enrol(services, a_coverage(number)).json()["person_id"]
    erase_and_die(services, proxy, person_id, b"update privacy.person_key", _ONE_ROW_AND_DURABLE)
    # Meanwhile intake receives a discharge of the person, and seals it under a key that is new.
    sealed = services.sealed(person_id, "CoverageActivated.identity", {"name": "测试甲"})
    services.start("enrolment", {"HUIJI_DATABASE_URL": proxy.url})
    wait_until_erased(services, person_id)
    assert opened(services, sealed) == {"name": "测试甲"}
