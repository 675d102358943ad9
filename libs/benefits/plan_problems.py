"""Turns a validation error into line, field and what would be right."""

from difflib import get_close_matches
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from libs.benefits.errors import Problem
from libs.benefits.plan import Plan

Path = tuple[str | int, ...]


def field_path(path: Path) -> str:
    """`liabilities.0.pays.ratio`, or `(file)` for the whole."""
    return ".".join(str(step) for step in path) or "(file)"


def line_of(root: Any, path: Path) -> int:
    """Line (from 1) of the deepest part of `path` that the file has."""
    node, line = root, 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def problem_of(root: Any, detail: ErrorDetails) -> Problem:
    """The problem behind one pydantic error."""
    path: Path = tuple(step for step in detail["loc"] if step != "[key]")
    found = f"{detail['input']!r:.60}"
    match detail["type"]:
        case "extra_forbidden":
            names = _field_names(path[:-1])
            close = get_close_matches(str(path[-1]), names, n=1)
            found = f"unknown field {path[-1]!r}"
            right = f"{close[0]!r}" if close else f"one of {', '.join(sorted(names))}"
            if " " in str(path[-1]):
                right = "quotes around a text that has a comma or a colon"
        case "missing":
            found, right = "missing", f"a value for {path[-1]!r}"
        case "value_error":
            right = str(detail.get("ctx", {}).get("error", detail["msg"]))
        case "literal_error" | "enum":
            right = str(detail.get("ctx", {}).get("expected", detail["msg"]))
        case _:
            right = detail["msg"].removeprefix("Input should be ").removeprefix("String should ")
    return Problem(line_of(root, path), field_path(path), found, right)


def written_twice(node: Any, path: Path = ()) -> list[Problem]:
    """Keys that occur twice in a mapping: YAML would silently keep the last one."""
    problems: list[Problem] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            where = (*path, key.value)
            if key.value in seen:
                problems.append(Problem(key.start_mark.line + 1, field_path(where), "written twice", "once"))
            seen.add(key.value)
            problems.extend(written_twice(value, where))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            problems.extend(written_twice(value, (*path, index)))
    return problems


def _field_names(path: Path) -> list[str]:
    """Names of the fields the model at `path` has in the file format."""
    model: Any = Plan
    keyed = False
    for step in path:
        if keyed or isinstance(step, int) or not (isinstance(model, type) and issubclass(model, BaseModel)):
            keyed = False
            continue
        field = next((f for name, f in model.model_fields.items() if step in (name, f.alias)), None)
        keyed = field is not None and get_origin(field.annotation) is dict
        model = _model_in(field.annotation) if field is not None else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part)) is not None), None)
