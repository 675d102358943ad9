"""From what was asked for, and its seals, to the event that records it."""

import base64
import zlib
from datetime import datetime
from typing import Any

import orjson

from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn, SubmissionRefused
from libs.interop import Submission
from libs.interop.terminology import icd10_chapter
from services.intake.domain.filing import Filed, Filing, Withdrawing
from services.intake.domain.refusing import Refusing

# Corrections are sealed for the same contexts: who opens a claim's seals need not know its revision.
IDENTITY = "ClaimRegistered.identity"
MEDICAL = "ClaimRegistered.medical"
ORIGINAL = "SubmissionRefused.original"

READABLE_BYTES = 16 * 1024
# Two times base64 (in the document and around the seal) make 16/9 of it: 873 kB, below the limit of an event's body.
DEFLATED_BYTES_MAX = 480 * 1024
# Ids, digests, nonces and keys of the event that are not in the submission.
ENVELOPE_BYTES = 2_000


def identity_document(submission: Submission) -> dict[str, Any]:
    """What is sealed as `identity`."""
    person = submission.person
    return {"name": person.name, "id_number": person.id_number, "phone": person.phone}


def medical_document(submission: Submission) -> dict[str, Any]:
    """What is sealed as `medical`."""
    return {
        "diagnoses": [
            {"code": diagnosis.code, "name": diagnosis.name, "main": diagnosis.main}
            for diagnosis in submission.diagnoses
        ],
        "procedures": [
            {"code": procedure.code, "name": procedure.name} for procedure in submission.procedures
        ],
        "note": submission.note,
    }


def original_document(refusing: Refusing) -> dict[str, Any]:
    """What is sealed as `original`: small texts readable, others deflated (zlib, base64).

    A seal must fit into an event, so of what hardly deflates (noise, no settlement) only the beginning is kept.
    """
    original = refusing.sending.original
    if len(original.body) <= READABLE_BYTES:
        try:
            return {"content_type": original.content_type, "body": original.body.decode()}
        except UnicodeDecodeError:
            pass  # Not text: kept byte by byte below.
    deflated = zlib.compress(original.body, 1)
    kept = len(original.body)
    if len(deflated) > DEFLATED_BYTES_MAX:
        kept = DEFLATED_BYTES_MAX
        deflated = zlib.compress(original.body[:kept], 1)
    return {
        "content_type": original.content_type,
        "body_deflated": base64.b64encode(deflated).decode(),
        "kept_bytes": kept,
        "of_bytes": len(original.body),
    }


def largest_event_bytes(submission: Submission) -> int:
    """No event made of the submission has a larger body: seals are by a third longer than what they seal."""
    sealed = orjson.dumps(identity_document(submission)) + orjson.dumps(medical_document(submission))
    return len(submission.canonical()) + len(sealed) // 3 + ENVELOPE_BYTES


def register(
    filing: Filing, filed: Filed, identity: str, medical: str, invoice_digest: str | None
) -> ClaimRegistered | ClaimCorrected:
    """The event of a revision: the claim's first, or a correction. `filed` has it as its newest."""
    submission, revision = filing.submission, filed.current
    main = submission.main_diagnosis
    stated: dict[str, Any] = {
        "person_id": filing.person_id,
        "claim_id": filing.claim_id,
        "submission_id": submission.submission_id,
        "submission_digest": filing.digest,
        "channel": revision.channel,
        "received_at": revision.received_at,
        "visit": submission.visit,
        "settlement": submission.settlement,
        "lines": submission.lines,
        "invoice_digest": invoice_digest,
        "identity": identity,
        "medical": medical,
        "main_diagnosis_chapter": None if main is None else icd10_chapter(main.code),
        "one_stop": submission.one_stop,
        "filed_by": filing.sending.filed_by,
    }
    if filing.corrects:
        return ClaimCorrected(**stated, revision=revision.number)
    return ClaimRegistered(**stated)


def withdraw(asked: Withdrawing, filed: Filed) -> ClaimWithdrawn:
    """The last event of a claim."""
    assert filed.withdrawal is not None, "it is withdrawn by now"
    return ClaimWithdrawn(
        person_id=filed.person_id,
        claim_id=filed.claim_id,
        reason=asked.reason,
        channel=filed.withdrawal.channel,
        received_at=filed.withdrawal.received_at,
        filed_by=asked.sending.filed_by,
    )


def refuse(refusing: Refusing, original: str, now: datetime) -> SubmissionRefused:
    """The only event of a refusal."""
    return SubmissionRefused(
        refusal_id=refusing.refusal_id,
        person_id=refusing.person_id,
        hospital_id=refusing.hospital_id,
        submission_id=refusing.submission_id,
        channel=refusing.sending.channel,
        received_at=now,
        reasons=refusing.reasons,
        original=original,
        filed_by=refusing.sending.filed_by,
    )
