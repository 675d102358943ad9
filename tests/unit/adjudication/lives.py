"""Random lives of claims: bills with corrections and withdrawals, told in any order or in the order of service."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any, Literal

from hypothesis import strategies as st

from libs.benefits import load_plans
from libs.contracts.rulings import RuledFacts
from libs.testing.submissions import one_stop_amounts
from services.adjudication.adapters.authority_file import read_authority
from services.adjudication.domain.commands import Heard, ProposeRuling
from tests.unit.adjudication.heard_events import (
    YUAN,
    a_settlement,
    a_visit,
    attached,
    corrected,
    covered,
    lapsed,
    registered,
    reviewed,
    scored,
    unavailable,
    withdrawn,
)
from tests.unit.adjudication.told_person import CLOCKS, ToldPerson

FIRST_DAY = date(2025, 7, 1)
UNLIMITED = read_authority().model_copy(update={"second_person_above_yuan": 10**9})
PLANS = ["demo-generic", "huhuibao-2025", "jieyang-2023", "zibo-2022"]


@dataclass(frozen=True)
class Bill:
    """A bill in wan yuan; `day` counts from the first of two years of cover.

    `settled_bp`: what the insurance centre settled of it for the plan, in basis points of what was left to the person;
    None: it did not, 0: it fed nothing.
    """

    day: int
    total_wan: int
    self_funded_wan: int
    settled_bp: int | None = None


@dataclass(frozen=True)
class Life:
    """One claim: its bills in the order of their revisions, and whether the hospital undoes it in the end.

    `suspected`: each bill is looked at, and found fraudulent but for the last, which is found what `suspected` says.
    `ruling`: what a person rules on it, at any time after it came in.
    """

    claim_id: str
    bills: tuple[Bill, ...]
    undone: bool
    suspected: Literal["legitimate", "fraudulent"] | None = None
    ruling: Literal["deny", "pre_existing", "lifted"] | None = None


@dataclass(frozen=True)
class Cover:
    """Two years of loyal cover, of which each may end early, and perhaps a third that begins on a day between.

    Days count from the first. A coverage may end twice, each time earlier.
    """

    ends: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    joins_again_on: int | None = None
    pre_existing: bool = False


LOYAL = Cover()


any_bill = st.builds(
    lambda day, in_scope, self_funded, settled: Bill(day, in_scope + self_funded, self_funded, settled),
    st.integers(0, 729),
    st.integers(1, 60),
    st.integers(0, 40),
    st.sampled_from([None, None, None, 0, 1, 2_500, 8_000, 10_000]),
)


def never_silent(bills: list[Bill]) -> tuple[Bill, ...]:
    """A correction after the centre has settled says a sum of 0 at least; else its claim waits for good."""
    told: list[Bill] = []
    for bill in bills:
        silent = bill.settled_bp is None and any(before.settled_bp for before in told)
        told.append(replace(bill, settled_bp=0) if silent else bill)
    return tuple(told)


def any_bills(most: int) -> st.SearchStrategy[tuple[Bill, ...]]:
    """A claim's bills in the order of their revisions."""
    return st.lists(any_bill, min_size=1, max_size=most).map(never_silent)


any_lives = st.lists(st.tuples(any_bills(3), st.booleans()), min_size=1, max_size=5).map(
    lambda drawn: [Life(f"c{n}", bills, undone) for n, (bills, undone) in enumerate(drawn)]
)


any_end = st.lists(st.integers(0, 729), max_size=2).map(lambda days: tuple(sorted(days, reverse=True)))
any_cover = st.builds(Cover, st.tuples(any_end, any_end), st.none() | st.integers(0, 729), st.booleans())
any_eventful_lives = st.lists(
    st.builds(
        Life,
        st.just(""),
        any_bills(2),
        st.sampled_from([False, False, True]),
        st.sampled_from([None, None, "legitimate", "fraudulent"]),
        st.sampled_from([None, None, "deny", "pre_existing", "lifted"]),
    ),
    min_size=1,
    max_size=4,
).map(lambda drawn: [replace(life, claim_id=f"c{n}") for n, life in enumerate(drawn)])


