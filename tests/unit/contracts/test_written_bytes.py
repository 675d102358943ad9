"""What is recorded and digested are the bytes that the models' own serializer writes."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts import encode
from libs.contracts.intake import ClaimRegistered
from libs.interop import Submission
from libs.testing.submissions import submissions

_OFFSETS = st.sampled_from((UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))))
_MOMENTS = st.builds(
    lambda days, microseconds, zone: (
        datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=days, microseconds=microseconds)
    ).astimezone(zone),
    st.integers(1, 70_000),
    st.integers(0, 86_399_999_999) | st.just(0),
    _OFFSETS,
)


@given(submissions(), _MOMENTS, st.text())
@settings(max_examples=30, deadline=None)
def test_an_event_is_written_as_its_model_says(submission: Submission, moment: datetime, text: str) -> None:
    event = ClaimRegistered(
        person_id="p_" + "0" * 32,
        claim_id=text,
        submission_id=submission.submission_id,
        submission_digest="0" * 64,
        channel="settlement_http",
        received_at=moment,
        visit=submission.visit,
        settlement=submission.settlement,
        lines=submission.lines,
        identity=f"s1.{'0' * 32}.A",
        medical=f"s1.{'0' * 32}.A",
        one_stop=submission.one_stop,
    )
    assert encode(event) == event.model_dump_json().encode()
    read = ClaimRegistered.model_validate_json(encode(event))
    assert encode(read) == encode(event)


@given(submissions())
@settings(max_examples=30, deadline=None)
def test_what_is_digested_of_a_submission_is_what_its_model_says(submission: Submission) -> None:
    unsaid: dict[str, Any] = {"one_stop": True} if submission.one_stop is None else {}
    if submission.visit.preauthorisation_id is None:
        unsaid["visit"] = {"preauthorisation_id"}
    assert submission.canonical() == submission.model_dump_json(exclude=unsaid).encode()
