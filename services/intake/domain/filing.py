"""Is a submission new, the same again, or another one under a taken name?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from libs.contracts.intake import Channel, RefusalReason
from libs.interop import Submission

_CLAIMS: Final = UUID("5f1d7f3c-0c55-5d0e-9f43-0d5c2f6a7b11")


@dataclass(frozen=True, slots=True)
class Original:
    """A submission as it was sent; `body` is personal."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class IngressRecord:
    """Where on the ingress topic a submission stood, so that its sender can find it; `reference` is the sender's."""

    partition: int
    offset: int
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Filing:
    """A valid submission on its way to become a claim.

    `digest` is the keyed hash of its content, `idempotency_digest` that of the caller's Idempotency-Key.
    """

    submission: Submission
    person_id: str
    digest: str
    channel: Channel
    original: Original
    idempotency_digest: str | None = None
    traceparent: str | None = None
    record: IngressRecord | None = None

    @property
    def name(self) -> tuple[str, str]:
        """What the submission is called: unique per hospital."""
        return self.submission.hospital_id, self.submission.submission_id

    @property
    def claim_id(self) -> str:
        return claim_id_of(*self.name)


@dataclass(frozen=True, slots=True)
class Filed:
    """What intake keeps of a submission that became a claim."""

    hospital_id: str
    submission_id: str
    digest: str
    claim_id: str
    received_at: datetime
    idempotency_digest: str | None = None

    @property
    def name(self) -> tuple[str, str]:
        """As `Filing.name`."""
        return self.hospital_id, self.submission_id


@dataclass(frozen=True, slots=True)
class Accepted:
    """The submission is a claim; `replayed` when it already was."""

    claim_id: str
    received_at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The submission did not become a claim. `claim_id` is the claim that has its name, when one has."""

    reasons: tuple[RefusalReason, ...]
    refusal_id: str
    claim_id: str | None = None


def claim_id_of(hospital_id: str, submission_id: str) -> str:
    """The claim of a submission.

    Derived, not drawn: two replicas that race, or a database restored without the last rows, arrive at the same
    stream, where the log itself admits only one registration. A hospital id holds no blank, so names cannot collide.
    """
    return str(uuid5(_CLAIMS, f"{hospital_id} {submission_id}"))


def judge(filing: Filing, filed: Filed) -> Accepted | RefusalReason:
    """What becomes of a filing that meets one filed before it, under the same name or the same Idempotency-Key."""
    if filed.name != filing.name:
        sentence = "the Idempotency-Key was used for another settlement: a new settlement needs a new key"
        return RefusalReason(code="idempotency_key_reused", location="", sentence=sentence)
    if filed.digest != filing.digest:
        sentence = (
            "a settlement with this setl_id and other content is already a claim: a changed settlement has an id of"
            " its own"
        )
        return RefusalReason(code="submission_id_taken", location="", sentence=sentence)
    return Accepted(filed.claim_id, filed.received_at, replayed=True)
