"""What a command line shows of plans: list, show, check, diff. Pure; texts and values, no printing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.benefits.case_advice import classes_asked, tags_asked
from libs.benefits.errors import PlanInvalid, Problem
from libs.benefits.examples import ExampleResult, run_examples
from libs.benefits.loading import load_plan, load_plans
from libs.benefits.node import Language
from libs.benefits.plan import Plan
from libs.benefits.plan_checks import terms_of
from libs.money import format_yuan


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the list of plans."""

    id: str
    name_zh: str
    name_en: str
    city_zh: str
    city_en: str
    liabilities: int
    examples: int
    assumptions: int
    digest: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Result of checking a plan file: `problems` when it is refused, else its examples and what it assumes."""

    plan_id: str | None
    problems: tuple[Problem, ...]
    examples: tuple[ExampleResult, ...]
    assumptions: tuple[str, ...]
    """Paths of the assumed terms, with what is assumed."""

    @property
    def passed(self) -> bool:
        """Accepted, and every example comes out."""
        return not self.problems and all(example.agrees for example in self.examples)


@dataclass(frozen=True, slots=True)
class Change:
    """One term that differs between two plans; None where a plan has no such term.

    `field` is a path in the file's words with ids in place of numbers; amounts are in yuan, ratios in percent.
    """

    field: str
    before: str | None
    after: str | None


def list_plans() -> list[PlanRow]:
    """All bundled plans, by id."""
    return [
        PlanRow(
            id=plan.id,
            name_zh=plan.name.zh,
            name_en=plan.name.en,
            city_zh=plan.city.zh,
            city_en=plan.city.en,
            liabilities=len(plan.liabilities),
            examples=len(plan.examples),
            assumptions=len(assumptions_of(plan, "en")),
            digest=plan.digest,
        )
        for plan in load_plans().values()
    ]


def check_plan(path_or_text: Path | str) -> CheckReport:
    """Reads and checks a plan file and runs its examples. Raises OSError for an unreadable file."""
    try:
        plan = load_plan(path_or_text)
    except PlanInvalid as refusal:
        return CheckReport(None, refusal.problems, (), ())
    return CheckReport(plan.id, (), run_examples(plan), tuple(assumptions_of(plan, "en")))


def assumptions_of(plan: Plan, language: Language) -> list[str]:
    """`path: what is assumed` for each assumed term."""
    whole = {"zh": "全部为假定", "en": "assumed as a whole"}[language]
    found: list[str] = []
    for path, term in terms_of(plan):
        if term.assumption:
            text = getattr(term.assumes, language) if term.assumes is not None else whole
            found.append(f"{named_path(plan, path)}: {text}")
    return found


def named_path(plan: Plan, path: tuple[str | int, ...]) -> str:
    """The path with ids in place of the numbers of entries that have one."""
    steps: list[str] = []
    found: Any = plan
    for step in path:
        if isinstance(step, int) and isinstance(found, tuple):
            found = found[step]
            steps.append(str(getattr(found, "id", None) or getattr(found, "tier", None) or step))
            continue
        found = found.get(step) if isinstance(found, dict) else _field(found, str(step))
        steps.append(str(step))
    return ".".join(steps) or "plan"


def _field(holder: Any, name: str) -> Any:
    fields = type(holder).model_fields
    return getattr(holder, next((field for field, info in fields.items() if info.alias == name), name), None)


def shown_json(plan: Plan) -> dict[str, Any]:
    """The plan's terms as plain values (fen, basis points) with its digest, and what a case may name for it."""
    return {
        **plan.model_dump(mode="json", exclude_defaults=True),
        "digest": plan.digest,
        "tags_asked": list(tags_asked(plan)),
        "classes_asked": list(classes_asked(plan)),
        "assumptions": {language: assumptions_of(plan, language) for language in ("zh", "en")},
    }


def diff_plans(before: Plan, after: Plan) -> list[Change]:
    """Terms that differ, in order of field; list entries that have an id are compared by it. Examples are left out."""
    old, new = dict(_flat(before)), dict(_flat(after))
    fields = sorted(old.keys() | new.keys())
    return [
        Change(field, old.get(field), new.get(field)) for field in fields if old.get(field) != new.get(field)
    ]


def _flat(plan: Plan) -> Iterator[tuple[str, str]]:
    yield from _walk("", plan.model_dump(mode="json", exclude_defaults=True, exclude={"examples"}))


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for index, inner in enumerate(value):
            name = inner.get("id") or inner.get("tier") or index
            yield from _walk(f"{path}.{name}", inner)
    else:
        yield path.removesuffix("_fen").removesuffix("_bp"), _shown(path, value)


def _shown(path: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        if path.endswith("_fen") or ".by_scheme." in path:
            return format_yuan(value)
        if path.endswith("_bp") or ".buckets." in path:
            return f"{value / 100:g}%"
    return ", ".join(str(inner) for inner in value) if isinstance(value, list) else str(value)
