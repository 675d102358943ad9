"""What a settlement is called, and what is filed of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.testing.submissions import a_submission
from services.intake.domain.filing import (
    Filing,
    IngressRecord,
    Original,
    Sending,
    Withdrawing,
    claim_id_of,
    evolve,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_sending(**changes: Any) -> Sending:
    values: dict[str, Any] = {"channel": "settlement_http", "original": Original("", b"{}")}
    return Sending(**(values | changes))


def a_filing(**changes: Any) -> Filing:
    values: dict[str, Any] = {
        "submission": a_submission(),
        "person_id": "p_1",
        "digest": "d1",
        "sending": a_sending(),
    }
    return Filing(**(values | changes))


def test_a_claim_id_depends_on_hospital_and_settlement_alone() -> None:
    assert claim_id_of("H1", "S1") == claim_id_of("H1", "S1")
    assert len({claim_id_of(*name) for name in (("H1", "S1"), ("H1", "S2"), ("H2", "S1"), ("H1S", "1"))}) == 4


@pytest.mark.parametrize(
    "changes", [{"sending": a_sending(channel="fhir_http")}, {"digest": "d9"}, {"corrects": True}]
)
def test_transport_and_content_do_not_change_the_claim_id(changes: dict[str, Any]) -> None:
    assert a_filing(**changes).claim_id == a_filing().claim_id


def test_a_sending_is_marked_by_its_key_or_its_place_on_the_topic() -> None:
    record = IngressRecord(1, 77, "ref")
    assert a_sending().mark is None
    assert a_sending(record=record).mark == "1/77"
    assert a_sending(idempotency_digest="k").mark == "k"


def test_a_claims_stream_has_an_event_for_each_revision_and_its_end() -> None:
    filed = evolve(None, a_filing(), NOW)
    assert (filed.version, filed.status) == (1, "registered")
    filed = evolve(filed, a_filing(digest="d2", corrects=True), NOW + timedelta(hours=1))
    assert (filed.version, filed.status, filed.current.number) == (2, "corrected", 2)
    filed = evolve(filed, Withdrawing(*filed.name, "settlement_cancelled", a_sending()), NOW)
    assert (filed.version, filed.status, filed.current.number) == (3, "withdrawn", 2)
