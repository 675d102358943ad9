"""What can be asked of a person's stream in fraud. `now` is the moment at the edge."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from libs.contracts.enrolment import CoverageActivated
from libs.contracts.intake import ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from services.fraud.domain.heard import Filed

Verdict = Literal["legitimate", "fraudulent"]


@dataclass(frozen=True, slots=True)
class NoteCoverage:
    """The person is covered from a day on."""

    activated: CoverageActivated


@dataclass(frozen=True, slots=True)
class NoteClaim:
    """A claim was registered or corrected; `invoice_claim_id` is another claim that bore its invoice before."""

    filed: Filed
    invoice_claim_id: str | None
    now: datetime
    review_within: timedelta


@dataclass(frozen=True, slots=True)
class NoteWithdrawal:
    """The hospital has undone a claim."""

    withdrawn: ClaimWithdrawn
    now: datetime
    review_within: timedelta


@dataclass(frozen=True, slots=True)
class NoteRecords:
    """Medical data answered for a claim, or said that it will not."""

    answer: RecordsAttached | RecordsUnavailable
    now: datetime
    review_within: timedelta


@dataclass(frozen=True, slots=True)
class ConcludeReview:
    """A reviewer decided."""

    review_id: str
    claim_id: str
    verdict: Verdict
    reviewer: str
    reason_code: str
    now: datetime


Command = NoteCoverage | NoteClaim | NoteWithdrawal | NoteRecords | ConcludeReview
