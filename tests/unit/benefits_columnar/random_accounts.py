"""Random people with a year of bills under a plan: every fact its terms may ask for, amounts on and off its edges."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, get_args

from libs.benefits import Bill, BillLine, Member, Plan
from libs.benefits.case import BUCKETS, Category, Visit

Account = tuple[Member, tuple[Bill, ...]]

_BUCKET_FIELDS = tuple(f"{bucket}_fen" for bucket in BUCKETS)
_PAYERS = (
    "basic",
    "critical_illness",
    "assistance",
    "commercial",
    "third_party",
    "large_amount",
    "odd_payer",
)


def accounts(rng: Random, plan: Plan, count: int) -> list[Account]:
    """`count` people, each with one to five bills of one benefit year."""
    return [_account(rng, plan) for _ in range(count)]


def _account(rng: Random, plan: Plan) -> Account:
    year_start = plan.benefit_year_start(plan.valid_from or date(2022, 6, 1))
    dated = rng.random() < 0.8
    days = sorted(rng.randrange(365) for _ in range(rng.randint(1, 5)))
    member = Member(
        scheme=rng.choice(("resident", "employee", "none", "other_city")),
        pre_existing=rng.random() < 0.4,
        pre_existing_classes=rng.choice(((), ("severe",), ("severe", "rare"))),
        continuous_years=rng.randint(0, 4),
        claim_free_years=rng.randint(0, 3),
        groups=rng.choice(((), ("poverty",), ("poverty", "disabled"), ("student",))),
        tier=rng.choice((None, *(premium.tier for premium in plan.premiums))),
        age=rng.choice((None, 0, 17, 18, 44, 60, 61, 80)),
        cover_start=rng.choice((None, year_start, year_start + timedelta(days=rng.randrange(200)))),
        critical_illness_threshold_fen=rng.choice((None, 0, 15_000_00)),
    )
    bills = tuple(_bill(rng, plan, year_start + timedelta(days=day) if dated else None) for day in days)
    return member, bills


def _bill(rng: Random, plan: Plan, day: date | None) -> Bill:
    stay = rng.choice((0, 1, 9, 60, 200))
    lines = tuple(_line(rng, plan, day, stay) for _ in range(rng.choice((0, 0, 1, 3, 8))))
    buckets = {
        name: sum(getattr(line, name) for line in lines) + rng.choice((0, 0, _amount(rng)))
        for name in _BUCKET_FIELDS
    }
    left = total = sum(buckets.values())
    paid: dict[str, int] = {}
    for payer in rng.sample(_PAYERS, rng.randint(0, 3)):
        paid[payer] = rng.choice((0, left, rng.randint(0, left), rng.randint(0, left // 2)))
        left -= paid[payer]
    has_stay = day is not None and rng.random() < 0.7
    fields: dict[str, Any] = {
        "visit": rng.choice(get_args(Visit)),
        "service_date": day,
        "admission_date": day if has_stay else None,
        "discharge_date": day + timedelta(days=stay) if has_stay and day is not None else None,
        "place": rng.choice(("local", "out_of_town")),
        "filed": rng.random() < 0.7,
        "settled": rng.random() < 0.9,
        "hospital_grade": rng.choice((None, 1, 2, 3)),
        "public_hospital": rng.choice((None, True, False)),
        "ordinary_ward": rng.choice((None, True, False)),
        "related_to_pre_existing": rng.choice((None, True, False)),
        "tags": rng.choice(((), (), ("rare_disease",), ("outcome_reached", "accident"), _tags(rng, plan))),
        "lists": rng.choice(((), (), _some_lists(rng, plan))),
    }
    return Bill(total_fen=total, paid_fen=paid, lines=lines, **buckets, **fields)


def _line(rng: Random, plan: Plan, day: date | None, stay: int) -> BillLine:
    parts = [rng.choice((0, _amount(rng))) for _ in BUCKETS]
    entries = [entry for each in plan.lists.values() for entry in each.entries]
    product: dict[str, Any] = {
        "code": rng.choice(("A", "B", "", None)),
        "name": rng.choice(("A", "drug", None)),
    }
    if entries and rng.random() < 0.5:
        entry = rng.choice(entries)
        product = {"code": rng.choice((entry.code, None)), "name": rng.choice((entry.name, entry.brand))}
        product["indication"] = rng.choice((None, *entry.indications, "another"))
        product["site"] = rng.choice((None, *entry.sites, "elsewhere"))
    dated = day is not None and rng.random() < 0.5
    return BillLine(
        category=rng.choice(get_args(Category)),
        amount_fen=sum(parts),
        **dict(zip(_BUCKET_FIELDS[1:], parts[1:], strict=True)),
        lists=rng.choice(((), (), _some_lists(rng, plan))),
        service_date=day + timedelta(days=rng.randint(0, stay)) if dated and day is not None else None,
        quantity=rng.randint(1, 4),
        **product,
    )


def _amount(rng: Random) -> int:
    """Small odd amounts, where roundings show, and large ones, where caps bite."""
    return rng.choice((rng.randint(1, 9), rng.randint(1, 99_999), rng.randint(1, 90_000_000), 10_000_00))


def _some_lists(rng: Random, plan: Plan) -> tuple[str, ...]:
    named: Sequence[str] = (*plan.lists, "no_list_of_the_plan")
    return tuple(rng.sample(named, rng.randint(1, min(2, len(named)))))


def _tags(rng: Random, plan: Plan) -> tuple[str, ...]:
    """A tag that one of the plan's cash benefits asks for, if any."""
    asked = [tag for benefit in plan.cash_benefits for tag in benefit.when.tag or ()]
    return (rng.choice(asked),) if asked else ()
