"""Suspicious patterns from published cases: what a fraud rule should notice among ordinary discharges."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Literal

from libs.synthetic.catalogue import Condition, conditions
from libs.synthetic.cities import CITIES, Hospital
from libs.synthetic.visits import PlannedVisit, draw_total_fen

Pattern = Literal[
    "split_stay",
    "overlapping_stays",
    "hanging_bed",
    "over_prescription",
    "invoice_reused",
    "age_or_sex_conflict",
]


def split_stay(rng: Random, visit: PlannedVisit) -> list[PlannedVisit]:
    """分解住院: one stay billed as two, the second beginning the day after the first ends."""
    first = _as_stay(rng, visit)
    again = first.discharged_on + timedelta(days=1)
    return [first, replace(first, admitted_on=again, discharged_on=again + timedelta(days=rng.randint(3, 9)))]


def overlapping_stays(rng: Random, visit: PlannedVisit) -> list[PlannedVisit]:
    """冒名: the card is used for a stay elsewhere while its holder is in bed."""
    first = _as_stay(rng, visit)
    inside = first.admitted_on + timedelta(days=1)
    elsewhere = replace(
        first,
        hospital=_other_hospital(first),
        place="local",
        admitted_on=inside,
        discharged_on=inside + timedelta(days=6),
    )
    return [first, elsewhere]


def hanging_bed(rng: Random, visit: PlannedVisit) -> list[PlannedVisit]:
    """挂床: days in hospital with nothing but bed and nursing on the bill."""
    stay = _as_stay(rng, visit)
    return [replace(stay, bed_only=True, total_fen=rng.randint(900_00, 4_000_00))]


def over_prescription(rng: Random, visit: PlannedVisit) -> list[PlannedVisit]:
    """超量开药: a chronic prescription for many times what a month needs."""
    return [
        replace(
            visit,
            kind="chronic_outpatient",
            med_type="140104",
            discharged_on=visit.admitted_on,
            total_fen=rng.randint(6_000_00, 20_000_00),
            days_supply_factor=rng.randint(6, 12),
        )
    ]


def invoice_reused(rng: Random, visit: PlannedVisit) -> list[PlannedVisit]:
    """虚假票据: one invoice claimed twice, the second time by another hospital."""
    stay = replace(_as_stay(rng, visit), invoice_number=f"F{rng.randint(0, 10**12):012d}")
    return [stay, replace(stay, hospital=_other_hospital(stay), place="local")]


def age_or_sex_conflict(rng: Random, visit: PlannedVisit) -> list[PlannedVisit]:
    """虚构服务: a delivery billed for a man or for a woman past 70."""
    return [replace(_as_stay(rng, visit), condition=_delivery())]


PATTERNS: dict[Pattern, Callable[[Random, PlannedVisit], list[PlannedVisit]]] = {
    "split_stay": split_stay,
    "overlapping_stays": overlapping_stays,
    "hanging_bed": hanging_bed,
    "over_prescription": over_prescription,
    "invoice_reused": invoice_reused,
    "age_or_sex_conflict": age_or_sex_conflict,
}


def fits(pattern: Pattern, visit: PlannedVisit) -> bool:
    """Whether the pattern is suspicious for this person at all."""
    if pattern != "age_or_sex_conflict":
        return True
    person = visit.insured.person
    return person.sex == "male" or visit.admitted_on.year - person.birth_date.year > 70


def _as_stay(rng: Random, visit: PlannedVisit) -> PlannedVisit:
    if visit.kind == "inpatient":
        return visit
    days = rng.randint(4, 9)
    return replace(
        visit,
        kind="inpatient",
        med_type="21",
        discharged_on=visit.admitted_on + timedelta(days=days),
        total_fen=draw_total_fen(rng, visit.condition.severity, "inpatient"),
    )


def _other_hospital(visit: PlannedVisit) -> Hospital:
    hospitals = CITIES[visit.insured.coverage.plan_id].hospitals
    return next(hospital for hospital in hospitals if hospital.id != visit.hospital.id)


def _delivery() -> Condition:
    return next(condition for condition in conditions() if condition.code == "O80.900")
