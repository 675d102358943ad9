"""From what a sender sent to a filing, a withdrawal or a refusal: the one validation of every way in, and preflight."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from libs.contracts.intake import Channel, RefusalReason
from libs.eventlog.append import LARGEST_BODY_BYTES
from libs.interop import Cancellation, Correction, Refusal, Request, Submission, SubmissionInvalid
from libs.interop.reading import SHANGHAI
from libs.privacy import Pseudonymiser
from services.intake.domain.filing import Asked, Filing, Original, Sending, Withdrawing
from services.intake.domain.refusing import Refusing, identity_number_in, names_in
from services.intake.domain.registering import largest_event_bytes

# A line of the shortest JSON grows by a half in the event: below this size no event reaches the log's limit.
SURELY_SMALL_BYTES = 400_000

Parse = Callable[[bytes, date], Request]
"""Reads one protocol; the day is that of receipt in Shanghai. Raises SubmissionInvalid with every reason."""


@dataclass(frozen=True)
class Prepare:
    """Reads and checks what is sent, and gives persons and contents their pseudonyms."""

    pseudonymiser: Pseudonymiser
    clock: Callable[[], datetime]

    def sending(
        self,
        channel: Channel,
        original: Original,
        idempotency_key: str | None,
        traceparent: str | None,
        filed_by: str | None = None,
    ) -> Sending:
        """Something that came by HTTP. What a caller chose as a key may say who a patient is, so it is hashed."""
        digest = (
            None if idempotency_key is None else self.pseudonymiser.digest("idempotency-key", idempotency_key)
        )
        return Sending(channel, original, digest, traceparent, filed_by=filed_by)

    def asked(self, parse: Parse, sending: Sending) -> Asked:
        """What `sending` validly asks for. Raises SubmissionInvalid."""
        request = parse(sending.original.body, self.clock().astimezone(SHANGHAI).date())
        if isinstance(request, Cancellation):
            return self._withdrawing(request, sending)
        submission = request.submission if isinstance(request, Correction) else request
        body = sending.original.body
        if len(body) > SURELY_SMALL_BYTES and largest_event_bytes(submission) > LARGEST_BODY_BYTES:
            raise SubmissionInvalid(_too_large(submission))
        named = f"{submission.submission_id} {submission.one_stop.reference if submission.one_stop else ''}"
        if submission.person.id_number in named.upper():
            raise SubmissionInvalid(_personal_id(submission.hospital_id, submission.person.id_number))
        return Filing(
            submission=submission,
            person_id=self.pseudonymiser.person_id(submission.person.id_number),
            digest=self.pseudonymiser.digest("submission", submission.digest()),
            sending=sending,
            corrects=isinstance(request, Correction),
            based_on=request.based_on if isinstance(request, Correction) else None,
        )

    def refusing(self, refusal: Refusal, sending: Sending) -> Refusing:
        """What is recorded of something that cannot be done."""
        body = sending.original.body
        id_number = identity_number_in(refusal, body)
        hospital_id, submission_id = names_in(refusal)
        if submission_id and id_number and id_number in submission_id.upper():
            submission_id = None
        return Refusing(
            reasons=refusal.reasons,
            sending=sending,
            content_digest=self.pseudonymiser.digest("refused", body.hex()),
            person_id=None if id_number is None else self.pseudonymiser.person_id(id_number),
            hospital_id=hospital_id,
            submission_id=submission_id,
        )

    def either(self, parse: Parse, sending: Sending) -> Asked | Refusing:
        """What is asked for, or the refusal that says everything that is wrong."""
        try:
            return self.asked(parse, sending)
        except SubmissionInvalid as error:
            return self.refusing(error.refusal, sending)

    def _withdrawing(self, asked: Cancellation, sending: Sending) -> Withdrawing:
        # A cancellation need name nobody, but what it is refused with must go when its person is erased.
        id_number = identity_number_in(Refusal(()), sending.original.body)
        if id_number is not None and id_number in asked.submission_id.upper():
            raise SubmissionInvalid(_personal_id(asked.hospital_id, id_number))
        return Withdrawing(
            hospital_id=asked.hospital_id,
            submission_id=asked.submission_id,
            reason=asked.reason,
            sending=sending,
            person_id=None if id_number is None else self.pseudonymiser.person_id(id_number),
            based_on=asked.based_on,
        )


def _personal_id(hospital_id: str, id_number: str) -> Refusal:
    sentence = (
        "an id of the settlement holds the person's identity number, and ids stand in clear: use another"
    )
    reason = RefusalReason(code="personal_number_in_id", location="", sentence=sentence)
    return Refusal((reason,), hospital_id=hospital_id, id_number=id_number)


def _too_large(submission: Submission) -> Refusal:
    sentence = f"it would make an event of more than {LARGEST_BODY_BYTES} bytes: send fewer, summed lines"
    return Refusal(
        (RefusalReason(code="too_large", location="", sentence=sentence),),
        hospital_id=submission.hospital_id,
        submission_id=submission.submission_id,
        id_number=submission.person.id_number,
    )
