"""Errors of the generator: all are mistakes in how it was called."""

from collections.abc import Sequence


class SyntheticError(Exception):
    """Base of this library's errors."""

    code = "synthetic_error"


class UnknownPlan(SyntheticError):
    """The generator knows no city for a plan."""

    code = "unknown_plan"

    def __init__(self, plan_ids: Sequence[str]) -> None:
        super().__init__(f"no city is known for the plans {', '.join(plan_ids) or '(none given)'}")
