"""A case without what is wrong in it, so that the rest can still be looked at."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from pydantic_core import ErrorDetails

_NOTHING: dict[str, dict[str, Any]] = {"bills": {"total_fen": 0}, "lines": {"amount_fen": 0}}
"""What stands in for an entry that cannot be mended; numbers of the entries after it stay."""


def without(plain: dict[str, Any], details: Iterable[ErrorDetails]) -> dict[str, Any]:
    """The case without the fields that are wrong; an entry whose fields contradict or are missing becomes nothing."""
    mended = deepcopy(plain)
    for detail in details:
        loc = [step for step in detail["loc"] if step != "[key]"]
        if detail["type"] == "missing":
            loc.pop()
        if detail["type"] in ("missing", "value_error"):
            _replace(mended, loc)
        else:
            _remove(mended, loc)
    return mended


def _replace(case: dict[str, Any], loc: list[int | str]) -> None:
    """Puts nothing in the place of the nearest bill or line around `loc`."""
    for length in range(len(loc), 1, -1):
        holder = _at(case, loc[: length - 1])
        number, nothing = loc[length - 1], _NOTHING.get(str(loc[length - 2]))
        if isinstance(holder, list) and isinstance(number, int) and nothing is not None:
            holder[number] = dict(nothing)
            return
    if loc:
        case.pop(str(loc[0]), None)


def _remove(case: dict[str, Any], loc: list[int | str]) -> None:
    holder = _at(case, loc[:-1])
    if isinstance(holder, dict) and loc[-1] in holder:
        del holder[loc[-1]]
    else:
        _replace(case, loc)


def _at(values: Any, loc: list[int | str]) -> Any:
    for step in loc:
        if isinstance(values, dict):
            values = values.get(step)
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            values = values[step]
        else:
            return None
    return values
