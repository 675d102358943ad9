"""Who goes where, when and why: the plan of a visit, before it is billed."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from random import Random

from libs.contracts.settlement import Place
from libs.interop.identity_number import age_on
from libs.interop.visit_kinds import VisitKind
from libs.synthetic.catalogue import Condition, Severity, conditions
from libs.synthetic.cities import CITIES, OUT_OF_TOWN_HOSPITALS, Hospital
from libs.synthetic.insured import Insured
from libs.synthetic.population import Population

# Cost of a stay in yuan: (median, sigma) of a log-normal. Together they give a mean near 11 500 and a tail
# that reaches the published examples of 584 000 and 852 000. With them 2 stays in a hundred pass a deductible
# of 18 000 yuan, and 3 patients in a hundred within the year: near the 2.8 payments per hundred members that
# Shanghai published for its first edition (210 000 cases, 7.39 million members).
_STAY_COST: dict[Severity, tuple[float, float]] = {
    "common": (6_800, 0.60),
    "serious": (16_000, 0.70),
    "cancer": (24_000, 1.00),
    "dialysis": (9_000, 0.50),
}
_STAY_DAYS: dict[Severity, tuple[int, int]] = {
    "common": (3, 11),
    "serious": (6, 22),
    "cancer": (4, 24),
    "dialysis": (4, 14),
}
_OUTPATIENT_FACTOR = 0.06
_CHRONIC_FACTOR = 0.14

_MAX_TOTAL_YUAN = 2_000_000

# Shares of the kinds of visit by severity: stays, outpatient, chronic outpatient, special drug.
_KINDS: tuple[VisitKind, ...] = ("inpatient", "outpatient", "chronic_outpatient", "special_drug")
_KIND_SHARES: dict[Severity, tuple[int, int, int, int]] = {
    "common": (80, 14, 6, 0),
    "serious": (84, 6, 10, 0),
    "cancer": (66, 4, 14, 16),
    "dialysis": (40, 0, 60, 0),
}
_LOCAL_SHARE, _FILED_SHARE = 0.88, 0.08
_DAYS_BETWEEN_VISITS = 12
_MAIN_ILLNESS_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A visit before its bill. `bed_only` and the supplied invoice serve the suspicious patterns."""

    insured: Insured
    condition: Condition
    kind: VisitKind
    med_type: str
    hospital: Hospital
    place: Place
    admitted_on: date
    discharged_on: date
    total_fen: int
    bed_only: bool = False
    days_supply_factor: int = 1
    invoice_number: str | None = None


@cache
def _eligible(age: int, sex: str) -> tuple[tuple[Condition, ...], tuple[int, ...]]:
    found = tuple(
        condition
        for condition in conditions()
        if condition.min_age <= age <= condition.max_age and condition.sex in ("", sex)
    )
    return found, tuple(accumulate(condition.weight for condition in found))


def draw_condition(rng: Random, age: int, sex: str) -> Condition:
    """A condition that a person of that age and sex can have, by weight."""
    found, cumulative = _eligible(age, sex)
    return rng.choices(found, cum_weights=cumulative)[0]


class Diary:
    """Remembers when each person is free again, so that an honest person is in one bed at a time."""

    def __init__(self, rng: Random, population: Population) -> None:
        self._rng = rng
        self._population = population
        self._free_on: dict[int, int] = {}
        self._illness: dict[int, Condition] = {}

    def next_visit(self) -> PlannedVisit | None:
        """The next visit of someone whose year is not full; None when a search finds nobody."""
        size = len(self._population)
        # Illness is unequal: raising to a power lets some people come often, as chronic patients do.
        first = int(size * self._rng.random() ** 1.6)
        for step in range(min(size, 200)):
            index = (first + step) % size
            visit = self._visit_of(index)
            if visit is not None:
                return visit
        return None

    def _visit_of(self, index: int) -> PlannedVisit | None:
        rng = self._rng
        earliest = self._free_on.get(index)
        start = rng.randrange(330) if earliest is None else earliest + int(rng.expovariate(1 / 20))
        if start > 350:
            self._free_on[index] = 400
            return None
        visit = self._plan(index, start)
        end = (visit.discharged_on - visit.admitted_on).days + start
        self._free_on[index] = end + _DAYS_BETWEEN_VISITS
        return visit

    def _condition(self, index: int, age: int, sex: str) -> Condition:
        illness = self._illness.get(index)
        if illness is None:
            illness = self._illness[index] = draw_condition(self._rng, age, sex)
        elif self._rng.random() > _MAIN_ILLNESS_SHARE:
            return draw_condition(self._rng, age, sex)
        return illness

    def _plan(self, index: int, start: int) -> PlannedVisit:
        rng = self._rng
        insured = self._population[index]
        admitted = insured.coverage.covered_from + timedelta(days=start)
        condition = self._condition(index, age_on(insured.person.birth_date, admitted), insured.person.sex)
        kind = rng.choices(_KINDS, weights=_KIND_SHARES[condition.severity])[0]
        hospital, place = _where(rng, insured, condition, kind)
        days = rng.randint(*_STAY_DAYS[condition.severity]) if kind == "inpatient" else 0
        # A stay does not cross the year here: plans treat that differently, and few publish how.
        discharged = min(admitted + timedelta(days=days), insured.coverage.covered_to)
        return PlannedVisit(
            insured=insured,
            condition=condition,
            kind=kind,
            med_type=_med_type(rng, kind),
            hospital=hospital,
            place=place,
            admitted_on=admitted,
            discharged_on=discharged,
            total_fen=draw_total_fen(rng, condition.severity, kind),
        )


def draw_total_fen(rng: Random, severity: Severity, kind: VisitKind) -> int:
    """The total of a bill, in fen."""
    median, sigma = _STAY_COST[severity]
    factor = {"outpatient": _OUTPATIENT_FACTOR, "chronic_outpatient": _CHRONIC_FACTOR}.get(kind, 1.0)
    yuan = rng.lognormvariate(math.log(median * factor), sigma)
    return int(100 * min(_MAX_TOTAL_YUAN, max(20.0, yuan)))


def _where(rng: Random, insured: Insured, condition: Condition, kind: VisitKind) -> tuple[Hospital, Place]:
    draw = rng.random()
    if kind == "inpatient" and draw > _LOCAL_SHARE:
        place: Place = "out_of_town_filed" if draw < _LOCAL_SHARE + _FILED_SHARE else "out_of_town_unfiled"
        return rng.choice(OUT_OF_TOWN_HOSPITALS), place
    hospitals = CITIES[insured.coverage.plan_id].hospitals
    return rng.choice(hospitals[:2] if condition.severity != "common" else hospitals), "local"


def _med_type(rng: Random, kind: VisitKind) -> str:
    match kind:
        case "inpatient":
            return rng.choice(("21", "21", "21", "21", "24", "28"))
        case "outpatient":
            return rng.choice(("11", "11", "13"))
        case "chronic_outpatient":
            return rng.choice(("140104", "140201"))
        case "special_drug":
            return "15"
        case "pharmacy":
            return "41"
