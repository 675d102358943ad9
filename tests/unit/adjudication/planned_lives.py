"""Random planned stays beside random claims: asked for at any time, and released, expired or turned into a claim."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any, Literal

from hypothesis import strategies as st

from services.adjudication.domain.commands import (
    Command,
    PassDeadline,
    ReleaseReservation,
    RequestPreauthorisation,
)
from services.adjudication.domain.planned_stay import PlannedStay
from services.adjudication.domain.planning import preauthorisation_id_of
from tests.unit.adjudication.heard_events import a_visit, attached, corrected, registered, scored, withdrawn
from tests.unit.adjudication.lives import (
    Bill,
    Life,
    any_bill,
    any_lives,
    coverages,
    fields_of,
    shuffled,
    waits_out,
)
from tests.unit.adjudication.told_person import CLOCKS, ToldPerson

ASKED_AT = datetime(2025, 6, 30, tzinfo=UTC)
HOSPITAL = a_visit().hospital_id


@dataclass(frozen=True)
class Plan:
    """A planned stay: its estimate, what becomes of it, and which claim says that it was this stay."""

    reference: str
    bill: Bill
    fate: Literal["released", "expired"] | None = None
    becomes: str | None = None

    @property
    def id(self) -> str:
        return preauthorisation_id_of(HOSPITAL, self.reference)


_FATES: st.SearchStrategy[Literal["released", "expired"] | None] = st.sampled_from(
    [None, None, "released", "expired"]
)


@st.composite
def lives_and_plans(draw: st.DrawFn) -> tuple[list[Life], list[Plan]]:
    """Claims with corrections and withdrawals, and planned stays, some of which some of the claims were."""
    # Ten times the usual bills, often, so that the year's caps bite.
    times = draw(st.sampled_from([1, 10, 10]))
    lives = [
        replace(life, bills=tuple(_times(times, bill) for bill in life.bills)) for life in draw(any_lives)
    ]
    bills = [_times(times, bill) for bill in draw(st.lists(any_bill, min_size=1, max_size=3))]
    whose = st.none() | st.sampled_from([life.claim_id for life in lives])
    plans = [Plan(f"R{n}", bill, draw(_FATES), draw(whose)) for n, bill in enumerate(bills)]
    # A claim was one stay.
    taken: set[str | None] = set()
    alone = []
    for plan in plans:
        alone.append(
            Plan(plan.reference, plan.bill, plan.fate, None if plan.becomes in taken else plan.becomes)
        )
        taken.add(plan.becomes)
    return lives, alone


def _times(factor: int, bill: Bill) -> Bill:
    return replace(bill, total_wan=bill.total_wan * factor, self_funded_wan=bill.self_funded_wan * factor)


def asks_for(plan: Plan, plan_id: str) -> RequestPreauthorisation:
    """The hospital's request."""
    fields = fields_of(plan.bill, plan_id)
    return RequestPreauthorisation(
        plan.reference, fields["visit"], fields["settlement"], (), "C00-D48", ASKED_AT, CLOCKS
    )


def ends(told: ToldPerson, plan: Plan) -> None:
    """What becomes of the stay itself, if anything does."""
    command: Command | None = None
    if plan.fate == "released":
        command = ReleaseReservation(plan.id, "stay_cancelled", told.now, CLOCKS)
    elif plan.fate == "expired":
        due_at = told.person.planned[plan.id].request.expires_at
        command = PassDeadline(plan.id, due_at, due_at, CLOCKS, "stay")
    if command is not None:
        told.does(command)


def is_held(plan: Plan, lives: Sequence[Life]) -> bool:
    """Whether its limits are reserved in the end."""
    undone = {life.claim_id: life.undone for life in lives}
    return plan.fate is None and undone.get(plan.becomes or "", True)


def as_it_came(lives: Sequence[Life], plans: Sequence[Plan], plan_id: str, rng: Random) -> ToldPerson:
    """Everything in any order between sources: requests, their ends, claims, facts, clocks."""
    told = ToldPerson()
    was = {plan.becomes: plan.id for plan in plans if plan.becomes}
    lanes: list[list[Any]] = [list(coverages(plan_id))]
    for life in lives:
        lanes += _lanes_of(life, was.get(life.claim_id), plan_id, rng)
    lanes += [[plan, (plan,)] for plan in plans]
    for step in shuffled(lanes, rng):
        match step:
            case Plan():
                told.does(asks_for(step, plan_id))
            case (Plan() as plan,):
                ends(told, plan)
            case _:
                told.hears(step)
        waiting = [claim_id for claim_id, claim in told.person.claims.items() if claim.due_at is not None]
        if waiting and rng.random() < 0.1:
            told.clock_rings(rng.choice(waiting))
    waits_out(told)
    return told


def in_order(lives: Sequence[Life], plans: Sequence[Plan], plan_id: str) -> ToldPerson:
    """Only what there is in the end, in the order of service: claims as they came to be, stays that are still held."""
    told = ToldPerson()
    told.hears(*coverages(plan_id))
    steps: list[tuple[int, int, str, Life | Plan]] = [
        (life.bills[-1].day, 0, life.claim_id, life) for life in lives if not life.undone
    ]
    steps += [(plan.bill.day, 1, plan.id, plan) for plan in plans if is_held(plan, lives)]
    for _, _, _, step in sorted(steps, key=lambda each: each[:3]):
        if isinstance(step, Plan):
            told.does(asks_for(step, plan_id))
        else:
            told.hears(registered(step.claim_id, **fields_of(step.bills[-1], plan_id)))
            told.hears(attached(step.claim_id), scored(step.claim_id))
    waits_out(told)
    return told


def held(told: ToldPerson) -> dict[str, PlannedStay]:
    """The stays whose limits are reserved now, or would be had the plan anything to pay."""
    return {
        stay_id: stay
        for stay_id, stay in told.person.planned.items()
        if stay.ended is None and stay.converted_by is None
    }


def _lanes_of(life: Life, stay_id: str | None, plan_id: str, rng: Random) -> list[list[Any]]:
    """A claim's sources. Its last bill names the stay that it was; bills before may have left it out."""
    last = len(life.bills)
    said: list[Any] = []
    for n, bill in enumerate(life.bills, start=1):
        fields = fields_of(bill, plan_id)
        if stay_id is not None and (n == last or rng.random() < 0.5):
            fields["visit"] = fields["visit"].model_copy(update={"preauthorisation_id": stay_id})
        said.append(registered(life.claim_id, **fields) if n == 1 else corrected(life.claim_id, n, **fields))
    if life.undone:
        said.append(withdrawn(life.claim_id))
    revisions = range(1, last + 1)
    return [
        said,
        [attached(life.claim_id, revision=n) for n in revisions],
        [scored(life.claim_id, revision=n) for n in revisions],
    ]
