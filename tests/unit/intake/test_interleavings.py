"""Registrations, corrections, withdrawals and their repetitions in any order: what is filed stays one story."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.intake import RefusalReason
from libs.testing.submissions import a_submission
from services.intake.domain.filing import (
    Accepted,
    Asked,
    Filed,
    Filing,
    Original,
    Sending,
    Withdrawing,
    evolve,
)
from services.intake.domain.judging import judge

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SUBMISSION = a_submission()
NAME = (SUBMISSION.hospital_id, SUBMISSION.submission_id)
BASED_ON = st.none() | st.integers(1, 5)


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Anything that a hospital can ask about one settlement."""
    key = draw(st.sampled_from([None, None, "k1", "k2"]))
    sending = Sending("settlement_http", Original("application/json", b"{}"), key)
    if draw(st.integers(0, 7)) == 0:
        return Withdrawing(*NAME, "settlement_cancelled", sending, based_on=draw(BASED_ON))
    return Filing(
        SUBMISSION,
        draw(st.sampled_from(["p_1", "p_1", "p_1", "p_2"])),
        draw(st.sampled_from("ABCD")),
        sending,
        corrects=draw(st.booleans()),
        based_on=draw(BASED_ON),
    )


@dataclass
class Story:
    """What is filed, and the verdict on everything that was asked."""

    filed: Filed | None
    verdicts: list[Accepted | RefusalReason]


def told(everything: list[Asked]) -> Story:
    filed, verdicts = None, []
    for one in everything:
        verdict = judge(one, filed, NOW)
        verdicts.append(verdict)
        if isinstance(verdict, Accepted) and not verdict.replayed:
            filed = evolve(filed, one, NOW)
    return Story(filed, verdicts)


@given(st.lists(asked(), max_size=30))
def test_there_is_an_event_for_everything_that_happened_and_none_else(everything: list[Asked]) -> None:
    story = told(everything)
    happened = sum(isinstance(one, Accepted) and not one.replayed for one in story.verdicts)
    assert happened == (0 if story.filed is None else story.filed.version)


@given(st.lists(asked(), max_size=30))
def test_revisions_are_numbered_without_gaps_and_each_says_something_new(everything: list[Asked]) -> None:
    filed = told(everything).filed
    if filed is not None:
        assert [one.number for one in filed.revisions] == list(range(1, len(filed.revisions) + 1))
        digests = [one.digest for one in filed.revisions]
        assert all(before != after for before, after in pairwise(digests))


@given(st.lists(asked(), max_size=30), asked())
def test_what_was_accepted_is_recognised_when_it_comes_again(before: list[Asked], one: Asked) -> None:
    story = told([*before, one, one])
    first, again = story.verdicts[-2:]
    if isinstance(first, Accepted):
        assert isinstance(again, Accepted)
        assert again.replayed
        assert (again.claim_id, again.revision, again.status) == (
            first.claim_id,
            first.revision,
            first.status,
        )


@given(st.lists(asked(), max_size=20))
def test_a_repetition_that_comes_late_never_undoes_what_is_newer(everything: list[Asked]) -> None:
    story = told(everything)
    late = told([*everything, *everything]).filed
    unnamed = [one for one in everything if isinstance(one, Filing) and one.based_on is None]
    if story.filed is not None and len(unnamed) == len(everything):
        known = {one.digest for one in story.filed.revisions}
        assert late is not None
        repeated = [one.digest for one in late.revisions[len(story.filed.revisions) :]]
        assert known.isdisjoint(repeated)


@given(st.lists(asked(), max_size=30))
def test_the_claim_stays_its_persons_and_ends_once(everything: list[Asked]) -> None:
    story = told(everything)
    ends = [
        verdict
        for one, verdict in zip(everything, story.verdicts, strict=True)
        if isinstance(one, Withdrawing) and isinstance(verdict, Accepted) and not verdict.replayed
    ]
    assert len(ends) == (story.filed is not None and story.filed.withdrawal is not None)
    for one, verdict in zip(everything, story.verdicts, strict=True):
        if (
            isinstance(one, Filing)
            and one.corrects
            and isinstance(verdict, Accepted)
            and not verdict.replayed
        ):
            assert story.filed is not None
            assert one.person_id == story.filed.person_id
