"""What a sender is told when an earlier content of a claim comes once more: which revision it is, and which counts."""

from datetime import UTC, datetime

from services.intake.domain.filing import Accepted
from services.intake.entrypoints.desk import outcome_fields

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_the_original_sent_again_after_a_correction_is_told_that_the_correction_counts() -> None:
    told = outcome_fields(
        Accepted("c-1", NOW, replayed=True, status="corrected", revision=1, current_revision=2)
    )
    assert (told["status"], told["revision"], told["current_revision"]) == ("corrected", 1, 2)
    assert told["note"].startswith("What was sent is revision 1; revision 2 counts and nothing has changed.")
    assert 'If-Match: "2"' in told["note"]


def test_what_counts_is_answered_without_a_note() -> None:
    told = outcome_fields(
        Accepted("c-1", NOW, replayed=True, status="corrected", revision=2, current_revision=2)
    )
    assert "note" not in told and "current_revision" not in told
