"""Reads plan files: YAML with line numbers, strict models, then checks across the whole plan."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from libs.benefits.catalogue import with_catalogues
from libs.benefits.errors import PlanInvalid, PlanUnknown, Problem
from libs.benefits.plan import Plan
from libs.benefits.plan_checks import contradictions
from libs.benefits.plan_problems import field_path, line_of, problem_of, written_twice

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_plan(path_or_text: Path | str) -> Plan:
    """The plan in a file (a Path) or in YAML text (a str that is no existing file's path).

    Raises PlanInvalid with every problem found: line, field and what would be right; OSError for an unreadable file.
    """
    if isinstance(path_or_text, Path):
        return _load(path_or_text.name, path_or_text.read_text(encoding="utf-8"))
    if "\n" not in path_or_text:
        return load_plan(Path(path_or_text))
    return _load("plan", path_or_text)


@cache
def load_plans() -> dict[str, Plan]:
    """All bundled plans by id, in order of id; read once."""
    files = sorted(resources.files("libs.benefits").joinpath("plans").iterdir(), key=lambda file: file.name)
    plans = [
        _load(file.name, file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".yaml")
    ]
    return {plan.id: plan for plan in sorted(plans, key=lambda plan: plan.id)}


def plan_of(plan_id: str) -> Plan:
    """The bundled plan with this id. Raises PlanUnknown."""
    plans = load_plans()
    if plan_id not in plans:
        raise PlanUnknown(plan_id, tuple(plans))
    return plans[plan_id]


def _load(origin: str, text: str) -> Plan:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        twice = written_twice(root)
        if twice:
            raise PlanInvalid(origin, tuple(twice))
        content = loader.construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = Problem(mark.line + 1 if mark else 1, "(file)", str(error.problem), "well-formed YAML")
        raise PlanInvalid(origin, (problem,)) from error
    finally:
        loader.dispose()
    try:
        plan = Plan.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False)
        # A list that became too short because an entry of it is wrong says nothing of its own.
        deeper = {detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))}
        problems = {problem_of(root, detail) for detail in details if detail["loc"] not in deeper}
        raise PlanInvalid(origin, tuple(sorted(problems, key=lambda p: (p.line, p.field)))) from error
    plan = with_catalogues(plan)
    wrong = tuple(
        Problem(line_of(root, path), field_path(path), found, right)
        for path, found, right in contradictions(plan)
    )
    if wrong:
        raise PlanInvalid(origin, tuple(sorted(wrong, key=lambda problem: problem.line)))
    return plan