def fields_of(bill: Bill, plan_id: str) -> dict[str, Any]:
    """The bill as fields of what intake says; the centre settled the plan's first liability."""
    day = FIRST_DAY + timedelta(days=bill.day)
    total_fen, self_funded_fen = (wan * 10_000 * YUAN for wan in (bill.total_wan, bill.self_funded_wan))
    settlement = a_settlement(total_fen, self_funded_fen, (total_fen - self_funded_fen) // 2)
    one_stop = None
    if bill.settled_bp is not None:
        pays_fen = settlement.personal_total_fen * bill.settled_bp // 10_000
        deductible_fen = min(5_000 * YUAN, total_fen - pays_fen) if pays_fen else 0
        first = load_plans()[plan_id].liabilities[0].id
        one_stop = one_stop_amounts((first, deductible_fen, pays_fen), plan_id=plan_id)
    return {
        "visit": a_visit(admitted_on=day, discharged_on=day + timedelta(days=3)),
        "settlement": settlement,
        "one_stop": one_stop,
    }


def said_by_intake(life: Life, plan_id: str) -> list[Heard]:
    """In the order in which intake says it."""
    first, *later = life.bills
    said: list[Heard] = [registered(life.claim_id, **fields_of(first, plan_id))]
    said += [corrected(life.claim_id, n, **fields_of(bill, plan_id)) for n, bill in enumerate(later, start=2)]
    return [*said, withdrawn(life.claim_id)] if life.undone else said


def facts_about(life: Life) -> list[list[Heard]]:
    """By source: medical data may say that it has nothing before it has something."""
    revisions = range(1, len(life.bills) + 1)
    absent: list[Heard] = [unavailable(life.claim_id, revision=n) for n in revisions]
    records: list[Heard] = [attached(life.claim_id, revision=n) for n in revisions]
    return [
        [one for pair in zip(absent, records, strict=True) for one in pair],
        [one for n in revisions for one in said_by_fraud(life, n, last=n == len(life.bills))],
    ]


def said_by_fraud(life: Life, revision: int, *, last: bool) -> list[Heard]:
    """The score of a revision, and the verdict when it is suspected."""
    if life.suspected is None:
        return [scored(life.claim_id, revision=revision)]
    verdict = life.suspected if last else "fraudulent"
    return [
        scored(life.claim_id, revision=revision, outcome="review"),
        reviewed(verdict, life.claim_id, revision=revision),
    ]


def coverages(plan_id: str, cover: Cover = LOYAL) -> list[Heard]:
    """In the order in which enrolment says it."""
    said: list[Heard] = []
    for n, start in enumerate((FIRST_DAY, FIRST_DAY.replace(year=FIRST_DAY.year + 1))):
        end = start.replace(year=start.year + 1) - timedelta(days=1)
        loyal: dict[str, Any] = {
            "continuous_years": 3 + n,
            "claim_free_years": 2,
            "pre_existing": cover.pre_existing,
        }
        said.append(
            covered(coverage_id=f"cov-{n}", plan_id=plan_id, covered_from=start, covered_to=end, **loyal)
        )
        said += [lapsed(FIRST_DAY + timedelta(days=day), f"cov-{n}") for day in cover.ends[n]]
    if cover.joins_again_on is not None:
        start = FIRST_DAY + timedelta(days=cover.joins_again_on)
        end = start + timedelta(days=200)
        said.append(covered(coverage_id="cov-2", plan_id=plan_id, covered_from=start, covered_to=end))
    return said


def rules_on(told: ToldPerson, life: Life) -> None:
    """What a person rules on the claim, at once; nothing is ruled on a claim that is undone."""
    claim = told.person.claim(life.claim_id)
    if life.ruling is None or claim.bill is None or claim.withdrawn or claim.approved:
        return
    ruling = ProposeRuling(
        claim_id=life.claim_id,
        ruling_id="r1",
        outcome="facts" if life.ruling == "pre_existing" else "deny",
        facts=RuledFacts(pre_existing=False) if life.ruling == "pre_existing" else RuledFacts(),
        reason_code="medical_review",
        evidence=(),
        appeal_id=None,
        by="director-1",
        tier="director",
        authority=UNLIMITED,
        now=told.now,
        clocks=CLOCKS,
    )
    told.does(ruling)
    if life.ruling == "lifted":
        told.does(replace(ruling, ruling_id="r2", outcome="lift"))


def waits_out(told: ToldPerson) -> None:
    """Every clock rings until none runs: here all that is ever missing in the end is a coverage."""
    for _ in range(8):
        for claim_id, claim in told.person.claims.items():
            if claim.due_at is not None:
                told.clock_rings(claim_id)
    assert all(claim.due_at is None for claim in told.person.claims.values()), "a claim never comes to rest"


def shuffled(lanes: Sequence[Sequence[Heard]], rng: Random) -> list[Heard]:
    """Any interleaving that keeps the order of each lane, as sources do."""
    left = [list(lane) for lane in lanes if lane]
    heard: list[Heard] = []
    while left:
        lane = rng.choice(left)
        heard.append(lane.pop(0))
        left = [each for each in left if each]
    return heard


def in_order_of_service(lives: Sequence[Life], plan_id: str, cover: Cover = LOYAL) -> ToldPerson:
    """Only what each claim came to in the end, one after the other."""
    told = ToldPerson()
    told.hears(*coverages(plan_id, cover))
    final = [(life.bills[-1].day, life) for life in lives if not life.undone]
    for _, life in sorted(final, key=lambda each: (each[0], each[1].claim_id)):
        told.hears(registered(life.claim_id, **fields_of(life.bills[-1], plan_id)))
        told.hears(attached(life.claim_id), *said_by_fraud(life, 1, last=True))
        rules_on(told, life)
    waits_out(told)
    return told


def as_it_came(lives: Sequence[Life], plan_id: str, rng: Random, cover: Cover = LOYAL) -> ToldPerson:
    """Everything that was said, shuffled between sources, with clocks that ring and people who rule in between."""
    told = ToldPerson()
    lanes = [
        coverages(plan_id, cover),
        *(lane for life in lives for lane in [said_by_intake(life, plan_id), *facts_about(life)]),
    ]
    for heard in shuffled(lanes, rng):
        told.hears(heard)
        waiting = [claim_id for claim_id, claim in told.person.claims.items() if claim.due_at is not None]
        if waiting and rng.random() < 0.1:
            told.clock_rings(rng.choice(waiting))
        if rng.random() < 0.2:
            rules_on(told, rng.choice(lives))
    for life in lives:
        rules_on(told, life)
    waits_out(told)
    return told
