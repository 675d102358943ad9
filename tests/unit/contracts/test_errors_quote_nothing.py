"""What does not fit a contract is named by its field; the value, which may be personal, is not quoted."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from libs.contracts import EventUnreadable, decode
from libs.contracts.enrolment import PersonErased

NAME = "王小明"


def test_an_event_that_is_made_with_a_wrong_value_does_not_quote_it() -> None:
    with pytest.raises(ValidationError, match="person_id") as refused:
        PersonErased(person_id=NAME, erased_at=datetime(2026, 1, 1, tzinfo=UTC), requested_by="operator:1")
    assert NAME not in str(refused.value)


def test_an_event_that_cannot_be_read_does_not_quote_its_body() -> None:
    body = f'{{"person_id": "{NAME}", "erased_at": "2026-01-01T00:00:00Z"}}'.encode()
    with pytest.raises(EventUnreadable, match="person_id") as refused:
        decode("PersonErased", 1, body)
    assert NAME not in str(refused.value)
