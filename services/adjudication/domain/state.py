"""What adjudication knows of one person: coverages, and every claim with its facts and the decision that stands."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final

import msgspec

from libs.contracts.adjudication import (
    ClaimAdjudicated,
    PendReason,
    ReviewNoted,
)
from libs.contracts.one_stop import (
    OneStopDifferenceAnswered,
    OneStopDifferenceFound,
)
from libs.contracts.rulings import (
    AppealOpened,
    RuledFacts,
    RulingProposed,
)
from services.adjudication.domain.kept import (
    FiledBill,
    KeptCoverage,
    KeptRecords,
    KeptScore,
    ServiceOrder,
    Standing,
    StandingDecision,
)
from services.adjudication.domain.planned_stay import PlannedStay

NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})

NOTHING_RULED: Final = RuledFacts()


class Claim(msgspec.Struct, frozen=True, gc=False):
    """A claim's process so far. A Struct: copying one with a change takes a tenth of what a dataclass takes.
    Nothing in a state points back at what holds it, so the collector does not walk states (`gc=False`): that was a
    seventh of a replay's folding.

    `records`, `scores` and `reviews` are by revision, from the bill's on: sources may be heard before the bill is.
    `decided` has the decision that counts, `standing`; `decisions` is how many there have been.
    `settled_order`, `settled_revision` and `settled_with_records` say what the standing decision has seen.
    `ruling` is the one in force, made on `ruled_revision` by `ruled_by`, for bills up to `ruled_bill_up_to_fen`;
    `proposed` are those that wait for a second person, each made on the revision in `proposed_on`; those concluded are
    remembered, so that a retry does not rule again. `appealed_rulers`: who had ruled when an appeal was opened.
    `centre_fen` is what the insurance centre settled, by the newest revision that says anything of it.
    `difference` is how the insurance centre's amounts differ from ours now, `difference_answer` what a person said.
    """

    bill: FiledBill | None = None
    records: Mapping[int, KeptRecords] = NOTHING
    scores: Mapping[int, KeptScore] = NOTHING
    reviews: Mapping[int, ReviewNoted] = NOTHING
    withdrawn: bool = False
    pended: tuple[PendReason, ...] = ()
    deadline_passed: bool = False
    due_at: datetime | None = None
    decided: StandingDecision | None = None
    decisions: int = 0
    settled_order: ServiceOrder | None = None
    settled_revision: int = 0
    settled_with_records: bool = False
    ruling: RulingProposed | None = None
    ruled_revision: int = 0
    ruled_bill_up_to_fen: int | None = None
    ruled_by: tuple[str, ...] = ()
    proposed: Mapping[str, RulingProposed] = NOTHING
    proposed_on: Mapping[str, int] = NOTHING
    approved: Mapping[str, RulingProposed] = NOTHING
    rejected: Mapping[str, RulingProposed] = NOTHING
    appeals: Mapping[str, AppealOpened] = NOTHING
    appeals_overdue: frozenset[str] = frozenset()
    appealed_rulers: Mapping[str, tuple[str, ...]] = NOTHING
    appeals_concluded: Mapping[str, str] = NOTHING
    centre_fen: int = 0
    difference: OneStopDifferenceFound | None = None
    difference_answer: OneStopDifferenceAnswered | None = None

    #: What people are shown of it.
    shown: ClassVar[Mapping[str, str]] = MappingProxyType({"decided": "standing"})

    @property
    def standing(self) -> Standing | None:
        """The decision that counts, without its explanation."""
        return None if self.decided is None else self.decided.decision

    @property
    def revision(self) -> int:
        """The revision whose bill is known; 0 before the first."""
        return 0 if self.bill is None else self.bill.revision

    @property
    def facts(self) -> tuple[KeptRecords | None, KeptScore | None, ReviewNoted | None]:
        """Records, score and review of this revision."""
        at = self.revision
        return self.records.get(at), self.scores.get(at), self.reviews.get(at)

    @property
    def ruled(self) -> RuledFacts:
        """What people have found otherwise. Words about amounts and suspicion are about the revision they saw."""
        if self.ruling is None or self.ruling.outcome != "facts":
            return NOTHING_RULED
        if self.ruled_revision == self.revision:
            return self.ruling.facts
        return self.ruling.facts.model_copy(update={"amounts_confirmed": None, "suspicion_cleared": None})

    @property
    def is_settled(self) -> bool:
        """Whether the standing decision is about the newest revision, and nothing is waited for."""
        return self.decided is not None and not self.pended and self.settled_revision == self.revision

    @property
    def has_outgrown_its_ruling(self) -> bool:
        """Whether the hospital has corrected the bill beyond what those who ruled have authority for."""
        if self.ruling is None or self.bill is None or self.ruled_bill_up_to_fen is None:
            return False
        if self.ruled_revision == self.revision:
            return False
        return self.bill.opened().settlement.total_fen > self.ruled_bill_up_to_fen

    @property
    def is_denied_by_ruling(self) -> bool:
        return self.ruling is not None and self.ruling.outcome == "deny"

    def ruling_of(self, ruling_id: str) -> RulingProposed | None:
        """The ruling of an id, whatever became of it."""
        return self.proposed.get(ruling_id) or self.approved.get(ruling_id) or self.rejected.get(ruling_id)

    def approved_for(self, appeal_id: str) -> RulingProposed | None:
        """The newest ruling that was approved for an appeal."""
        found = [ruling for ruling in self.approved.values() if ruling.appeal_id == appeal_id]
        return found[-1] if found else None


class Person(msgspec.Struct, frozen=True, gc=False):
    """One person's stream, folded."""

    person_id: str
    coverages: Mapping[str, KeptCoverage] = NOTHING
    claims: Mapping[str, Claim] = NOTHING
    planned: Mapping[str, PlannedStay] = NOTHING

    def coverage_on(self, day: date) -> KeptCoverage | None:
        """The coverage in force on a day; the one that began last when several are."""
        in_force = [
            cover for cover in self.coverages.values() if cover.covered_from <= day <= cover.covered_to
        ]
        return max(in_force, key=lambda cover: (cover.covered_from, cover.coverage_id), default=None)

    def claim(self, claim_id: str) -> Claim:
        """The claim's process; an empty one when nothing of it is known yet."""
        return self.claims.get(claim_id) or Claim()

    def in_order_of_service(self) -> list[tuple[ServiceOrder, str]]:
        """Every claim whose bill is known."""
        return sorted((claim.bill.order, claim_id) for claim_id, claim in self.claims.items() if claim.bill)

    def places(self) -> list[tuple[ServiceOrder, str]]:
        """Every claim whose bill is known and every planned stay, in the order of service."""
        if not self.planned:
            return self.in_order_of_service()
        stays = [(stay.place, stay_id) for stay_id, stay in self.planned.items()]
        return sorted([*self.in_order_of_service(), *stays])

    def become_of(self, preauthorisation_id: str) -> list[str]:
        """The claims that name the planned stay, in the order of service."""
        return [
            claim_id
            for _, claim_id in self.in_order_of_service()
            if (bill := self.claims[claim_id].bill) and bill.preauthorisation_id == preauthorisation_id
        ]

    def adjudicated(self) -> Iterator[tuple[ServiceOrder, ClaimAdjudicated]]:
        """The standing decisions under a plan, each at its claim's place in the order of service."""
        for claim in self.claims.values():
            if claim.bill is not None and isinstance(claim.standing, ClaimAdjudicated):
                yield claim.bill.order, claim.standing


def initial(stream_id: str) -> Person:
    """The state of a person's stream before its first event."""
    return Person(person_id=stream_id.removeprefix("person-"))
