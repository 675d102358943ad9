"""Corrections, withdrawals and late facts: what has changed is scored again, and nothing else."""

from collections.abc import Iterable
from datetime import date

import pytest

from libs.contracts import Event
from libs.contracts.fraud import (
    ClaimScored,
    ReviewConcluded,
    ReviewOpened,
)
from libs.testing.heard_events import (
    NOW,
    a_claim_corrected,
    a_visit,
)
from services.fraud.domain.commands import (
    Command,
    ConcludeReview,
    NoteClaim,
)
from services.fraud.domain.scoring import decide, review_id
from services.fraud.errors import ReviewOutdated
from tests.unit.fraud.told_claims import (
    RULES,
    WITHIN,
    attached,
    concluded,
    corrected,
    folded,
    kinds,
    registered,
    run,
    unavailable,
    withdrawn,
)


def scores(events: Iterable[Event]) -> list[tuple[str, int, str]]:
    """What was said of which revision."""
    return [(e.claim_id, e.revision, e.outcome) for e in events if isinstance(e, ClaimScored)]


def test_a_corrected_claim_is_scored_anew_when_its_own_records_are_there() -> None:
    said = run(registered(), attached(), corrected())
    assert scores(said) == [("claim-1", 1, "clear")]
    said = run(registered(), attached(), corrected(), attached(revision=2))
    assert scores(said) == [("claim-1", 1, "clear"), ("claim-1", 2, "clear")]


def test_records_of_a_correction_may_come_before_it() -> None:
    said = run(registered(), attached(revision=2), corrected(), attached())
    assert scores(said) == [("claim-1", 2, "clear")]


def test_the_corrected_facts_replace_the_former_ones() -> None:
    late = a_visit(date(2026, 5, 12), 3)
    first = registered("first", visit=a_visit(date(2026, 5, 1), 9))
    moved = corrected("first", visit=a_visit(date(2026, 5, 10), 9))
    second = registered("second", visit=late, main_diagnosis_chapter="XI")
    said = run(first, attached("first"), moved, second, attached("second"))
    assert scores(said)[-1] == ("second", 1, "review")
    assert [e for e in said if isinstance(e, ClaimScored)][-1].features["overlap_days"] == 3


def test_each_revision_has_a_review_of_its_own() -> None:
    suspicious = registered(invoice_claim_id="other")
    again = NoteClaim(a_claim_corrected(), "other", NOW, WITHIN)
    said = run(suspicious, attached(), concluded("legitimate"), again, attached(revision=2))
    opened = [event for event in said if isinstance(event, ReviewOpened)]
    assert [(one.revision, one.review_id) for one in opened] == [
        (1, review_id("claim-1")),
        (2, review_id("claim-1", 2)),
    ]
    with pytest.raises(ReviewOutdated):
        decide(folded(said), concluded("legitimate"), RULES)
    verdict = ConcludeReview(review_id("claim-1", 2), "claim-1", "legitimate", "r.li", "ok", NOW)
    (event,) = decide(folded(said), verdict, RULES)
    assert isinstance(event, ReviewConcluded)
    assert event.revision == 2


def test_a_withdrawn_claim_counts_in_no_history() -> None:
    first = registered("first", visit=a_visit(date(2026, 5, 1), 9))
    second = registered("second", visit=a_visit(date(2026, 5, 3), 9))
    said = run(first, attached("first"), withdrawn("first"), second, attached("second"))
    assert scores(said)[-1] == ("second", 1, "clear")
    features = [e for e in said if isinstance(e, ClaimScored)][-1].features
    assert (features["overlap_days"], features["stays_365d"], features["bill_365d_fen"]) == (0, 0, 0)


def test_an_invoice_of_a_withdrawn_claim_of_the_person_is_no_repetition() -> None:
    again = registered("again", invoice_claim_id="first", visit=a_visit(date(2026, 6, 1)))
    said = run(registered("first"), attached("first"), withdrawn("first"), again, attached("again"))
    assert scores(said)[-1] == ("again", 1, "clear")


@pytest.mark.parametrize(
    "change", [withdrawn("first"), corrected("first", visit=a_visit(date(2026, 1, 1), 3))]
)
def test_what_was_suspicious_only_because_of_another_claim_is_scored_again_when_that_changes(
    change: Command,
) -> None:
    first = registered("first", visit=a_visit(date(2026, 5, 1), 9))
    second = registered("second", visit=a_visit(date(2026, 5, 3), 9))
    said = run(first, attached("first"), second, attached("second"), change)
    assert scores(said)[1:] == [("second", 1, "review"), ("second", 1, "clear")]


def test_what_a_reviewer_has_decided_is_not_scored_again_when_another_claim_changes() -> None:
    first = registered("first", visit=a_visit(date(2026, 5, 1), 9))
    second = registered("second", visit=a_visit(date(2026, 5, 3), 9))
    before = (first, attached("first"), second, attached("second"), concluded("fraudulent", "second"))
    assert kinds(run(*before, withdrawn("first")))[-1] == "ClaimFactsWithdrawn"


@pytest.mark.parametrize("late", [attached(), unavailable(), corrected(), registered(), withdrawn()])
def test_nothing_follows_a_withdrawal(late: Command) -> None:
    assert decide(folded(run(registered(), withdrawn())), late, RULES) == []


def test_a_review_of_a_withdrawn_claim_cannot_be_concluded() -> None:
    said = run(registered(invoice_claim_id="x"), attached(), withdrawn())
    with pytest.raises(ReviewOutdated):
        decide(folded(said), concluded("fraudulent"), RULES)
