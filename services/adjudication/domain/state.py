"""What adjudication knows of one person: coverages, and every claim with its facts and the decision that stands."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeGuard, TypeVar, get_args

import msgspec
from msgspec.structs import replace

from libs.contracts import Event
from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDeadlinePassed,
    ClaimPended,
    ClaimWithdrawalNoted,
    CoverageEndNoted,
    DecisionConfirmed,
    PendReason,
    ReviewNoted,
)
from libs.contracts.one_stop import (
    OneStopDifferenceAnswered,
    OneStopDifferenceEnded,
    OneStopDifferenceFound,
)
from libs.contracts.preauthorisation import PreauthorisationEvent
from libs.contracts.rulings import (
    AppealConcluded,
    AppealOpened,
    AppealOverdue,
    RuledFacts,
    RulingApproved,
    RulingProposed,
    RulingRejected,
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
from services.adjudication.domain.noted import Noted, NotedDecision, NotedOpening, as_noted
from services.adjudication.domain.planned_stay import PlannedStay, evolve_stay

_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})

K = TypeVar("K")
V = TypeVar("V")


FOLD_VERSION: Final = 1
"""Of `evolve` and of what a state holds. A snapshot of another version is not read: raise it with whatever changes what
the same events are folded to (`tests/contract/test_fold_versions.py` says when)."""

NOTHING_RULED: Final = RuledFacts()


class Claim(msgspec.Struct, frozen=True):
    """A claim's process so far. A Struct: copying one with a change takes a tenth of what a dataclass takes.

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
    records: Mapping[int, KeptRecords] = _NONE
    scores: Mapping[int, KeptScore] = _NONE
    reviews: Mapping[int, ReviewNoted] = _NONE
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
    proposed: Mapping[str, RulingProposed] = _NONE
    proposed_on: Mapping[str, int] = _NONE
    approved: Mapping[str, RulingProposed] = _NONE
    rejected: Mapping[str, RulingProposed] = _NONE
    appeals: Mapping[str, AppealOpened] = _NONE
    appeals_overdue: frozenset[str] = frozenset()
    appealed_rulers: Mapping[str, tuple[str, ...]] = _NONE
    appeals_concluded: Mapping[str, str] = _NONE
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


class Person(msgspec.Struct, frozen=True):
    """One person's stream, folded."""

    person_id: str
    coverages: Mapping[str, KeptCoverage] = _NONE
    claims: Mapping[str, Claim] = _NONE
    planned: Mapping[str, PlannedStay] = _NONE

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


ClaimStep = (
    NotedOpening
    | NotedDecision
    | KeptRecords
    | KeptScore
    | ReviewNoted
    | ClaimWithdrawalNoted
    | ClaimPended
    | ClaimDeadlinePassed
    | AdjudicationReversed
    | DecisionConfirmed
)


ByPeople = RulingProposed | RulingApproved | RulingRejected | AppealOpened | AppealOverdue | AppealConcluded

OneStopStep = OneStopDifferenceFound | OneStopDifferenceEnded | OneStopDifferenceAnswered

_OF_A_CLAIM: Final = frozenset((*get_args(ClaimStep), *get_args(ByPeople), *get_args(OneStopStep)))


def evolve(person: Person, event: Event | Noted) -> Person:
    """The state after `event`, or after what was read of it."""
    noted = as_noted(event)
    if _is_of_a_claim(noted):
        moved_on = _moved_on(person.claim(noted.claim_id), noted)
        return replace(person, claims=_with(person.claims, noted.claim_id, moved_on))
    return _known_of(person, noted)


def _known_of(person: Person, event: Event | Noted) -> Person:
    match event:
        case KeptCoverage():
            return replace(person, coverages=_with(person.coverages, event.coverage_id, event))
        case CoverageEndNoted():
            ended = replace(person.coverages[event.coverage_id], covered_to=event.lapsed_on)
            return replace(person, coverages=_with(person.coverages, event.coverage_id, ended))
        case PreauthorisationEvent():
            stay_id = event.preauthorisation_id
            stay = evolve_stay(person.planned.get(stay_id), event)
            return replace(person, planned=_with(person.planned, stay_id, stay))
        case _:
            raise AssertionError(f"not an event of adjudication: {type(event).__name__}")


def _is_of_a_claim(event: Event | Noted) -> TypeGuard[ClaimStep | ByPeople | OneStopStep]:
    # Of the very type: pydantic's classes answer `isinstance` ten times as slowly.
    return type(event) in _OF_A_CLAIM


