"""From what a sender sent to a filing or a refusal: the one validation that all ways in and the preflight share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from libs.contracts.intake import Channel, RefusalReason
from libs.eventlog.append import LARGEST_BODY_BYTES
from libs.interop import Refusal, Submission, SubmissionInvalid
from libs.interop.reading import SHANGHAI
from libs.privacy import Pseudonymiser
from services.intake.domain.filing import Filing, IngressRecord, Original
from services.intake.domain.refusing import Refusing, identity_number_in, names_in
from services.intake.domain.registering import largest_event_bytes

# A line of the shortest JSON grows by a half in the event: below this size no event reaches the log's limit.
SURELY_SMALL_BYTES = 400_000

Parse = Callable[[bytes, date], Submission]
"""Reads one protocol; the day is that of receipt in Shanghai. Raises SubmissionInvalid with every reason."""


@dataclass(frozen=True)
class Prepare:
    """Reads and checks submissions, and gives persons and contents their pseudonyms."""

    pseudonymiser: Pseudonymiser
    clock: Callable[[], datetime]

    def filing(
        self,
        parse: Parse,
        channel: Channel,
        original: Original,
        *,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
        record: IngressRecord | None = None,
    ) -> Filing:
        """The valid submission in `original`. Raises SubmissionInvalid."""
        submission = parse(original.body, self.clock().astimezone(SHANGHAI).date())
        if len(original.body) > SURELY_SMALL_BYTES and largest_event_bytes(submission) > LARGEST_BODY_BYTES:
            raise SubmissionInvalid(_too_large(submission))
        if submission.person.id_number in submission.submission_id.upper():
            raise SubmissionInvalid(_personal_id(submission))
        return Filing(
            submission=submission,
            person_id=self.pseudonymiser.person_id(submission.person.id_number),
            digest=self.pseudonymiser.digest("submission", submission.digest()),
            channel=channel,
            original=original,
            idempotency_digest=(
                None
                if idempotency_key is None
                else self.pseudonymiser.digest("idempotency-key", idempotency_key)
            ),
            traceparent=traceparent,
            record=record,
        )

    def refusing(
        self,
        refusal: Refusal,
        channel: Channel,
        original: Original,
        *,
        traceparent: str | None = None,
        record: IngressRecord | None = None,
    ) -> Refusing:
        """What is recorded of a submission that cannot become a claim."""
        id_number = identity_number_in(refusal, original.body)
        hospital_id, submission_id = names_in(refusal)
        if submission_id and id_number and id_number in submission_id.upper():
            submission_id = None
        return Refusing(
            reasons=refusal.reasons,
            channel=channel,
            original=original,
            content_digest=self.pseudonymiser.digest("refused", original.body.hex()),
            person_id=None if id_number is None else self.pseudonymiser.person_id(id_number),
            hospital_id=hospital_id,
            submission_id=submission_id,
            traceparent=traceparent,
            record=record,
        )

    def either(
        self,
        parse: Parse,
        channel: Channel,
        original: Original,
        *,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
        record: IngressRecord | None = None,
    ) -> Filing | Refusing:
        """A filing, or the refusal that says everything that is wrong."""
        try:
            return self.filing(
                parse,
                channel,
                original,
                idempotency_key=idempotency_key,
                traceparent=traceparent,
                record=record,
            )
        except SubmissionInvalid as error:
            return self.refusing(error.refusal, channel, original, traceparent=traceparent, record=record)


def _personal_id(submission: Submission) -> Refusal:
    sentence = "the settlement's id holds the person's identity number, and ids stand in clear: use another"
    return Refusal(
        (RefusalReason(code="personal_number_in_id", location="", sentence=sentence),),
        hospital_id=submission.hospital_id,
        id_number=submission.person.id_number,
    )


def _too_large(submission: Submission) -> Refusal:
    sentence = f"it would make an event of more than {LARGEST_BODY_BYTES} bytes: send fewer, summed lines"
    return Refusal(
        (RefusalReason(code="too_large", location="", sentence=sentence),),
        hospital_id=submission.hospital_id,
        submission_id=submission.submission_id,
        id_number=submission.person.id_number,
    )
