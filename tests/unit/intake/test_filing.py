"""A submission that meets one filed before it: given what is filed, when it comes, then the verdict."""

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.contracts.intake import RefusalReason
from libs.testing.submissions import a_submission
from services.intake.domain.filing import Accepted, Filed, Filing, Original, claim_id_of, judge

RECEIVED_AT = datetime(2026, 3, 1, tzinfo=UTC)


def a_filing(**changes: Any) -> Filing:
    values: dict[str, Any] = {
        "submission": a_submission(),
        "person_id": "p_" + "0" * 32,
        "digest": "d1",
        "channel": "settlement_http",
        "original": Original("application/json", b"{}"),
    }
    return Filing(**(values | changes))


def filed_from(filing: Filing, **changes: Any) -> Filed:
    hospital_id, submission_id = filing.name
    values: dict[str, Any] = {
        "hospital_id": hospital_id,
        "submission_id": submission_id,
        "digest": filing.digest,
        "claim_id": filing.claim_id,
        "received_at": RECEIVED_AT,
        "idempotency_digest": filing.idempotency_digest,
    }
    return Filed(**(values | changes))


def test_the_same_again_is_the_claim_it_already_is() -> None:
    filing = a_filing()
    assert judge(filing, filed_from(filing)) == Accepted(filing.claim_id, RECEIVED_AT, replayed=True)


def test_the_same_content_by_another_way_in_is_the_same_claim() -> None:
    filing = a_filing()
    by_fhir = a_filing(channel="fhir_http", original=Original("application/fhir+json", b"[]"))
    assert isinstance(judge(by_fhir, filed_from(filing)), Accepted)


def test_another_content_under_a_taken_name_is_a_conflict() -> None:
    verdict = judge(a_filing(digest="d2"), filed_from(a_filing(digest="d1")))
    assert isinstance(verdict, RefusalReason)
    assert verdict.code == "submission_id_taken"


def test_a_key_used_for_another_settlement_is_refused_even_when_contents_are_equal() -> None:
    verdict = judge(
        a_filing(idempotency_digest="k"),
        filed_from(a_filing(), submission_id="S-other", idempotency_digest="k"),
    )
    assert isinstance(verdict, RefusalReason)
    assert verdict.code == "idempotency_key_reused"


def test_a_claim_id_depends_on_hospital_and_settlement_alone() -> None:
    assert claim_id_of("H1", "S1") == claim_id_of("H1", "S1")
    assert len({claim_id_of(*name) for name in (("H1", "S1"), ("H1", "S2"), ("H2", "S1"), ("H1S", "1"))}) == 4


@pytest.mark.parametrize(
    "changes", [{"channel": "fhir_http"}, {"digest": "d9"}, {"traceparent": "00-1-2-01"}]
)
def test_transport_and_content_do_not_change_the_claim_id(changes: dict[str, Any]) -> None:
    assert a_filing(**changes).claim_id == a_filing().claim_id
