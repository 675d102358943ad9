"""The protocols a city's hospitals speak, each read into one `Submission` or refused with every reason."""

from libs.interop.changes import Cancellation, Correction, Request, WithdrawalReason
from libs.interop.errors import InteropError, Refusal, SubmissionInvalid
from libs.interop.submission import Diagnosis, Person, Procedure, Submission, SubmissionId

__all__ = [
    "Cancellation",
    "Correction",
    "Diagnosis",
    "InteropError",
    "Person",
    "Procedure",
    "Refusal",
    "Request",
    "Submission",
    "SubmissionId",
    "SubmissionInvalid",
    "WithdrawalReason",
]
