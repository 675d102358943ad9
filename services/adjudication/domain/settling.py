"""A person's claims are settled in the order of service: what moves one claim moves those that stand on it.

A decision is never edited. When the facts or the balances under it change, it is reversed and its successor follows
in the same transaction; when they do not change it, it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from pydantic import ValidationError

from libs.benefits import BenefitsError
from libs.contracts import Event
from libs.contracts.adjudication import (
    ClaimAdjudicated,
    ClaimPended,
    DecisionConfirmed,
    PendReason,
    ReversalReason,
)
from libs.contracts.rulings import AppealConcluded
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.decision import adjudicate, deny
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.kept import Standing
from services.adjudication.domain.loyalty import pays
from services.adjudication.domain.one_stop import OneStopUnusable
from services.adjudication.domain.one_stop_difference import (
    end_with_claim,
    follow_difference,
    follow_unmatched,
)
from services.adjudication.domain.planned_stay import PLANNED, PlannedStay
from services.adjudication.domain.readiness import Readiness, overdue_codes, readiness_of
from services.adjudication.domain.reversal import reverse, same_outcome
from services.adjudication.domain.state import Claim, Person
from services.adjudication.domain.stay_answer import next_answer


@dataclass(slots=True)
class _Moved:
    """What has moved so far in this settlement, and for whom it matters."""

    anything: bool = False
    by_claim_id: str = ""
    years: set[tuple[str | None, str]] = field(default_factory=set)
    claim_free: bool = False

    def note(self, claim_id: str, before: Standing | None, after: Standing | None) -> None:
        """A claim's decision has changed."""
        was, now = _used_and_paid(before), _used_and_paid(after)
        if was == now:
            return
        self.anything = True
        self.by_claim_id = self.by_claim_id or claim_id
        self.years |= {each.year for each in (was, now) if each}
        self.claim_free |= (was.pays if was else False) != (now.pays if now else False)

    def note_stay(self, before: PlannedStay, after: PlannedStay) -> None:
        """A planned stay reserves something else."""
        was, now = before.reserved, after.reserved
        reserved = [
            (each.plan_id, each.benefit_year, each.usage_reserved) if each else None for each in (was, now)
        ]
        if reserved[0] != reserved[1]:
            self.anything = True
            self.years |= {(each.plan_id, each.benefit_year) for each in (was, now) if each}

    def reason_for(self, standing: Standing | None) -> ReversalReason | None:
        """Why a later claim's decision has to be looked at again; None when it need not."""
        if not isinstance(standing, ClaimAdjudicated):
            return None
        if (standing.plan_id, standing.benefit_year) in self.years:
            return "balances_changed"
        return "claim_free_years_changed" if self.claim_free else None


@dataclass(frozen=True, slots=True)
class _Mark:
    year: tuple[str | None, str]
    taken: Mapping[str, object]
    pays: bool


def _used_and_paid(decision: Standing | None) -> _Mark | None:
    if not isinstance(decision, ClaimAdjudicated):
        return None
    return _Mark((decision.plan_id, decision.benefit_year), decision.usage_taken, pays(decision))


def settle(
    person: Person,
    touched: Mapping[str, ReversalReason],
    around: Circumstances,
    stays: Mapping[str, PlannedStay] = MappingProxyType({}),
) -> list[Event]:
    """What follows for the claims that were touched and, through balances and claim-free years, for later ones.

    `touched` names the claims with the reason for which a decision they have would be reversed; `stays` the planned
    stays that were touched, as they were before.
    """
    followed: list[Event] = []
    moved = _Moved()
    for claim_id in touched:
        _note_change_of_place(moved, person, claim_id, around)
    places = person.places()
    for (_, _, place), subject_id in places:
        if subject_id not in touched and subject_id not in stays and not moved.anything:
            continue
        is_stay = place.startswith(PLANNED)
        if is_stay:
            events = next_answer(person, person.planned[subject_id], around)
        else:
            reason = touched.get(subject_id) or moved.reason_for(person.claim(subject_id).standing)
            if reason is None:
                continue
            caused_by = None if subject_id in touched else moved.by_claim_id or None
            events = _next(person, subject_id, reason, caused_by, around)
        followed += events
        if subject_id == places[-1][1]:
            # Usually the new claim: nothing stands on it, and whoever appends its events folds them.
            break
        before, person = person, _after(person, events)
        if is_stay:
            was = stays.get(subject_id, before.planned[subject_id])
            moved.note_stay(was, person.planned[subject_id])
        else:
            moved.note(subject_id, before.claim(subject_id).standing, person.claim(subject_id).standing)
    return followed


def _after(person: Person, events: Sequence[Event]) -> Person:
    for event in events:
        person = evolve(person, event)
    return person


