"""Turns a validation error of a case into the field, what was found and what would be right."""

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from libs.benefits import case_words as words
from libs.benefits.case import Bill, BillLine, Case, LiabilityUsage, Member, Usage
from libs.benefits.case_mending import without
from libs.benefits.errors import CaseFault

_MODELS: Mapping[str, tuple[type[BaseModel], Mapping[str, str]]] = {
    "bills": (Bill, words.BILL_YUAN),
    "lines": (BillLine, words.LINE_YUAN),
    "member": (Member, words.MEMBER_YUAN),
    "used": (Usage, {}),
    "liabilities": (LiabilityUsage, words.USAGE_YUAN),
}


_OTHER_NAMES: Mapping[str, Iterable[str]] = {
    "bills": (*words.BILL_NAMES, *words.SELF_PAY, *words.PAYERS),
    "lines": words.LINE_NAMES,
    "member": (*words.MEMBER_NAMES, "status"),
}


def faults_in(plain: dict[str, Any], told: Collection[str] = ()) -> tuple[CaseFault, ...]:
    """All faults of a case in plain values, none when it is one.

    `told` are fields whose value could not be read: that they are missing now, or a sum without them, is an echo.
    Sums and dates are only looked at where all fields are good; so what is bad is taken out and the rest asked again.
    """
    faults: list[CaseFault] = []
    echoes = set(told)
    for _ in range(_MOST_ROUNDS):
        try:
            Case.model_validate(plain)
            break
        except ValidationError as error:
            details = _deepest(error)
        for detail in details:
            path = _path(detail)
            if path not in echoes and not (detail["type"] == "value_error" and _lacks_amount(path, echoes)):
                faults.append(fault_of(detail))
            echoes.add(path)
        plain = without(plain, details)
    return tuple(dict.fromkeys(faults))


_MOST_ROUNDS = 4
"""A wrong field hides the sums of its line, the line those of its bill, a bill nothing; one round to see the rest."""


def _lacks_amount(path: str, echoes: Collection[str]) -> bool:
    """Whether an amount that enters the sums of a bill or line could not be read; lines have sums of their own."""
    inside = (each.removeprefix(f"{path}.") for each in echoes if each.startswith(f"{path}."))
    return any(
        each.endswith("_fen") or each.startswith("paid_fen") for each in inside if "lines." not in each
    )


def _deepest(error: ValidationError) -> list[ErrorDetails]:
    """A list that lost a wrong entry says nothing of its own."""
    details = error.errors(include_url=False)
    deeper = {detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))}
    return [detail for detail in details if detail["loc"] not in deeper]


def fault_of(detail: ErrorDetails) -> CaseFault:
    """The fault behind one pydantic error; values of a person's whole bill are not repeated."""
    path = _path(detail)
    found = shown(detail["input"])
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    match detail["type"]:
        case "missing":
            return CaseFault(path, "missing", f"a value for {detail['loc'][-1]!r}")
        case "extra_forbidden":
            return CaseFault(path, "unknown field", _known_field(detail["loc"]))
        case "value_error":
            return CaseFault(path, message, "amounts and dates that agree")
        case "int_type" if str(detail["loc"][-1]).endswith("_fen") or "paid_fen" in detail["loc"]:
            return CaseFault(path, found, "a whole number of fen; the field without _fen takes yuan")
        case _:
            return CaseFault(path, found, message)


def _path(detail: ErrorDetails) -> str:
    return ".".join(str(step) for step in detail["loc"]) or "(case)"


def _known_field(loc: tuple[int | str, ...]) -> str:
    holder = next((str(step) for step in reversed(loc[:-1]) if step in _MODELS), "")
    model, yuan = _MODELS.get(holder, (Case, words.NAMES))
    names = [*model.model_fields, *yuan, *_OTHER_NAMES.get(holder, ())]
    close = get_close_matches(str(loc[-1]), names, n=1)
    return repr(close[0]) if close else one_of(model.model_fields)


_HARMLESS = re.compile(r"[-+0-9.,%万元]{1,20}|[a-z_]{1,20}", re.ASCII)


def shown(value: object) -> str:
    """A value as far as it may be repeated: a case is a person's, so only amounts and short codes are."""
    text = str(value)
    if isinstance(value, str | int | float) and _HARMLESS.fullmatch(text):
        return repr(value)
    if isinstance(value, str):
        return "text"
    return (
        "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "something else"
    )


def one_of(names: Iterable[str]) -> str:
    """`one of a, b`."""
    return f"one of {', '.join(names)}"
