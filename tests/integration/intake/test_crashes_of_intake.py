"""SIGKILL between the commit and everybody who waits to hear of it: nothing is lost, nothing is there twice."""

from collections.abc import Iterator

import httpx2
import pytest

from libs.contracts.intake import ClaimRegistered, SubmissionRefused
from libs.interop import Submission
from libs.testing.hospital import Hospital, national
from libs.testing.postgres_proxy import COMMITTED, KillPoint, PostgresProxy
from libs.testing.services import ServicesUnderTest
from libs.testing.waiting import PATIENCE_SECONDS, wait_until


@pytest.fixture(scope="module")
def proxy(services: ServicesUnderTest) -> Iterator[PostgresProxy]:
    """Intake runs with its database behind a proxy."""
    services.stop("intake")
    with PostgresProxy(services.database_url) as between:
        services.start("intake", {"HUIJI_DATABASE_URL": between.url})
        yield between
        services.stop("intake")


def dies_when(
    services: ServicesUnderTest, proxy: PostgresProxy, statement: bytes, answered: bytes = COMMITTED
) -> None:
    """Kill intake when this statement's transaction is durable (or it is answered so), and it has not heard of it."""
    # A new process: a statement's text goes to the server only when a connection uses it first.
    services.stop("intake")
    services.start("intake", {"HUIJI_DATABASE_URL": proxy.url})
    proxy.kill_at(KillPoint(services.pid("intake"), statement, answered))


def restarted(services: ServicesUnderTest, proxy: PostgresProxy) -> None:
    assert proxy.killed.wait(PATIENCE_SECONDS), "the kill point was reached"
    services.await_death("intake")
    services.start("intake", {"HUIJI_DATABASE_URL": proxy.url})


def claims(services: ServicesUnderTest, submission: Submission) -> int:
    said = services.said("intake", ClaimRegistered)
    return sum(event.submission_id == submission.submission_id for event in said)


def test_a_sender_who_got_no_answer_gets_it_by_sending_again(
    services: ServicesUnderTest, hospital: Hospital, submission: Submission, proxy: PostgresProxy
) -> None:
    dies_when(services, proxy, b"insert into submission")
    with pytest.raises(httpx2.TransportError):
        hospital.settle(submission)
    restarted(services, proxy)
    (row,) = services.query(
        "intake", f"select claim_id::text from submission where submission_id = '{submission.submission_id}'"
    )
    again = hospital.settle(submission)
    assert again.status_code == 202
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["claim_id"] == row["claim_id"]
    assert claims(services, submission) == 1


def test_a_record_whose_offset_was_not_committed_makes_no_second_claim(
    services: ServicesUnderTest, hospital: Hospital, submission: Submission, proxy: PostgresProxy
) -> None:
    dies_when(services, proxy, b"insert into submission")
    hospital.produce(hospital.encrypted(national(submission), submission.hospital_id))
    restarted(services, proxy)
    later = submission.model_copy(update={"submission_id": f"{submission.submission_id}-later"})
    hospital.produce(hospital.encrypted(national(later), later.hospital_id))
    wait_until(lambda: claims(services, later) == 1, "what came later is a claim")
    assert claims(services, submission) == 1


def test_a_rejection_that_was_not_told_before_the_crash_is_told_after_it(
    services: ServicesUnderTest, hospital: Hospital, submission: Submission, proxy: PostgresProxy
) -> None:
    dies_when(services, proxy, b"insert into rejection_todo")
    (place,) = hospital.produce(hospital.encrypted(b'{"setlinfo": {}}', submission.hospital_id))
    restarted(services, proxy)
    rejection = hospital.await_rejection(place)
    kept = services.said("intake", SubmissionRefused)
    assert [one.refusal_id for one in kept].count(rejection["refusal_id"]) == 1
    wait_until(
        lambda: services.query("intake", "select count(*) as todo from rejection_todo")[0]["todo"] == 0,
        "nothing is left to be told",
    )


def test_a_crash_before_the_commit_leaves_nothing(
    services: ServicesUnderTest, hospital: Hospital, submission: Submission, proxy: PostgresProxy
) -> None:
    dies_when(services, proxy, b"insert into submission", b"INSERT 0 1\0")
    with pytest.raises(httpx2.TransportError):
        hospital.settle(submission)
    restarted(services, proxy)
    assert claims(services, submission) == 0
    first = hospital.settle(submission)
    assert (first.status_code, first.headers["idempotency-replayed"]) == (202, "false")
    assert claims(services, submission) == 1