def _with(known: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    # Most are empty, and a read-only view of nothing is slow to copy: that was a tenth of a fold.
    return {**known, key: value} if known else {key: value}


def _without(items: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return {name: value for name, value in items.items() if name != key}


def _opened(claim: Claim, opened: NotedOpening) -> Claim:
    # A correction starts the wait anew; the decision on the revision before stands meanwhile.
    revision = opened.bill.revision
    return replace(
        claim,
        pended=(),
        deadline_passed=False,
        due_at=opened.answer_due_at,
        bill=opened.bill,
        centre_fen=claim.centre_fen if opened.centre_fen is None else opened.centre_fen,
        records=_since(revision, claim.records),
        scores=_since(revision, claim.scores),
        reviews=_since(revision, claim.reviews),
    )


def _since(revision: int, known: Mapping[int, V]) -> Mapping[int, V]:
    return {at: fact for at, fact in known.items() if at >= revision} if known else known


def _ruled(claim: Claim, event: ByPeople) -> Claim:
    match event:
        case RulingProposed():
            proposed_on = _with(claim.proposed_on, event.ruling_id, claim.revision)
            proposed = _with(claim.proposed, event.ruling_id, event)
            return replace(claim, proposed=proposed, proposed_on=proposed_on)
        case RulingApproved():
            ruling = claim.proposed[event.ruling_id]
            return replace(
                claim,
                ruling=None if ruling.outcome == "lift" else ruling,
                ruled_revision=claim.proposed_on[event.ruling_id],
                ruled_bill_up_to_fen=event.bill_up_to_fen,
                ruled_by=tuple(dict.fromkeys((ruling.proposed_by, event.approved_by))),
                proposed=_without(claim.proposed, event.ruling_id),
                approved=_with(claim.approved, event.ruling_id, ruling),
            )
        case RulingRejected():
            rejected = _with(claim.rejected, event.ruling_id, claim.proposed[event.ruling_id])
            return replace(claim, proposed=_without(claim.proposed, event.ruling_id), rejected=rejected)
        case AppealOpened():
            # Whoever ruled as things stand then is not who answers the appeal.
            rulers = _with(claim.appealed_rulers, event.appeal_id, claim.ruled_by)
            appeals = _with(claim.appeals, event.appeal_id, event)
            return replace(claim, appeals=appeals, appealed_rulers=rulers)
        case AppealOverdue():
            return replace(claim, appeals_overdue=claim.appeals_overdue | {event.appeal_id})
        case AppealConcluded():
            concluded = _with(claim.appeals_concluded, event.appeal_id, event.outcome)
            return replace(
                claim, appeals=_without(claim.appeals, event.appeal_id), appeals_concluded=concluded
            )


def _compared(claim: Claim, event: OneStopStep) -> Claim:
    match event:
        case OneStopDifferenceFound():
            return replace(claim, difference=event, difference_answer=None)
        case OneStopDifferenceEnded():
            return replace(claim, difference=None, difference_answer=None)
        case OneStopDifferenceAnswered():
            # In a fork the difference that was answered may never have been found.
            known = claim.difference
            is_of_it = known is not None and known.difference_id == event.difference_id
            return replace(claim, difference_answer=event) if is_of_it else claim


def _moved_on(claim: Claim, event: ClaimStep | ByPeople | OneStopStep) -> Claim:  # noqa: C901 - one flat case each
    match event:
        case NotedOpening():
            return _opened(claim, event)
        case NotedDecision():
            return _decided(claim, event)
        case KeptRecords():
            return replace(claim, records=_with(claim.records, event.revision, event))
        case KeptScore():
            return replace(claim, scores=_with(claim.scores, event.revision, event))
        case ReviewNoted():
            return replace(claim, reviews=_with(claim.reviews, event.revision, event))
        case ClaimWithdrawalNoted():
            return replace(claim, withdrawn=True, pended=(), due_at=None, proposed=_NONE)
        case ClaimPended():
            return replace(claim, pended=event.reasons, due_at=event.due_at, deadline_passed=False)
        case ClaimDeadlinePassed():
            return replace(claim, deadline_passed=True)
        case AdjudicationReversed():
            return replace(claim, decided=None)
        case DecisionConfirmed():
            return replace(
                _settled(claim), settled_revision=event.revision, settled_with_records=event.with_records
            )
        case (
            RulingProposed()
            | RulingApproved()
            | RulingRejected()
            | AppealOpened()
            | AppealOverdue()
            | AppealConcluded()
        ):
            return _ruled(claim, event)
        case OneStopDifferenceFound() | OneStopDifferenceEnded() | OneStopDifferenceAnswered():
            return _compared(claim, event)


def _decided(claim: Claim, decision: NotedDecision) -> Claim:
    return replace(
        _settled(claim),
        bill=claim.bill.decided if claim.bill else None,
        decided=decision.decided,
        decisions=decision.number,
        settled_revision=claim.revision,
        settled_with_records=not decision.without_records,
    )


def _settled(claim: Claim) -> Claim:
    return replace(claim, settled_order=claim.bill.order if claim.bill else None, pended=(), due_at=None)
