"""Random cases of a plan that are the same for a seed for ever, with every fact a plan can ask for."""

from datetime import date, timedelta
from random import Random

from libs.benefits import Bill, BillLine, Case, LiabilityUsage, Member, Plan, Usage
from libs.benefits.case import BUCKETS, Category

_CATEGORIES: list[Category | None] = [
    "drug",
    "material",
    "herb",
    "exam",
    "lab",
    "treatment",
    "bed",
    "meal",
    None,
]
_NAMES = ["alpha", "beta", "b2", "gamma", "delta", "other", None]


def seeded_cases(plan: Plan, seed: str, count: int) -> list[Case]:
    """`count` cases of one to three bills."""
    random = Random(seed)
    return [_case(random, plan) for _ in range(count)]


def _case(random: Random, plan: Plan) -> Case:
    assert plan.valid_from is not None
    first = plan.valid_from + timedelta(random.randrange(-4, 340))
    in_year = max(plan.valid_from, first)
    bills = [_bill(random, plan, number, in_year) for number in range(random.choice([1, 1, 2, 3]))]
    if first < in_year:
        bills = [_dated(bills[0], first)]
    return Case(member=_member(random, plan), bills=tuple(bills), used=_used(random, plan))


def _dated(bill: Bill, day: date) -> Bill:
    return bill.model_copy(update={"service_date": day, "admission_date": day})


def _member(random: Random, plan: Plan) -> Member:
    start = plan.valid_from
    assert start is not None
    return Member(
        scheme=random.choice(["resident", "employee", "none", "elsewhere"]),
        pre_existing=random.random() < 0.3,
        pre_existing_classes=random.choice([(), (), ("severe",)]),
        continuous_years=random.randrange(1, 6),
        claim_free_years=random.randrange(0, 4),
        groups=random.choice([(), ("poverty",)]),
        tier=random.choice([None, *(premium.tier for premium in plan.premiums)]),
        age=random.choice([None, 30, 60, 61]),
        cover_start=random.choice([None, start, start + timedelta(40)]),
        critical_illness_threshold_fen=random.choice([None, None, 2_000_01]),
    )


def _used(random: Random, plan: Plan) -> Usage:
    if random.random() < 0.5:
        return Usage()
    used = {
        each.id: LiabilityUsage(
            base_fen=random.randrange(9_000_000),
            deductible_fen=random.randrange(900_000),
            paid_fen=random.randrange(5_000_000),
        )
        for each in plan.liabilities
        if random.random() < 0.6
    }
    caps = {
        f"{each.id}/{cap.id}{'/A' if cap.each == 'product' else ''}": 1
        if cap.times
        else random.randrange(600_000)
        for each in plan.liabilities
        for cap in each.caps
        if cap.per == "year" and random.random() < 0.5
    }
    return Usage(liabilities=used, caps=caps | {"cash/day": random.randrange(300_000)})


def _line(random: Random, plan: Plan, day: date) -> BillLine:
    parts = [random.choice([0, 0, random.randrange(900_000)]) for _ in BUCKETS]
    return BillLine(
        category=random.choice(_CATEGORIES),
        amount_fen=sum(parts),
        first_pay_fen=parts[1],
        over_limit_fen=parts[2],
        self_funded_fen=parts[3],
        code=random.choice(["A", "B", None, None]),
        name=random.choice(_NAMES),
        lists=(random.choice(sorted(plan.lists)),) if random.random() < 0.15 else (),
        site=random.choice([None, "H1", "H9"]),
        indication=random.choice([None, "lung", "liver"]),
        service_date=day + timedelta(random.randrange(40)) if random.random() < 0.3 else None,
        quantity=random.randrange(1, 5),
    )


def _bill(random: Random, plan: Plan, number: int, day: date) -> Bill:
    lines = tuple(_line(random, plan, day) for _ in range(random.choice([0, 1, 4, 9])))
    rest = {bucket: random.choice([0, random.randrange(6_000_000)]) for bucket in BUCKETS}
    amounts = {
        f"{bucket}_fen": rest[bucket] + sum(line.bucket_amounts[n] for line in lines)
        for n, bucket in enumerate(BUCKETS)
    }
    total_fen = left_fen = sum(amounts.values())
    paid: dict[str, int] = {}
    for payer in random.sample(
        ["basic", "critical_illness", "commercial", "assistance", "unnamed"], random.randrange(4)
    ):
        paid[payer] = random.randrange(left_fen // 2 + 1)
        left_fen -= paid[payer]
    dated = random.random() < 0.8
    return Bill.model_validate(
        {
            "id": f"bill-{number}",
            "visit": random.choice(["inpatient", "inpatient", "chronic", "outpatient", "special_drug"]),
            "place": random.choice(["local", "local", "out_of_town"]),
            "filed": random.random() < 0.8,
            "settled": random.random() < 0.9,
            "hospital_grade": random.choice([None, 1, 2, 3]),
            "service_date": day if dated else None,
            "admission_date": day if dated else None,
            "discharge_date": day + timedelta(random.randrange(60)) if dated else None,
            "lists": ("listed",) if random.random() < 0.1 else (),
            "tags": random.choice([(), ("accident",), ("rare_disease", "outcome_reached")]),
            "total_fen": total_fen,
            "paid_fen": paid,
            "lines": lines,
            **amounts,
        }
    )
