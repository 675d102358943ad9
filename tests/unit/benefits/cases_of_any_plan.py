"""Hypothesis strategies for cases that every plan can be asked about."""

from hypothesis import strategies as st

from libs.benefits import Bill, BillLine, Case, Member, Plan

_CATEGORIES = ["drug", "material", "exam", "lab", "treatment", "bed", "meal"]
_amounts = st.integers(min_value=0, max_value=90_000_000)


@st.composite
def members(draw: st.DrawFn, plan: Plan) -> Member:
    """A member of any status."""
    return Member(
        scheme=draw(st.sampled_from(["resident", "employee", "none", "other_city"])),
        pre_existing=draw(st.booleans()),
        pre_existing_classes=draw(st.sampled_from([(), ("severe",)])),
        continuous_years=draw(st.integers(1, 4)),
        claim_free_years=draw(st.integers(0, 3)),
        tier=draw(st.sampled_from([premium.tier for premium in plan.premiums])),
    )


@st.composite
def lines(draw: st.DrawFn, plan: Plan) -> BillLine:
    """A charge, perhaps on some of the plan's lists."""
    parts = [draw(st.integers(0, 20_000_000)) for _ in range(4)]
    return BillLine(
        category=draw(st.sampled_from(_CATEGORIES)),
        amount_fen=sum(parts),
        first_pay_fen=parts[1],
        over_limit_fen=parts[2],
        self_funded_fen=parts[3],
        code=draw(st.sampled_from(["A", "B", None])),
        lists=tuple(draw(st.lists(st.sampled_from(sorted(plan.lists)), max_size=1))) if plan.lists else (),
    )


@st.composite
def bills(draw: st.DrawFn, plan: Plan) -> Bill:
    """A settlement whose identities hold, with any payers before and beside the plan."""
    items = tuple(draw(st.lists(lines(plan), max_size=3)))
    buckets = {
        name: draw(_amounts) + sum(getattr(item, name) for item in items)
        for name in ("in_scope_fen", "first_pay_fen", "over_limit_fen", "self_funded_fen")
    }
    left = total = sum(buckets.values())
    paid: dict[str, int] = {}
    for payer in draw(st.lists(st.sampled_from(["basic", "critical_illness", "commercial"]), unique=True)):
        paid[payer] = draw(st.integers(0, left))
        left -= paid[payer]
    return Bill(
        visit=draw(st.sampled_from(["inpatient", "outpatient", "chronic", "special_drug"])),
        place=draw(st.sampled_from(["local", "out_of_town"])),
        settled=draw(st.booleans()),
        lists=tuple(draw(st.lists(st.sampled_from(sorted(plan.lists)), max_size=1))) if plan.lists else (),
        tags=draw(st.sampled_from([(), ("rare_disease",)])),
        total_fen=total,
        paid_fen=paid,
        lines=items,
        **buckets,
    )


@st.composite
def cases(draw: st.DrawFn, plans: list[Plan]) -> tuple[Plan, Case]:
    """Any plan with a case of one to three bills."""
    plan = draw(st.sampled_from(plans))
    return plan, Case(
        member=draw(members(plan)), bills=tuple(draw(st.lists(bills(plan), min_size=1, max_size=3)))
    )