def _note_change_of_place(moved: _Moved, person: Person, claim_id: str, around: Circumstances) -> None:
    """A correction to a later day frees balances for the claims between, which come before it in the order now; so
    does the withdrawal of a claim that was corrected and not decided anew."""
    claim = person.claim(claim_id)
    if claim.bill is None or claim.standing is None or claim.settled_order == claim.bill.order:
        return
    if claim.withdrawn or not readiness_of(person, claim, around.plans).arriving:
        moved.note(claim_id, claim.standing, None)


def _next(
    person: Person, claim_id: str, reason: ReversalReason, caused_by: str | None, around: Circumstances
) -> Sequence[Event]:
    """Decide, pend or keep waiting. While a decided claim waits, its decision stands."""
    claim = person.claim(claim_id)
    if claim.withdrawn:
        return _void(claim, around.now)
    ready = readiness_of(person, claim, around.plans)
    if ready.arriving:
        return []
    if ready.denial is not None or not ready.reasons:
        try:
            decision = _decision(person, claim, ready, around)
        except (BenefitsError, ValidationError) as error:
            # One bill that contradicts itself must neither block the person's stream nor stop the clocks of others.
            not_evaluable = (PendReason(code="not_evaluable", owner="operator"),)
            pended = _pend(person.person_id, claim_id, claim, not_evaluable, around)
            unmatched = (
                follow_unmatched(person, claim, around.now) if isinstance(error, OneStopUnusable) else []
            )
            return [*pended, *unmatched]
        # A decision that would say the same is not made: the one that stands is what differs.
        stands = claim.standing if claim.standing and same_outcome(claim.standing, decision) else decision
        differs = follow_difference(person, claim, stands, reason, around.plans, around.now)
        return [*_take_the_place(claim, decision, reason, caused_by, around.now), *differs]
    return _pend(person.person_id, claim_id, claim, ready.reasons, around)


def _decision(person: Person, claim: Claim, ready: Readiness, around: Circumstances) -> Standing:
    if ready.denial is not None:
        return deny(person, claim, ready.coverage, ready.denial, around.now)
    assert ready.coverage is not None, "a claim without coverage is not ready"
    return adjudicate(person, claim, ready.coverage, around.plans[ready.coverage.plan_id], around.now)


def _take_the_place(
    claim: Claim, decision: Standing, reason: ReversalReason, caused_by: str | None, now: datetime
) -> Sequence[Event]:
    """The first decision; a successor after its predecessor's reversal; or the word that the old one stands."""
    standing = claim.standing
    if standing is None:
        return [decision]
    if not same_outcome(standing, decision):
        replaced_by = decision.decision_id
        return [reverse(standing, reason, now, replaced_by=replaced_by, caused_by=caused_by), decision]
    records, _, _ = claim.facts
    with_records = records is not None and records.available
    trued_up = with_records and not claim.settled_with_records
    if not (claim.pended or trued_up or claim.settled_revision != claim.revision):
        return []
    return [
        DecisionConfirmed(
            person_id=standing.person_id,
            claim_id=standing.claim_id,
            decision_id=standing.decision_id,
            revision=claim.revision,
            with_records=with_records,
            confirmed_at=now,
        )
    ]


def _void(claim: Claim, now: datetime) -> Sequence[Event]:
    """The decision is taken back, then what disputes it ends: in this order, so that a stay outlives the money."""
    voided: list[Event] = []
    if claim.standing is not None:
        voided.append(reverse(claim.standing, "claim_withdrawn", now, replaced_by=None, caused_by=None))
    voided += end_with_claim(claim, now)
    for appeal in claim.appeals.values():
        ended = AppealConcluded(
            person_id=appeal.person_id,
            claim_id=appeal.claim_id,
            appeal_id=appeal.appeal_id,
            outcome="withdrawn",
            concluded_by="adjudication",
            concluded_at=now,
        )
        voided.append(ended)
    return voided


def _pend(
    person_id: str, claim_id: str, claim: Claim, reasons: tuple[PendReason, ...], around: Circumstances
) -> Sequence[Event]:
    """Each reason keeps the clock of its owner; who has let it run out is reminded with a new one."""
    known = {reason.code: reason for reason in claim.pended}
    if known.keys() == {reason.code for reason in reasons} and not claim.deadline_passed:
        return []
    overdue = overdue_codes(claim)
    clocked = tuple(
        known[reason.code]
        if reason.code in known and reason.code not in overdue
        else _clocked(reason, known.get(reason.code), around)
        for reason in reasons
    )
    return [
        ClaimPended(
            person_id=person_id,
            claim_id=claim_id,
            reasons=clocked,
            pended_at=around.now,
            due_at=min(reason.due_at or around.now for reason in clocked),
        )
    ]


def _clocked(reason: PendReason, known: PendReason | None, around: Circumstances) -> PendReason:
    since = known.since if known is not None and known.since is not None else around.now
    due_at = around.now + around.clocks.of(reason.owner)
    return reason.model_copy(update={"since": since, "due_at": due_at})
