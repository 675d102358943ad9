"""National JSON → what is asked for: a settlement (2207, 2304), its correction, or its cancellation (2208, 2305).

There is no national interface for a correction: `huiji.action` says which of the three a document is.
"""

from dataclasses import replace
from datetime import date
from typing import Any, Literal

from libs.interop.changes import Cancellation, Correction, Request, WithdrawalReason
from libs.interop.errors import Refusal, SubmissionInvalid
from libs.interop.exact_json import decode_object
from libs.interop.national import fields
from libs.interop.national.reader import read_settlement
from libs.interop.national.usual import read_usual
from libs.interop.reading import Fields, Problems
from libs.interop.submission import Submission

#: 门诊结算撤销 and 住院结算撤销: the whole message that the hospital sends to the insurance centre is understood.
CANCELLING_INTERFACES = frozenset({"2208", "2305"})

Action = Literal["register", "correct", "cancel"]
ACTIONS: dict[str, Action] = {"register": "register", "correct": "correct", "cancel": "cancel"}
REASONS: dict[str, WithdrawalReason] = {
    "settlement_cancelled": "settlement_cancelled",
    "discharge_cancelled": "discharge_cancelled",
    "entered_in_error": "entered_in_error",
}
MAX_REVISION = 1_000_000


def parse_request(body: bytes, received_on: date | None = None) -> Request:
    """What the document asks for. Raises SubmissionInvalid naming everything wrong at once."""
    document = decode_object(body)
    return read_usual(document, received_on) or read_request(document, received_on)


def read_request(document: dict[str, Any], received_on: date | None) -> Request:
    """`parse_request` for a document whose JSON is decoded, field by field."""
    problems = Problems()
    root = Fields(document, "", problems)
    additions = (
        root.object("huiji") if isinstance(document.get("huiji"), dict) else Fields({}, "/huiji", problems)
    )
    if str(document.get("infno")) in CANCELLING_INTERFACES:
        # Their `data` stands in `input`; who forwards only that is understood, too.
        parent = root.object("input") if isinstance(document.get("input"), dict) else root
        return _cancellation(root, parent.object("data"), additions)
    action = additions.optional_choice("action", ACTIONS) or "register"
    if action == "cancel":
        info = root.object("setlinfo")
        return _cancellation(info, info, additions)
    based_on = _based_on(additions)
    submission = _settlement(document, received_on, problems)
    return Correction(submission, based_on) if action == "correct" else submission


def _settlement(document: dict[str, Any], received_on: date | None, problems: Problems) -> Submission:
    try:
        submission = read_settlement(document, received_on)
    except SubmissionInvalid as error:
        reasons = (*problems.reasons, *error.refusal.reasons)
        raise SubmissionInvalid(replace(error.refusal, reasons=reasons)) from None
    if problems.reasons:
        raise SubmissionInvalid(
            Refusal(
                tuple(problems.reasons),
                submission.hospital_id,
                submission.submission_id,
                submission.person.id_number,
            )
        )
    return submission


def _cancellation(hospital: Fields, settlement: Fields, additions: Fields) -> Cancellation:
    """The names of what is undone; all else in the document is not read."""
    problems = additions.problems
    hospital_id = hospital.text("fixmedins_code", 40, fields.HOSPITAL_ID)
    submission_id = settlement.text("setl_id", 64, fields.SUBMISSION_ID)
    reason = additions.optional_choice("reason", REASONS) or "settlement_cancelled"
    based_on = _based_on(additions)
    if problems.reasons:
        raise SubmissionInvalid(Refusal(tuple(problems.reasons), hospital_id or None, submission_id or None))
    return Cancellation(hospital_id, submission_id, reason, based_on)


def _based_on(additions: Fields) -> int | None:
    if additions.absent("based_on_revision"):
        return None
    value = additions.data["based_on_revision"]
    if type(value) is not int or not 1 <= value <= MAX_REVISION:
        additions.wrong("wrong_type", "based_on_revision", "based_on_revision is the number of a revision")
        return None
    return value
