"""A person's consents: given, taken back, never changed; and who is forgotten agrees to nothing any more."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from libs.contracts import Event, event_type
from libs.contracts.access import ConsentGiven, ConsentRevoked
from libs.contracts.enrolment import PersonErased
from services.enrolment.domain.commands import Command, Erase, GiveConsent, RevokeConsent
from services.enrolment.domain.errors import ConsentTermsDiffer, ConsentUnknown
from services.enrolment.domain.person import decide
from services.enrolment.domain.state import Person, evolve, initial

PERSON_ID = "p_" + "0" * 32
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def give(**changes: Any) -> GiveConsent:
    values: dict[str, Any] = {
        "person_id": PERSON_ID,
        "purpose": "claim_detail",
        "recipient": "insurer:lead",
        "given_at": NOW,
        "expires_on": None,
        "recorded_by": "desk",
    }
    return GiveConsent(**(values | changes))


def revoke(**changes: Any) -> RevokeConsent:
    values: dict[str, Any] = {"person_id": PERSON_ID, "purpose": "claim_detail", "recipient": "insurer:lead"}
    return RevokeConsent(**(values | {"revoked_at": NOW, "recorded_by": "desk"} | changes))


def after(*commands: Command) -> tuple[Person, list[Event]]:
    person = initial(PERSON_ID)
    events: list[Event] = []
    for command in commands:
        for event in decide(person, command):
            person = evolve(person, event)
            events.append(event)
    return person, events


def test_a_consent_is_given_once_and_anew_after_it_was_revoked() -> None:
    _, events = after(give(), give(), revoke(), revoke(), give())
    assert [event_type(event) for event in events] == ["ConsentGiven", "ConsentRevoked", "ConsentGiven"]
    first, ended, second = events
    assert (
        isinstance(first, ConsentGiven)
        and isinstance(ended, ConsentRevoked)
        and isinstance(second, ConsentGiven)
    )
    assert first.consent_id == ended.consent_id != second.consent_id


def test_one_that_has_expired_is_given_anew() -> None:
    _, events = after(give(expires_on=date(2026, 3, 31)), give(given_at=NOW + timedelta(days=31)))
    assert [type(event) for event in events] == [ConsentGiven, ConsentGiven]


def test_another_last_day_of_a_consent_that_stands_is_refused() -> None:
    person, _ = after(give())
    with pytest.raises(ConsentTermsDiffer):
        decide(person, give(expires_on=date(2026, 12, 31)))


@pytest.mark.parametrize("other", [{"purpose": "charity_aid"}, {"recipient": "insurer"}])
def test_what_was_not_agreed_to_cannot_be_taken_back(other: dict[str, str]) -> None:
    person, _ = after(give())
    with pytest.raises(ConsentUnknown):
        decide(person, revoke(**other))


def test_who_is_forgotten_agrees_to_nothing_any_more() -> None:
    _, events = after(give(), give(recipient="charity"), revoke(), Erase(PERSON_ID, "op", NOW))
    ended, erased = events[-2:]
    assert isinstance(erased, PersonErased)
    assert isinstance(ended, ConsentRevoked)
    assert (ended.recipient, ended.reason, ended.recorded_by) == ("charity", "erased", "op")
