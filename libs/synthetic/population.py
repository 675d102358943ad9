"""A stable population: person number i of a seed is the same person on every machine and in every run."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import overload

from libs.interop.identity_number import age_on, check_character, parse_identity_number
from libs.interop.submission import Person
from libs.synthetic.cities import CITIES, City
from libs.synthetic.errors import UnknownPlan
from libs.synthetic.insured import Coverage, Insured
from libs.synthetic.names import chinese_name

# Counties × days × orders of one sex: below this, no two people share an identity number.
# Orders from 800 up are kept for other synthetic people (the packaged encounters).
_DISTINCT = 3 * 365 * 400
MAX_PEOPLE = 400_000

# Urban-rural resident insurance covers about 7 of 10 insured. Neither this nor the shares of pre-existing
# conditions by age and of poor households is published by the plans: they are this project's assumptions.
_EMPLOYEE_SHARE = 0.30
_POVERTY_SHARE = 0.03
_AGE_BANDS = ((0, 18, 0.17), (18, 45, 0.36), (45, 60, 0.24), (60, 75, 0.16), (75, 92, 0.07))


class Population(Sequence[Insured]):
    """`size` people spread over the plans in turn. People are made when asked for and kept."""

    def __init__(self, seed: int, plan_ids: Sequence[str], size: int) -> None:
        if not 0 < size <= MAX_PEOPLE:
            raise ValueError(f"a population has 1 to {MAX_PEOPLE} people")
        unknown = [plan_id for plan_id in plan_ids if plan_id not in CITIES]
        if unknown or not plan_ids:
            raise UnknownPlan(unknown)
        self.seed = seed
        self._cities = [CITIES[plan_id] for plan_id in plan_ids]
        self._size = size
        self._made: dict[int, Insured] = {}

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> Insured: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Insured]: ...
    def __getitem__(self, index: int | slice) -> Insured | Sequence[Insured]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._size))]
        if not -self._size <= index < self._size:
            raise IndexError(index)
        index %= self._size
        made = self._made.get(index)
        if made is None:
            made = self._made[index] = _insured(self.seed, index, self._cities[index % len(self._cities)])
        return made

    def __iter__(self) -> Iterator[Insured]:
        return (self[index] for index in range(self._size))


def _insured(seed: int, index: int, city: City) -> Insured:
    rng = Random(f"{seed}/person/{index}")
    person = _person(rng, seed, index, city)
    age = age_on(person.birth_date, city.covered_from)
    # Nobody under working age has employee insurance; pensioners keep theirs.
    scheme = "employee" if age >= 20 and rng.random() < _EMPLOYEE_SHARE / 0.8 else "resident"
    pre_existing = rng.random() < (0.01 if age < 40 else 0.06 if age < 60 else 0.14)
    poor = scheme == "resident" and rng.random() < _POVERTY_SHARE
    years = rng.choice((1, 1, 2, 2, 3))
    chronic = pre_existing or rng.random() < (0.01 if age < 45 else 0.12)
    coverage = Coverage(
        plan_id=city.plan_id,
        covered_from=city.covered_from,
        covered_to=city.covered_to,
        scheme=scheme,
        pre_existing=pre_existing,
        pre_existing_reason="特定既往症" if pre_existing else None,
        groups=("poverty",) if poor else (),
        continuous_years=years,
        claim_free_years=rng.randint(0, years - 1),
        premium_fen=city.premium_fen,
        premium_payer="government" if poor else "family_account" if rng.random() < 0.35 else "self",
        account=_account(rng),
        account_bank=f"999{city.region[:4]}{rng.randint(0, 99_999):05d}",
    )
    return Insured(
        person=person,
        insured_region=city.region,
        coverage=coverage,
        chronic_since=date(2021, 12, 31) - timedelta(days=rng.randint(30, 2_500)) if chronic else None,
    )


def _person(rng: Random, seed: int, index: int, city: City) -> Person:
    male = rng.random() < 0.5
    low, high, _ = rng.choices(_AGE_BANDS, weights=[band[2] for band in _AGE_BANDS])[0]
    year = city.covered_from.year - 1 - rng.randrange(low, high)
    # 7 919 is coprime to _DISTINCT, so the step visits each (county, day, order) once: numbers stay unique.
    slot = (index * 7_919 + seed) % _DISTINCT
    county = city.counties[slot % 3]
    born = date(year, 1, 1) + timedelta(days=slot // 3 % 365)
    first = f"{county}{born:%Y%m%d}{2 * (slot // 1_095) + male:03d}"
    number = parse_identity_number(first + check_character(first))
    return Person(
        name=chinese_name(rng),
        id_number=number.text,
        phone=f"1{rng.choice('3578')}{rng.randint(0, 999_999_999):09d}",
        sex=number.sex,
        birth_date=number.birth_date,
    )


def _account(rng: Random) -> str:
    """A card number of 19 digits whose last one is the Luhn check digit."""
    body = f"62{rng.randint(0, 10**16 - 1):016d}"
    doubled = [int(digit) * (2 - position % 2) for position, digit in enumerate(reversed(body))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return f"{body}{-total % 10}"
