"""What happens to a person's consents by a command. A consent is revoked, never changed and never deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from libs.contracts import Event
from libs.contracts.access import ConsentGiven, ConsentRevoked
from libs.contracts.city_time import CITY_ZONE
from services.enrolment.domain.commands import Erase, GiveConsent, RevokeConsent, consent_id_of
from services.enrolment.domain.errors import ConsentTermsDiffer, ConsentUnknown
from services.enrolment.domain.state import Consent, Person


def give(person: Person, command: GiveConsent) -> Sequence[Event]:
    """The consent; nothing when one with the same last day stands. Raises ConsentTermsDiffer."""
    day = command.given_at.astimezone(CITY_ZONE).date()
    for consent_id, known in _same(person, command):
        if known.stands(day):
            if known.expires_on != command.expires_on:
                raise ConsentTermsDiffer(consent_id)
            return ()
    number = len(person.consents) + 1
    return (
        ConsentGiven(
            person_id=command.person_id,
            consent_id=consent_id_of(command.person_id, command.purpose, command.recipient, number),
            purpose=command.purpose,
            recipient=command.recipient,
            given_at=command.given_at,
            expires_on=command.expires_on,
            recorded_by=command.recorded_by,
        ),
    )


def revoke(person: Person, command: RevokeConsent) -> Sequence[Event]:
    """The revocation of every consent to the same; nothing when all are revoked. Raises ConsentUnknown."""
    same = _same(person, command)
    if not same:
        raise ConsentUnknown
    return [
        _revoked(command.person_id, consent_id, known, "revoked", command.revoked_at, command.recorded_by)
        for consent_id, known in same
        if known.revoked_at is None
    ]


def end_all(person: Person, command: Erase) -> list[Event]:
    """Who is forgotten agrees to nothing any more."""
    return [
        _revoked(command.person_id, consent_id, known, "erased", command.now, command.requested_by)
        for consent_id, known in person.consents.items()
        if known.revoked_at is None
    ]


def _same(person: Person, command: GiveConsent | RevokeConsent) -> list[tuple[str, Consent]]:
    asked = (command.purpose, command.recipient)
    return [
        (consent_id, known)
        for consent_id, known in person.consents.items()
        if (known.purpose, known.recipient) == asked
    ]


def _revoked(
    person_id: str,
    consent_id: str,
    known: Consent,
    reason: Literal["revoked", "erased"],
    revoked_at: datetime,
    by: str,
) -> ConsentRevoked:
    return ConsentRevoked(
        person_id=person_id,
        consent_id=consent_id,
        purpose=known.purpose,
        recipient=known.recipient,
        reason=reason,
        revoked_at=revoked_at,
        recorded_by=by,
    )
