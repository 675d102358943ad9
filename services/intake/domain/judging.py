"""Does what is asked for happen now, has it happened already, or is it refused?

Nobody's content is lost to a late repetition: one that says nothing newer than what the claim has had before is either
recognised as that very sending, or refused with the revision to name if the sender means it.
"""

from datetime import datetime

from libs.contracts.intake import RefusalReason
from services.intake.domain.filing import Accepted, Asked, Filed, Filing, Revision, Withdrawing, evolve


def judge(asked: Asked, filed: Filed | None, now: datetime) -> Accepted | RefusalReason:
    """The verdict on what is asked for, given what is filed under its name or its Idempotency-Key.

    Accepted and not `replayed`: it happens now, and `evolve` says what is filed then.
    """
    if isinstance(asked, Withdrawing):
        return _withdraw(asked, filed, now)
    if filed is not None and filed.name != asked.name:
        return _key_reused()
    return _correct(asked, filed, now) if asked.corrects else _register(asked, filed, now)


def _register(filing: Filing, filed: Filed | None, now: datetime) -> Accepted | RefusalReason:
    if filed is None:
        return _happens(filing, None, now)
    known = _with_digest(filed, filing.digest)
    if known is None:
        sentence = (
            "a settlement with this setl_id and other content is already a claim: correct it (PUT, or action correct),"
            " or give another settlement an id of its own"
        )
        return _refusal("submission_id_taken", sentence)
    if filed.withdrawal is not None and not _is_this_sending(filing, known):
        return _withdrawn()
    return _replay(filed, known)


def _correct(filing: Filing, filed: Filed | None, now: datetime) -> Accepted | RefusalReason:
    if filed is None:
        return _unknown()
    known = _repeated(filing, filed)
    if known is not None:
        return _replay(filed, known)
    if filed.withdrawal is not None:
        return _withdrawn()
    if filing.person_id != filed.person_id:
        sentence = (
            "a correction cannot change the identity number: the claim is another person's. Cancel it and file the"
            " settlement anew under another setl_id"
        )
        return _refusal("person_changed", sentence)
    if _key_used_for_another(filing, filed):
        return _key_reused()
    current = filed.current
    if filing.digest == current.digest:
        return _replay(filed, current)
    if filing.based_on is not None and filing.based_on != current.number:
        return _refusal("revision_conflict", f"the claim is at revision {current.number}")
    if filing.based_on is None and _with_digest(filed, filing.digest) is not None:
        sentence = (
            f"this is what an earlier revision said, and the claim is at revision {current.number}: to return to it,"
            f" name revision {current.number} as the one that you correct (If-Match, or based_on_revision)"
        )
        return _refusal("revision_superseded", sentence)
    return _happens(filing, filed, now)


def _withdraw(asked: Withdrawing, filed: Filed | None, now: datetime) -> Accepted | RefusalReason:
    if filed is None:
        return _unknown()
    if filed.withdrawal is not None:
        return _accepted(filed, filed.withdrawal.received_at, filed.current, replayed=True)
    current = filed.current.number
    if asked.based_on is not None and asked.based_on != current:
        return _refusal("revision_conflict", f"the claim is at revision {current}")
    return _happens(asked, filed, now)


def _repeated(filing: Filing, filed: Filed) -> Revision | None:
    """The revision that this very correction has made: it names its predecessor, or is the same sending."""
    for revision in filed.revisions[1:]:
        if revision.digest == filing.digest and (
            filing.based_on == revision.number - 1 or _is_this_sending(filing, revision)
        ):
            return revision
    return None


def _is_this_sending(filing: Filing, revision: Revision) -> bool:
    return revision.mark is not None and revision.mark == filing.sending.mark


def _key_used_for_another(filing: Filing, filed: Filed) -> bool:
    """An Idempotency-Key belongs to one request. Places on a topic come again when the broker begins anew."""
    key = filing.sending.idempotency_digest
    return key is not None and any(
        revision.mark == key and revision.digest != filing.digest for revision in filed.revisions
    )


def _with_digest(filed: Filed, digest: str) -> Revision | None:
    """The newest revision of that content."""
    return next((one for one in reversed(filed.revisions) if one.digest == digest), None)


def _happens(asked: Asked, filed: Filed | None, now: datetime) -> Accepted:
    after = evolve(filed, asked, now)
    return _accepted(after, now, after.current, replayed=False)


def _replay(filed: Filed, known: Revision) -> Accepted:
    return _accepted(filed, known.received_at, known, replayed=True)


def _accepted(filed: Filed, received_at: datetime, revision: Revision, *, replayed: bool) -> Accepted:
    return Accepted(
        filed.claim_id,
        received_at,
        replayed=replayed,
        status=filed.status,
        revision=revision.number,
        current_revision=filed.current.number,
    )


def _key_reused() -> RefusalReason:
    sentence = "the Idempotency-Key was used for another request: a new one needs a new key"
    return _refusal("idempotency_key_reused", sentence)


def _unknown() -> RefusalReason:
    sentence = "no claim has this hospital and setl_id: file the settlement first"
    return _refusal("claim_unknown", sentence)


def _withdrawn() -> RefusalReason:
    sentence = "the settlement was cancelled, which is for good: a new settlement has a setl_id of its own"
    return _refusal("claim_withdrawn", sentence)


def _refusal(code: str, sentence: str) -> RefusalReason:
    return RefusalReason(code=code, location="", sentence=sentence)
