"""Requests whose path, header or key says more than their body: readers that hold the one against the other."""

from dataclasses import replace
from datetime import date

import msgspec
import orjson

from libs.contracts.intake import RefusalReason
from libs.interop import Cancellation, Correction, Refusal, Request, Submission, SubmissionInvalid
from libs.interop.national import parse_request
from services.intake.domain.admitting import UNNAMED
from services.intake.domain.filing import claim_id_of
from services.intake.domain.refusing import names_in
from services.intake.use_cases.prepare import Parse

Name = tuple[str, str]


class _Bill(msgspec.Struct):
    fixmedins_code: str = ""


class _Named(msgspec.Struct):
    setlinfo: _Bill = msgspec.field(default_factory=_Bill)


_NAMED = msgspec.json.Decoder(_Named)


def name_of(request: Request) -> Name:
    """Hospital and settlement that the request is about."""
    if isinstance(request, Cancellation):
        return request.hospital_id, request.submission_id
    submission = request.submission if isinstance(request, Correction) else request
    return submission.hospital_id, submission.submission_id


def hospital_in(body: bytes) -> str:
    """The hospital that national JSON names, found without checking the rest of it; UNNAMED when it names none."""
    try:
        named = _NAMED.decode(body).setlinfo.fixmedins_code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNNAMED
    return names_in(Refusal((), hospital_id=named))[0] or UNNAMED


def planned(parse: Parse) -> Parse:
    """Reads a bill of a stay that may be to come: its discharge is held against no day of receipt."""
    return lambda body, _received_on: parse(body, date.max)


def correcting(parse: Parse, name: Name, revision: int | None) -> Parse:
    """Reads the correction of the settlement that a path names, whatever else the document says it is."""

    def read(body: bytes, received_on: date) -> Request:
        request = parse(body, received_on)
        if isinstance(request, Cancellation):
            raise _refused(
                request, "action_mismatch", "", "a cancellation is sent to the settlement's cancellation"
            )
        if name_of(request) != name:
            raise _refused(request, "name_mismatch", "", "the path names another settlement than the body")
        if isinstance(request, Submission):
            return Correction(request, revision)
        return request if revision is None else replace(request, based_on=revision)

    return read


def based_on(parse: Parse, revision: int | None) -> Parse:
    """Reads a change of the revision that If-Match names; what the body says gives way to it."""

    def read(body: bytes, received_on: date) -> Request:
        request = parse(body, received_on)
        if revision is None or isinstance(request, Submission):
            return request
        return replace(request, based_on=revision)

    return read


def about_claim(parse: Parse, claim_id: str) -> Parse:
    """Reads what a path sends to a claim: the body names the same."""

    def read(body: bytes, received_on: date) -> Request:
        request = parse(body, received_on)
        if claim_id_of(*name_of(request)) != claim_id:
            raise _refused(request, "name_mismatch", "", "the path names another claim than the body")
        return request

    return read


def spoken_by(hospital_id: str | None) -> Parse:
    """National JSON of a hospital that has proved itself: it speaks for itself only. None: nobody has."""

    def read(body: bytes, received_on: date) -> Request:
        try:
            request = parse_request(body, received_on)
        except SubmissionInvalid as error:
            named = replace(error.refusal, hospital_id=hospital_id or error.refusal.hospital_id)
            raise SubmissionInvalid(named) from None
        if hospital_id is not None and name_of(request)[0] != hospital_id:
            sentence = "fixmedins_code is not the hospital whose key encrypted the record"
            raise _refused(request, "hospital_mismatch", "/setlinfo/fixmedins_code", sentence, hospital_id)
        return request

    return read


def cancellation_document(name: Name, additions: dict[str, object]) -> bytes:
    """The document of a cancellation whose names stand in the path: what is read, and kept if it is refused."""
    return orjson.dumps(
        {
            "setlinfo": {"fixmedins_code": name[0], "setl_id": name[1]},
            "huiji": {**additions, "action": "cancel"},
        }
    )


def _refused(
    request: Request, code: str, location: str, sentence: str, hospital_id: str | None = None
) -> SubmissionInvalid:
    named, submission_id = name_of(request)
    submission = request.submission if isinstance(request, Correction) else request
    id_number = submission.person.id_number if isinstance(submission, Submission) else None
    reason = RefusalReason(code=code, location=location, sentence=sentence)
    return SubmissionInvalid(Refusal((reason,), hospital_id or named, submission_id, id_number))
