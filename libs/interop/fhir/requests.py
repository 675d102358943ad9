"""FHIR R4 → what is asked for: a settlement, its correction (Claim.related, PUT), its cancellation (Claim.status)."""

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from libs.interop.changes import Cancellation, Correction, Request, WithdrawalReason
from libs.interop.errors import Refusal, SubmissionInvalid
from libs.interop.exact_json import decode_object
from libs.interop.fhir import systems
from libs.interop.fhir.gate import check_resource
from libs.interop.fhir.party_reading import required
from libs.interop.fhir.reader import open_bundle, read_bundle
from libs.interop.fhir.resolving import BundleIndex, Json, Located, identifier_in
from libs.interop.national import fields
from libs.interop.reading import Problems
from libs.interop.submission import Submission

#: R4's status of a Claim that was undone, and why Huiji is told it was.
VOID_STATUSES: Final[dict[str, WithdrawalReason]] = {
    "cancelled": "settlement_cancelled",
    "entered-in-error": "entered_in_error",
}
#: `prior` is of R4's example value set and may also name another settlement of the stay; `replaces` cannot.
_RELATIONSHIPS = frozenset({"prior", "replaces"})
_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,6})"\Z', re.ASCII)

ClaimIdOf = Callable[[str, str], str]
"""The id under which Huiji answers for a settlement, from its hospital and its own id."""


def parse_bundle_request(body: bytes, received_on: date | None = None, *, claim_id_of: ClaimIdOf) -> Request:
    """What the Bundle asks for. Raises SubmissionInvalid: all structural problems, else all others.

    A Claim that is void asks for a cancellation and needs no answer of basic insurance with it. One that is related
    to the settlement of its own name, or stands in an entry that is to be PUT at its id here, asks for a correction.
    """
    problems = Problems()
    bundle = open_bundle(body, problems)
    index = BundleIndex(bundle)
    claims = [claim for claim in index.of_type("Claim") if claim.data["use"] == "claim"]
    if len(claims) == 1 and claims[0].data["status"] in VOID_STATUSES:
        return _cancellation(claims[0], index, problems, based_on=_put_version(bundle))
    submission = read_bundle(index, problems, received_on)
    return _correction(submission, claims[0], bundle, claim_id_of) if len(claims) == 1 else submission


def parse_claim_request(body: bytes, received_on: date | None = None) -> Cancellation:
    """The cancellation in a Claim that is sent alone. Raises SubmissionInvalid, also when the Claim is not void."""
    problems = Problems()
    claim = decode_object(body)
    check_resource("Claim", claim, problems)
    if problems.reasons:
        raise SubmissionInvalid(Refusal(tuple(problems.reasons)))
    located = Located(claim, "Claim")
    if claim["status"] not in VOID_STATUSES:
        sentence = (
            "a Claim alone can be cancelled or entered-in-error: a correction is a Bundle with its settlement"
        )
        problems.add("settlement_missing", "Claim.status", sentence)
    return _cancellation(located, BundleIndex({}), problems, based_on=None)


def version_of(etag: str | None) -> int | None:
    """The revision in an If-Match such as `W/"2"`; None when there is none. Raises ValueError for anything else."""
    if etag is None or etag.strip() == "*":
        return None
    match = _VERSION.match(etag.strip())
    if match is None:
        raise ValueError('If-Match is a revision as it was answered, such as "2" or W/"2"')
    return int(match[1])


def _cancellation(
    claim: Located, index: BundleIndex, problems: Problems, based_on: int | None
) -> Cancellation:
    provider = claim.child("provider")
    hospital = index.resolve(provider, "Organization", claim)
    named = provider.data.get("identifier") or {}
    given = named.get("value") if named.get("system") == systems.HOSPITAL_ID else None
    at = f"{claim.at}.provider"
    hospital_id = required(
        given if hospital is None else identifier_in(hospital.data, systems.HOSPITAL_ID),
        40,
        at,
        f"the institution's national code (system {systems.HOSPITAL_ID})",
        problems,
    )
    if hospital_id and fields.HOSPITAL_ID.match(hospital_id) is None:
        problems.add("wrong_format", at, "the institution's code is letters and digits")
    at = f"{claim.at}.identifier"
    submission_id = required(own_id(claim), 64, at, "the settlement's own id (setl_id)", problems)
    if submission_id and fields.SUBMISSION_ID.match(submission_id) is None:
        problems.add("wrong_format", at, "the settlement's id is printable ASCII without blanks")
    if problems.reasons:
        raise SubmissionInvalid(Refusal(tuple(problems.reasons), hospital_id or None, submission_id or None))
    return Cancellation(hospital_id, submission_id, VOID_STATUSES[claim.data["status"]], based_on)


def own_id(claim: Located) -> str | None:
    """The settlement's own id: the Claim's identifier of that system, else its first."""
    identifiers = claim.data.get("identifier") or ()
    return identifier_in(claim.data, systems.SETTLEMENT_ID) or next(
        (one.get("value") for one in identifiers if one.get("value")), None
    )


def _correction(submission: Submission, claim: Located, bundle: Json, claim_id_of: ClaimIdOf) -> Request:
    claim_id = claim_id_of(submission.hospital_id, submission.submission_id)
    put = _put_url(bundle) == f"Claim/{claim_id}"
    related = [_relation(one, submission, claim_id) for one in claim.children("related")]
    wrong = [at for at, code, own in related if code == "replaces" and not own]
    if wrong:
        sentence = "a correction keeps its settlement's id: cancel the other settlement and file this one"
        problems = Problems()
        problems.add("replaces_other", wrong[0], sentence)
        raise SubmissionInvalid(
            Refusal(
                tuple(problems.reasons),
                submission.hospital_id,
                submission.submission_id,
                submission.person.id_number,
            )
        )
    if put or any(own for _, code, own in related if code in _RELATIONSHIPS):
        return Correction(submission, _put_version(bundle))
    return submission


def _relation(related: Located, submission: Submission, claim_id: str) -> tuple[str, str | None, bool]:
    """Where it stands, the relationship, and whether it is to the settlement of the Claim's own name."""
    codings = related.child("relationship").data.get("coding") or ()
    code = next((one.get("code") for one in codings if one.get("code") in _RELATIONSHIPS), None)
    other = related.child("claim").data
    reference = str(other.get("reference", "")).split("/_history/", 1)[0]
    identifier = other.get("identifier") or related.data.get("identifier") or {}
    named = (
        identifier.get("value")
        if identifier.get("system", systems.SETTLEMENT_ID) == systems.SETTLEMENT_ID
        else None
    )
    own = reference.endswith(f"Claim/{claim_id}") or named == submission.submission_id
    return f"{related.at}.claim", code, own


def _claim_entry(bundle: Json) -> Json:
    """The request of the entry with the Claim; nothing where there is none."""
    for entry in bundle.get("entry") or ():
        if (entry.get("resource") or {}).get("resourceType") == "Claim":
            request = entry.get("request")
            return request if isinstance(request, dict) else {}
    return {}


def _put_url(bundle: Json) -> str | None:
    request = _claim_entry(bundle)
    return str(request.get("url")) if request.get("method") == "PUT" else None


def _put_version(bundle: Json) -> int | None:
    """The revision that the entry's `ifMatch` names."""
    try:
        return version_of(_claim_entry(bundle).get("ifMatch"))
    except ValueError as error:
        problems = Problems()
        problems.add("wrong_format", "Bundle.entry.request.ifMatch", str(error))
        raise SubmissionInvalid(Refusal(tuple(problems.reasons))) from None
