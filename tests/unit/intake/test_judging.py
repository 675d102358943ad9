"""What is asked for meets what is filed: given the claim, when it comes, then it happens, is so, or is refused."""

from datetime import UTC, datetime
from functools import reduce
from typing import Any

import pytest

from libs.contracts.intake import RefusalReason
from libs.testing.submissions import a_submission
from services.intake.domain.filing import (
    Accepted,
    Asked,
    Filed,
    Filing,
    IngressRecord,
    Original,
    Sending,
    Withdrawing,
    evolve,
)
from services.intake.domain.judging import judge

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_filing(digest: str = "A", *, mark: str | None = None, **changes: Any) -> Filing:
    sending = Sending("settlement_http", Original("application/json", b"{}"), mark)
    values: dict[str, Any] = {
        "submission": a_submission(),
        "person_id": "p_1",
        "digest": digest,
        "sending": sending,
    }
    return Filing(**(values | changes))


def a_correction(digest: str = "B", based_on: int | None = None, **changes: Any) -> Filing:
    return a_filing(digest, corrects=True, based_on=based_on, **changes)


def a_withdrawal(based_on: int | None = None) -> Withdrawing:
    return Withdrawing(*a_filing().name, "settlement_cancelled", a_filing().sending, based_on=based_on)


def filed(*asked: Asked) -> Filed:
    claim: Filed | None = reduce(lambda before, one: evolve(before, one, NOW), asked, None)
    assert claim is not None
    return claim


def accepted(asked: Asked, claim: Filed | None) -> Accepted:
    verdict = judge(asked, claim, NOW)
    assert isinstance(verdict, Accepted), verdict
    return verdict


def refusal(asked: Asked, claim: Filed | None) -> str:
    verdict = judge(asked, claim, NOW)
    assert isinstance(verdict, RefusalReason), verdict
    return verdict.code


def test_a_new_settlement_becomes_a_claim() -> None:
    verdict = accepted(a_filing(), None)
    assert (verdict.replayed, verdict.status, verdict.revision) == (False, "registered", 1)


def test_the_same_again_is_the_claim_it_already_is() -> None:
    assert accepted(a_filing(), filed(a_filing())).replayed


def test_another_content_under_a_taken_name_is_a_conflict() -> None:
    assert refusal(a_filing("B"), filed(a_filing())) == "submission_id_taken"


def test_a_key_used_for_another_settlement_is_refused_even_when_contents_are_equal() -> None:
    other = filed(a_filing(submission=a_submission(submission_id="S-other"), mark="k"))
    assert refusal(a_filing(mark="k"), other) == "idempotency_key_reused"


def test_a_correction_is_the_next_revision_of_the_same_claim() -> None:
    claim = filed(a_filing())
    verdict = accepted(a_correction(), claim)
    assert (verdict.claim_id, verdict.replayed) == (claim.claim_id, False)
    assert (verdict.status, verdict.revision, verdict.current_revision) == ("corrected", 2, 2)


def test_the_same_correction_again_is_the_same_revision() -> None:
    verdict = accepted(a_correction(), filed(a_filing(), a_correction()))
    assert (verdict.replayed, verdict.revision) == (True, 2)


def test_a_correction_to_what_is_said_already_changes_nothing() -> None:
    verdict = accepted(a_correction("A"), filed(a_filing()))
    assert (verdict.replayed, verdict.revision, verdict.status) == (True, 1, "registered")
    assert accepted(a_correction("A", based_on=7), filed(a_filing())).replayed


def test_the_first_content_sent_again_after_a_correction_is_still_the_same_claim() -> None:
    verdict = accepted(a_filing(), filed(a_filing(), a_correction()))
    assert (verdict.replayed, verdict.revision, verdict.current_revision) == (True, 1, 2)
    assert verdict.status == "corrected"


@pytest.mark.parametrize("asked", [a_correction(), a_withdrawal(), a_correction(based_on=1)])
def test_an_unknown_claim_can_be_neither_corrected_nor_withdrawn(asked: Asked) -> None:
    assert refusal(asked, None) == "claim_unknown"


def test_a_correction_cannot_make_the_claim_another_persons() -> None:
    assert refusal(a_correction(person_id="p_2"), filed(a_filing())) == "person_changed"


def test_a_late_repetition_of_an_older_correction_does_not_come_back_unseen() -> None:
    claim = filed(a_filing(), a_correction("B"), a_correction("C"))
    assert refusal(a_correction("B"), claim) == "revision_superseded"
    assert refusal(a_correction("A"), claim) == "revision_superseded"


def test_who_names_the_newest_revision_returns_to_an_older_content() -> None:
    claim = filed(a_filing(), a_correction("B"))
    verdict = accepted(a_correction("A", based_on=2), claim)
    assert (verdict.replayed, verdict.revision) == (False, 3)
    again = accepted(
        a_correction("A", based_on=2), filed(a_filing(), a_correction("B"), a_correction("A", 2))
    )
    assert (again.replayed, again.revision) == (True, 3)


def test_a_correction_of_an_older_revision_is_refused() -> None:
    claim = filed(a_filing(), a_correction("B"))
    assert refusal(a_correction("C", based_on=1), claim) == "revision_conflict"
    assert refusal(a_correction("C", based_on=3), claim) == "revision_conflict"


def test_a_correction_that_names_its_predecessor_is_known_again_whatever_followed() -> None:
    claim = filed(a_filing(), a_correction("B", 1), a_correction("C", 2))
    verdict = accepted(a_correction("B", based_on=1), claim)
    assert (verdict.replayed, verdict.revision, verdict.current_revision) == (True, 2, 3)


def test_a_record_that_is_read_again_is_known_by_its_place() -> None:
    record = Sending("settlement_topic", Original("", b""), record=IngressRecord(0, 5))
    correction = a_correction("B", sending=record)
    claim = filed(a_filing(), correction, a_correction("C"), a_withdrawal())
    verdict = accepted(correction, claim)
    assert (verdict.replayed, verdict.revision, verdict.status) == (True, 2, "withdrawn")
    # The broker began anew and gives the place to something else.
    claim = filed(a_filing(), correction)
    assert not accepted(a_correction("D", sending=record), claim).replayed


def test_a_key_used_for_one_correction_is_refused_for_another() -> None:
    claim = filed(a_filing(), a_correction("B", mark="k"))
    assert accepted(a_correction("B", mark="k"), claim).replayed
    assert refusal(a_correction("C", mark="k"), claim) == "idempotency_key_reused"


def test_a_withdrawal_is_the_end_and_happens_once() -> None:
    claim = filed(a_filing(), a_correction())
    first = accepted(a_withdrawal(), claim)
    assert (first.replayed, first.status, first.revision) == (False, "withdrawn", 2)
    assert accepted(a_withdrawal(), filed(a_filing(), a_correction(), a_withdrawal())).replayed


def test_a_withdrawal_of_an_older_revision_is_refused() -> None:
    assert refusal(a_withdrawal(based_on=1), filed(a_filing(), a_correction())) == "revision_conflict"


@pytest.mark.parametrize("asked", [a_filing(), a_correction("B"), a_correction("A"), a_correction("C", 1)])
def test_nothing_brings_a_withdrawn_claim_back(asked: Asked) -> None:
    assert refusal(asked, filed(a_filing(), a_withdrawal())) == "claim_withdrawn"


def test_a_registration_that_is_read_again_after_the_withdrawal_is_known() -> None:
    claim = filed(a_filing(mark="k"), a_withdrawal())
    assert accepted(a_filing(mark="k"), claim).status == "withdrawn"
