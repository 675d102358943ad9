"""What can be asked of a person's claims. `now` is the moment at the edge."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.contracts.enrolment import CoverageActivated, CoverageLapsed
from libs.contracts.fraud import ClaimScored, ReviewConcluded
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable

Heard = (
    CoverageActivated
    | CoverageLapsed
    | ClaimRegistered
    | ClaimCorrected
    | ClaimWithdrawn
    | RecordsAttached
    | RecordsUnavailable
    | ClaimScored
    | ReviewConcluded
)


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long a claim waits: for its facts before it is answered, and pended for each owner."""

    answer: timedelta = timedelta(seconds=30)
    pended: timedelta = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class TakeNote:
    """Another service said something that concerns the person."""

    heard: Heard
    now: datetime
    clocks: Clocks


@dataclass(frozen=True, slots=True)
class PassDeadline:
    """The clock has passed `due_at` of a claim."""

    claim_id: str
    due_at: datetime
    now: datetime
    clocks: Clocks


Command = TakeNote | PassDeadline
