"""What senders ask for, what intake has filed, and what becomes of the one when it meets the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Final, Literal
from uuid import UUID

from libs.contracts.derived_ids import derived_id
from libs.contracts.intake import Channel, RefusalReason
from libs.interop import Submission, WithdrawalReason

_CLAIMS: Final = UUID("5f1d7f3c-0c55-5d0e-9f43-0d5c2f6a7b11").bytes

Status = Literal["registered", "corrected", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Original:
    """What was sent, as it was sent; `body` is personal."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class IngressRecord:
    """Where on the ingress topic something stood, so that its sender can find it; `reference` is the sender's."""

    partition: int
    offset: int
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """How something came in: the way, the original, and what tells this sending from another of the same content.

    `idempotency_digest` is the keyed hash of the caller's Idempotency-Key. `filed_by` is who has shown a token by HTTP.
    """

    channel: Channel
    original: Original
    idempotency_digest: str | None = None
    traceparent: str | None = None
    record: IngressRecord | None = None
    filed_by: str | None = None

    @property
    def mark(self) -> str | None:
        """The same whenever this very sending arrives again: its Idempotency-Key, or its place on the topic."""
        if self.idempotency_digest is not None or self.record is None:
            return self.idempotency_digest
        return f"{self.record.partition}/{self.record.offset}"


@dataclass(frozen=True)
class Filing:
    """A valid submission on its way to become a claim, or with `corrects` to replace the content of one.

    `digest` is the keyed hash of its content, `based_on` the revision that the sender says to correct.
    """

    submission: Submission
    person_id: str
    digest: str
    sending: Sending
    corrects: bool = False
    based_on: int | None = None

    @cached_property  # asked a dozen times on a settlement's way, as is the next
    def name(self) -> tuple[str, str]:
        """What the submission is called: unique per hospital."""
        return self.submission.hospital_id, self.submission.submission_id

    @cached_property
    def claim_id(self) -> str:
        return claim_id_of(*self.name)


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """A settlement is to be undone. `person_id` is who the original names, when it names anybody."""

    hospital_id: str
    submission_id: str
    reason: WithdrawalReason
    sending: Sending
    person_id: str | None = None
    based_on: int | None = None

    @property
    def name(self) -> tuple[str, str]:
        """As `Filing.name`."""
        return self.hospital_id, self.submission_id

    @property
    def claim_id(self) -> str:
        return claim_id_of(*self.name)


Asked = Filing | Withdrawing


@dataclass(frozen=True, slots=True)
class Revision:
    """One content that a claim has had. `mark` is that of the sending it came with."""

    number: int
    digest: str
    channel: Channel
    received_at: datetime
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """When and why a claim was undone."""

    reason: WithdrawalReason
    channel: Channel
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """What intake keeps of a claim: all its revisions, oldest first, and its end."""

    hospital_id: str
    submission_id: str
    claim_id: str
    person_id: str
    revisions: Sequence[Revision]
    withdrawal: Withdrawal | None = None
    idempotency_digest: str | None = field(default=None, kw_only=True)

    @property
    def name(self) -> tuple[str, str]:
        """As `Filing.name`."""
        return self.hospital_id, self.submission_id

    @property
    def current(self) -> Revision:
        """The newest revision."""
        return self.revisions[-1]

    @property
    def status(self) -> Status:
        """Where the claim stands at intake."""
        if self.withdrawal is not None:
            return "withdrawn"
        return "corrected" if self.current.number > 1 else "registered"

    @property
    def version(self) -> int:
        """How many events the claim's stream has: one for each revision, and its end."""
        return len(self.revisions) + (self.withdrawal is not None)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was asked for is so; `replayed` when it already was.

    `revision` is the one with the content that was sent, `current_revision` the claim's newest.
    """

    claim_id: str
    received_at: datetime
    replayed: bool
    status: Status = "registered"
    revision: int = 1
    current_revision: int = 1


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked for is not done. `claim_id` is the claim of that name, when there is one."""

    reasons: tuple[RefusalReason, ...]
    refusal_id: str
    claim_id: str | None = None


def claim_id_of(hospital_id: str, submission_id: str) -> str:
    """The claim of a submission.

    Derived, not drawn: two replicas that race, or a database restored without the last rows, arrive at the same
    stream, where the log itself admits only one registration. A hospital id holds no blank, so names cannot collide.
    """
    return derived_id(_CLAIMS, f"{hospital_id} {submission_id}")


def evolve(filed: Filed | None, asked: Asked, now: datetime) -> Filed:
    """What is filed once `asked`, which was judged to be new, has happened."""
    if isinstance(asked, Withdrawing):
        assert filed is not None, "only what is filed can be withdrawn"
        return replace(filed, withdrawal=Withdrawal(asked.reason, asked.sending.channel, now))
    sending = asked.sending
    number = 1 if filed is None else filed.current.number + 1
    revision = Revision(number, asked.digest, sending.channel, now, sending.mark)
    if filed is not None:
        return replace(filed, revisions=(*filed.revisions, revision))
    return Filed(
        *asked.name,
        asked.claim_id,
        asked.person_id,
        (revision,),
        idempotency_digest=sending.idempotency_digest,
    )
