"""A submission that cannot become a claim: what is kept of it, and whose it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from libs.contracts.intake import RefusalReason
from libs.interop import Refusal
from libs.interop.identity_number import IdentityNumberInvalid, parse_identity_number
from services.intake.domain.filing import Asked, Filed, Sending

_REFUSALS: Final = UUID("0c1f5b0a-8f1e-5a52-a0f6-54c5a9d8e7f3")
_HOSPITAL_ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z", re.ASCII)
_SUBMISSION_ID = re.compile(r"[!-~]{1,64}\Z", re.ASCII)
_RESIDENT_NUMBER = re.compile(rb"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")

#: Codes of what never was a document: the sender has it and knows, and there is nothing in it to keep.
SYNTAX_CODES = frozenset({"malformed_json", "not_a_bundle", "not_a_claim"})
#: Codes of what collides with something filed before.
CONFLICT_CODES = frozenset({"submission_id_taken", "claim_withdrawn", "revision_superseded"})
#: Of a correction or cancellation that names another revision than the newest.
PRECONDITION_CODE = "revision_conflict"
UNKNOWN_CODE = "claim_unknown"


@dataclass(frozen=True, slots=True)
class Refusing:
    """A refused submission on its way into the log. `content_digest` is the keyed hash of the original's body."""

    reasons: tuple[RefusalReason, ...]
    sending: Sending
    content_digest: str
    person_id: str | None
    hospital_id: str | None
    submission_id: str | None

    @property
    def refusal_id(self) -> str:
        """The same bytes refused again for the same reasons are the same refusal: a resend floods nothing."""
        codes = " ".join(f"{reason.code}@{reason.location}" for reason in self.reasons)
        return str(uuid5(_REFUSALS, f"{self.sending.channel} {self.content_digest} {codes}"))

    @property
    def owner(self) -> str:
        """Under whose key the original is sealed."""
        return self.person_id or f"r_{self.refusal_id}"


def of_asked(asked: Asked, reason: RefusalReason, content_digest: str, filed: Filed | None) -> Refusing:
    """Something valid that met a claim as it must not, or none. A cancellation names nobody: the claim may."""
    person_id = asked.person_id
    if person_id is None and filed is not None:
        person_id = filed.person_id
    return Refusing((reason,), asked.sending, content_digest, person_id, *asked.name)


def is_syntax(reasons: Iterable[RefusalReason]) -> bool:
    """Whether the input is no document of its format at all."""
    return any(reason.code in SYNTAX_CODES for reason in reasons)


def is_conflict(reasons: Iterable[RefusalReason]) -> bool:
    """Whether the claim of that name stands in the way."""
    return any(reason.code in CONFLICT_CODES for reason in reasons)


def is_about_a_claim(reasons: Iterable[RefusalReason]) -> bool:
    """Whether the sender is told which claim has the name."""
    codes = {*CONFLICT_CODES, PRECONDITION_CODE, "person_changed"}
    return any(reason.code in codes for reason in reasons)


def names_in(refusal: Refusal) -> tuple[str | None, str | None]:
    """Hospital and submission id where they are well-formed: a text in their place may be a person's name."""
    hospital_id, submission_id = refusal.hospital_id, refusal.submission_id
    return (
        hospital_id if hospital_id and _HOSPITAL_ID.match(hospital_id) else None,
        submission_id if submission_id and _SUBMISSION_ID.match(submission_id) else None,
    )


def identity_number_in(refusal: Refusal, body: bytes) -> str | None:
    """Whose submission it is: what the reader found, else the only valid identity number anywhere in the text.

    A Bundle whose structure is wrong is not read any further, but its original must go when its person is erased.
    """
    if refusal.id_number is not None:
        return refusal.id_number
    found = {match.upper().decode() for match in _RESIDENT_NUMBER.findall(body)}
    valid = [number for number in found if _is_valid(number)]
    return valid[0] if len(valid) == 1 else None


def _is_valid(number: str) -> bool:
    try:
        parse_identity_number(number)
    except IdentityNumberInvalid:
        return False
    return True
