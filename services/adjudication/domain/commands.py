"""What can be asked of a person's claims. `now` is the moment at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

import msgspec

from libs.contracts.enrolment import CoverageActivated, CoverageLapsed
from libs.contracts.fraud import ClaimScored, ReviewConcluded
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached, RecordsUnavailable
from libs.contracts.one_stop import AnswerReason
from libs.contracts.rulings import Evidence, RuledFacts, RulingReason
from libs.contracts.settlement import FeeLine, Settlement, Visit
from services.adjudication.domain.authority import Authority

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
    """How long a claim waits: for its facts before it is answered, and pended for each owner of a reason; and how long
    after its planned discharge a stay may become a claim."""

    answer: timedelta = timedelta(seconds=30)
    pended: timedelta = timedelta(hours=72)
    by_owner: Mapping[str, timedelta] = field(default_factory=lambda: MappingProxyType({}))
    reservation: timedelta = timedelta(days=30)

    def of(self, owner: str) -> timedelta:
        """The time that an owner has."""
        return self.by_owner.get(owner, self.pended)


ClockOf = Literal["claim", "stay", "appeal"]


class TakeNote(msgspec.Struct, frozen=True):
    """Another service said something that concerns the person. A Struct: one is made of each event that is heard."""

    heard: Heard
    now: datetime
    clocks: Clocks


@dataclass(frozen=True, slots=True)
class PassDeadline:
    """The clock has passed `due_at` of a claim, of a planned stay (`claim_id` is its id), or of a claim's appeal."""

    claim_id: str
    due_at: datetime
    now: datetime
    clocks: Clocks
    what: ClockOf = "claim"


@dataclass(frozen=True, slots=True)
class ProposeRuling:
    """A member of staff rules on a claim; the id is theirs, so that asking twice is ruling once."""

    claim_id: str
    ruling_id: str
    outcome: Literal["facts", "deny", "lift"]
    facts: RuledFacts
    reason_code: RulingReason
    evidence: tuple[Evidence, ...]
    appeal_id: str | None
    by: str
    tier: str
    authority: Authority
    now: datetime
    clocks: Clocks


@dataclass(frozen=True, slots=True)
class ApproveRuling:
    """A second person agrees."""

    claim_id: str
    ruling_id: str
    by: str
    tier: str
    authority: Authority
    now: datetime
    clocks: Clocks


@dataclass(frozen=True, slots=True)
class RejectRuling:
    """A second person disagrees, or the proposer takes the ruling back."""

    claim_id: str
    ruling_id: str
    by: str
    reason_code: RulingReason
    now: datetime
    clocks: Clocks


@dataclass(frozen=True, slots=True)
class OpenAppeal:
    """Somebody disputes the standing decision."""

    claim_id: str
    appeal_id: str
    by: Literal["patient", "hospital", "insurer"]
    grounds: Literal["facts", "terms", "amount", "fraud_finding", "overpaid"]
    evidence: tuple[Evidence, ...]
    stays_payment: bool
    authority: Authority
    now: datetime
    clocks: Clocks


@dataclass(frozen=True, slots=True)
class ConcludeAppeal:
    """A member of staff answers an appeal."""

    claim_id: str
    appeal_id: str
    outcome: Literal["upheld", "rejected", "withdrawn"]
    by_staff: str
    now: datetime
    clocks: Clocks


@dataclass(frozen=True, slots=True)
class AnswerDifference:
    """A member of staff has looked at how the insurance centre's amounts differ from ours."""

    claim_id: str
    difference_id: str
    outcome: Literal["accepted", "disputed"]
    reason: AnswerReason
    by: str
    now: datetime
    clocks: Clocks


@dataclass(frozen=True, slots=True)
class RequestPreauthorisation:
    """A hospital asks before a stay; the reference is its own, so that asking twice is asking once."""

    reference: str
    visit: Visit
    settlement: Settlement
    lines: tuple[FeeLine, ...]
    main_diagnosis_chapter: str | None
    now: datetime
    clocks: Clocks
    asked_by: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseReservation:
    """The stay will not be, or not as asked."""

    preauthorisation_id: str
    reason: Literal["stay_cancelled", "asked_anew", "entered_in_error"]
    now: datetime
    clocks: Clocks
    asked_by: str | None = None


ByHospitals = RequestPreauthorisation | ReleaseReservation
ByPeople = ProposeRuling | ApproveRuling | RejectRuling | OpenAppeal | ConcludeAppeal | AnswerDifference
Command = TakeNote | PassDeadline | ByPeople | ByHospitals
"""A command; those by people and hospitals can be refused with an AdjudicationError."""
