"""What can be wrong with a plan file, a plan id or a case."""

from dataclasses import dataclass


class BenefitsError(Exception):
    """Base of every error of this library; `code` is stable and machine-readable."""

    code = "benefits_error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a plan file: `line` counts from 1, `field` is a path such as `liabilities.2.pays`."""

    line: int
    field: str
    found: str
    right: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.found}; right would be {self.right}"


class PlanInvalid(BenefitsError):
    """The plan file is refused; `problems` says line, field and what would be right, for all that is wrong."""

    code = "plan_invalid"

    def __init__(self, origin: str, problems: tuple[Problem, ...]) -> None:
        self.origin = origin
        self.problems = problems
        super().__init__("\n".join(f"{origin}: {problem}" for problem in problems))


class PlanUnknown(BenefitsError):
    """No bundled plan file has this id."""

    code = "plan_unknown"

    def __init__(self, plan_id: str, known: tuple[str, ...]) -> None:
        self.plan_id = plan_id
        super().__init__(f"no plan {plan_id!r}; known plans: {', '.join(known)}")


class CaseInvalid(BenefitsError):
    """The case contradicts itself or the plan's benefit year."""

    code = "case_invalid"


@dataclass(frozen=True, slots=True)
class CaseFault:
    """One thing wrong in a case: `field` is a path such as `bills.0.self_funded_fen`, `line` counts from 1."""

    field: str
    found: str
    right: str
    line: int | None = None
    """Absent when the case came as values, or as a text too large to count lines in."""

    def __str__(self) -> str:
        where = self.field if self.line is None else f"line {self.line}, {self.field}"
        return f"{where}: {self.found}; right would be {self.right}"


class CaseRefused(CaseInvalid):
    """The case is refused; `faults` names each field, what was found and what would be right."""

    def __init__(self, faults: tuple[CaseFault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))
