"""Any number of discharges with their national settlements, the same for the same seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from libs.contracts.settlement import FeeLine, Visit
from libs.interop.identity_number import age_on
from libs.interop.submission import Diagnosis, Submission, place_of
from libs.synthetic.bills import itemise
from libs.synthetic.population import Population
from libs.synthetic.settling import settle
from libs.synthetic.suspicious import PATTERNS, Pattern, fits
from libs.synthetic.visits import Diary, PlannedVisit

_MAX_ACCOUNT_BALANCE_FEN = 400_000


@dataclass(frozen=True, slots=True)
class Discharge:
    """A submission and, for tests of fraud rules, the suspicious pattern that it is part of."""

    submission: Submission
    pattern: Pattern | None


def discharges(
    seed: int, plan_ids: Sequence[str], people: int | Population, fraud_share_bp: int = 0
) -> Iterator[Submission]:
    """Discharges of a population, reproducible by the arguments. Ends only when everyone's year is full.

    `people` is a size, for the people of `Population(seed, plan_ids, people)`, or a population. A person has
    some ten visits a year at most, so a hundred thousand people give about a million discharges.
    `fraud_share_bp` of the visits (basis points) become a suspicious pattern. Raises UnknownPlan.
    """
    return (made.submission for made in labelled_discharges(seed, plan_ids, people, fraud_share_bp))


def labelled_discharges(
    seed: int, plan_ids: Sequence[str], people: int | Population, fraud_share_bp: int = 0
) -> Iterator[Discharge]:
    """As `discharges`, each with the name of its suspicious pattern or None."""
    population = people if isinstance(people, Population) else Population(seed, plan_ids, people)
    return _generate(seed, population, fraud_share_bp)


def _generate(seed: int, population: Population, fraud_share_bp: int) -> Iterator[Discharge]:
    rng = Random(f"{seed}/discharges")
    diary = Diary(rng, population)
    names = tuple(PATTERNS)
    number = 0
    while (visit := diary.next_visit()) is not None:
        pattern: Pattern | None = None
        planned = [visit]
        if fraud_share_bp and rng.randrange(10_000) < fraud_share_bp:
            drawn = rng.choice(names)
            if fits(drawn, visit):
                pattern, planned = drawn, PATTERNS[drawn](rng, visit)
        for one in planned:
            number += 1
            yield Discharge(bill(rng, one, f"{seed % 10**6:06d}{number:010d}"), pattern)


def bill(rng: Random, visit: PlannedVisit, settlement_id: str) -> Submission:
    """The visit with its lines and settlement, as its hospital would send it."""
    insured = visit.insured
    itemised = itemise(rng, visit.kind, visit.condition, visit.total_fen, visit.bed_only)
    lines = itemised.lines
    if visit.days_supply_factor > 1:
        lines = tuple(_prolonged(line, visit.days_supply_factor) for line in lines)
    settlement = settle(
        itemised.buckets,
        insured.coverage.scheme,
        visit.place,
        visit.hospital.grade,
        "poverty" in insured.coverage.groups,
        rng.randrange(_MAX_ACCOUNT_BALANCE_FEN),
    )
    filed = visit.place == "out_of_town_filed"
    return Submission(
        submission_id=settlement_id,
        encounter_id=f"M{settlement_id}",
        person=insured.person,
        visit=Visit(
            hospital_id=visit.hospital.id,
            hospital_grade=visit.hospital.grade,
            med_type=visit.med_type,
            kind=visit.kind,
            admitted_on=visit.admitted_on,
            discharged_on=visit.discharged_on,
            scheme=insured.coverage.scheme,
            insured_region=insured.insured_region,
            hospital_region=visit.hospital.region,
            place=place_of(insured.insured_region, visit.hospital.region, filed),
            age_years=age_on(insured.person.birth_date, visit.admitted_on),
            sex=insured.person.sex,
        ),
        settlement=settlement,
        lines=lines,
        diagnoses=(Diagnosis(code=visit.condition.code, name=visit.condition.name, main=True),),
        invoice_number=visit.invoice_number or f"22{settlement_id}",
    )


def _prolonged(line: FeeLine, factor: int) -> FeeLine:
    if line.days_supply is None:
        return line
    return line.model_copy(update={"days_supply": line.days_supply * factor})
