"""How fast the benefit engine is, as ratios to parsing the same cases.

Run it as `python -m tests.benchmarks.measure_benefits`.
"""

import sys
import time
from collections.abc import Callable

from libs.benefits import Bill, BillLine, Case, Plan, evaluate, load_plans
from libs.benefits.case import Category
from libs.benefits.recorded import recorded_explanation

_ROUNDS = 5
_CATEGORIES: tuple[Category, ...] = ("drug", "drug", "material", "exam", "lab", "treatment", "bed", "nursing")
_REPEATS = 10


def measure(work: Callable[[tuple[Plan, Case, str]], object], cases: list[tuple[Plan, Case, str]]) -> float:
    """Best seconds of processor time per case over some rounds: others share the machine."""
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for _ in range(_REPEATS):
            for each in cases:
                work(each)
        best = min(best, (time.process_time() - begun) / (_REPEATS * len(cases)))
    return best


def a_stay(number: int) -> Case:
    """A stay of fifteen lines as hospitals send them: most in scope, some with first-pay, some self-funded."""
    lines = [
        BillLine(
            category=_CATEGORIES[(number + n) % len(_CATEGORIES)],
            code=f"C{n}",
            name=f"item {n}",
            amount_fen=40_000 + 7_919 * n,
            first_pay_fen=4_000 if n % 4 == 1 else 0,
            self_funded_fen=40_000 if n % 5 == 2 else 0,
        )
        for n in range(15)
    ]
    total_fen = 6_000_000 + sum(line.amount_fen for line in lines)
    own = {name: sum(getattr(line, name) for line in lines) for name in ("first_pay_fen", "self_funded_fen")}
    paid = {"basic": total_fen // 2}
    return Case(bills=(Bill(total_fen=total_fen, paid_fen=paid, lines=tuple(lines), **own),))


def report(name: str, cases: list[tuple[Plan, Case, str]]) -> None:
    """Writes cases per second and the ratios to parsing."""
    floor = measure(lambda each: Case.model_validate_json(each[2]), cases)
    decided = measure(lambda each: evaluate(each[0], each[1]).plan_pays_fen, cases)
    recorded = measure(lambda each: recorded_explanation(evaluate(each[0], each[1]).explanation), cases)
    sys.stdout.write(
        f"{name}\n"
        f"  parse: {1 / floor:.0f} cases/s (floor)\n"
        f"  evaluate: {1 / decided:.0f} cases/s, {decided / floor:.1f} x the floor's time\n"
        f"  evaluate and explain: {1 / recorded:.0f} cases/s, {recorded / floor:.1f} x the floor's time\n"
    )


def main() -> None:
    """Prints cases per second and the ratios to the floor (pydantic parsing of the same cases)."""
    begun = time.process_time()
    plans = load_plans()
    loaded_seconds = time.process_time() - begun
    sys.stdout.write(f"plans: {len(plans)} loaded and checked in {loaded_seconds * 1000:.0f} ms\n")
    examples = [(plan, each.case) for plan in plans.values() for each in plan.examples]
    stays = [(plan, a_stay(number)) for number, plan in enumerate(plans.values())]
    for name, asked in (("the plans' worked examples", examples), ("stays of 15 lines, every plan", stays)):
        report(name, [(plan, case, case.model_dump_json()) for plan, case in asked])


if __name__ == "__main__":
    main()
