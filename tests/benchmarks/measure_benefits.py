"""How fast the benefit engine is, as ratios to parsing the same cases.

Run it as `python -m tests.benchmarks.measure_benefits`.
"""

import sys
import time
from collections.abc import Callable

from libs.benefits import Case, Plan, evaluate, load_plans

_ROUNDS = 5
_REPEATS = 40


def measure(work: Callable[[tuple[Plan, Case, str]], object], cases: list[tuple[Plan, Case, str]]) -> float:
    """Best seconds per case over some rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        for _ in range(_REPEATS):
            for each in cases:
                work(each)
        best = min(best, (time.perf_counter() - begun) / (_REPEATS * len(cases)))
    return best


def main() -> None:
    """Prints cases per second and the ratios to the floor (pydantic parsing of the same cases)."""
    begun = time.perf_counter()
    plans = load_plans()
    loaded_seconds = time.perf_counter() - begun
    cases = [
        (plan, example.case, example.case.model_dump_json())
        for plan in plans.values()
        for example in plan.examples
    ]
    floor = measure(lambda each: Case.model_validate_json(each[2]), cases)
    decided = measure(lambda each: evaluate(each[0], each[1]).plan_pays_fen, cases)
    explained = measure(lambda each: evaluate(each[0], each[1]).explanation, cases)
    sys.stdout.write(
        f"plans: {len(plans)} loaded and checked in {loaded_seconds * 1000:.0f} ms\n"
        f"parse: {1 / floor:.0f} cases/s (floor)\n"
        f"evaluate: {1 / decided:.0f} cases/s, {decided / floor:.1f} x the floor's time\n"
        f"evaluate and explain: {1 / explained:.0f} cases/s, {explained / floor:.1f} x the floor's time\n"
    )


if __name__ == "__main__":
    main()
