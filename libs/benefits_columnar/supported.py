"""Which terms of a plan are evaluated by column, and which are left to the engine."""

from libs.benefits.plan import Plan

#: A product of two amounts of one bill stays below 2^63.
LARGEST_BILL_FEN = 3_000_000_000


def unsupported_terms(plan: Plan) -> tuple[str, ...]:
    """What of the plan only the engine evaluates, in words with the liability; empty when all of it is supported."""
    found: list[str] = []
    if plan.hypothetical is not None:
        found.append("hypothetical settlement of people without basic cover")
    for liability in plan.liabilities:
        for cap in liability.caps:
            if cap.times is not None:
                found.append(f"{liability.id}: cap {cap.id} on how often something counts")
            elif cap.limits == "cost":
                found.append(f"{liability.id}: cap {cap.id} on the cost that counts")
    return tuple(found)
