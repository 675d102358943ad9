"""Random lives of claims: bills with corrections and withdrawals, told in any order or in the order of service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from services.adjudication.domain.commands import Heard
from tests.unit.adjudication.heard_events import (
    YUAN,
    a_settlement,
    a_visit,
    attached,
    corrected,
    covered,
    registered,
    scored,
    unavailable,
    withdrawn,
)
from tests.unit.adjudication.told_person import ToldPerson

FIRST_DAY = date(2025, 7, 1)
PLANS = ["demo-generic", "huhuibao-2025", "jieyang-2023", "zibo-2022"]


@dataclass(frozen=True)
class Bill:
    """A bill in wan yuan; `day` counts from the first of two years of cover."""

    day: int
    total_wan: int
    self_funded_wan: int


@dataclass(frozen=True)
class Life:
    """One claim: its bills in the order of their revisions, and whether the hospital undoes it in the end."""

    claim_id: str
    bills: tuple[Bill, ...]
    undone: bool


any_bill = st.builds(
    lambda day, in_scope, self_funded: Bill(day, in_scope + self_funded, self_funded),
    st.integers(0, 729),
    st.integers(1, 60),
    st.integers(0, 40),
)
any_lives = st.lists(
    st.tuples(st.lists(any_bill, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=5
).map(lambda drawn: [Life(f"c{n}", tuple(bills), undone) for n, (bills, undone) in enumerate(drawn)])


def fields_of(bill: Bill) -> dict[str, Any]:
    """The bill as fields of what intake says."""
    day = FIRST_DAY + timedelta(days=bill.day)
    total_fen, self_funded_fen = (wan * 10_000 * YUAN for wan in (bill.total_wan, bill.self_funded_wan))
    return {
        "visit": a_visit(admitted_on=day, discharged_on=day + timedelta(days=3)),
        "settlement": a_settlement(total_fen, self_funded_fen, (total_fen - self_funded_fen) // 2),
    }


def said_by_intake(life: Life) -> list[Heard]:
    """In the order in which intake says it."""
    first, *later = life.bills
    said: list[Heard] = [registered(life.claim_id, **fields_of(first))]
    said += [corrected(life.claim_id, n, **fields_of(bill)) for n, bill in enumerate(later, start=2)]
    return [*said, withdrawn(life.claim_id)] if life.undone else said


def facts_about(life: Life) -> list[list[Heard]]:
    """By source: medical data may say that it has nothing before it has something."""
    revisions = range(1, len(life.bills) + 1)
    absent: list[Heard] = [unavailable(life.claim_id, revision=n) for n in revisions]
    records: list[Heard] = [attached(life.claim_id, revision=n) for n in revisions]
    scores: list[Heard] = [scored(life.claim_id, revision=n) for n in revisions]
    return [[one for pair in zip(absent, records, strict=True) for one in pair], scores]


def coverages(plan_id: str) -> list[Heard]:
    """Two years of loyal cover."""
    said: list[Heard] = []
    for n, start in enumerate((FIRST_DAY, FIRST_DAY.replace(year=FIRST_DAY.year + 1))):
        end = start.replace(year=start.year + 1) - timedelta(days=1)
        loyal: dict[str, Any] = {"continuous_years": 3 + n, "claim_free_years": 2}
        said.append(
            covered(coverage_id=f"cov-{n}", plan_id=plan_id, covered_from=start, covered_to=end, **loyal)
        )
    return said


def shuffled(lanes: Sequence[Sequence[Heard]], rng: Random) -> list[Heard]:
    """Any interleaving that keeps the order of each lane, as sources do."""
    left = [list(lane) for lane in lanes if lane]
    heard: list[Heard] = []
    while left:
        lane = rng.choice(left)
        heard.append(lane.pop(0))
        left = [each for each in left if each]
    return heard


def in_order_of_service(lives: Sequence[Life], plan_id: str) -> ToldPerson:
    """Only what each claim came to in the end, one after the other."""
    told = ToldPerson()
    told.hears(*coverages(plan_id))
    final = [(life.bills[-1].day, life) for life in lives if not life.undone]
    for _, life in sorted(final, key=lambda each: (each[0], each[1].claim_id)):
        told.hears(registered(life.claim_id, **fields_of(life.bills[-1])))
        told.hears(attached(life.claim_id), scored(life.claim_id))
    return told


def as_it_came(lives: Sequence[Life], plan_id: str, rng: Random) -> ToldPerson:
    """Everything that was said, shuffled between sources, with clocks that ring in between."""
    told = ToldPerson()
    lanes = [
        coverages(plan_id),
        *(lane for life in lives for lane in [said_by_intake(life), *facts_about(life)]),
    ]
    for heard in shuffled(lanes, rng):
        told.hears(heard)
        waiting = [claim_id for claim_id, claim in told.person.claims.items() if claim.due_at is not None]
        if waiting and rng.random() < 0.1:
            told.clock_rings(rng.choice(waiting))
    return told
