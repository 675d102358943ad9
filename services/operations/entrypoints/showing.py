"""How a claim or a person at a moment, a change and a step are shown to people."""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from libs.money import format_yuan
from services.operations.domain.causal_order import Step
from services.operations.domain.changes import Change, changes
from services.operations.domain.claim_money import money_of
from services.operations.entrypoints.output import console, local, print_table
from services.operations.use_cases.travel import Travelled

_FEE_LINE = re.compile(r"(^|\.)lines\[")
#: Longer values are explanations and documents: `--json` has them whole.
_LONGEST_SHOWN = 120


def print_travelled(found: Travelled) -> None:
    """Money first, then each service's view, then the events."""
    for name, fen in found.money.items():
        console().print(f"  {_label(name)}: {format_yuan(fen)} yuan", markup=False)
    for service, state in found.states.items():
        console().print(f"[bold]{service}[/bold]")
        for change in _worth_showing(changes(None, state)):
            console().print(f"  {label(change)}: {shown(change, change.after)}", markup=False, soft_wrap=True)
    rows = [
        (local(s["known_from"]), local(s["effective_from"]), s["source"], s["type"], _place(s))
        for s in found.steps
    ]
    print_table(("known from", "in effect from", "service", "event", "shard/position"), rows)


def _worth_showing(found: Sequence[Change]) -> list[Change]:
    """Fee lines, amounts of nothing and digests are left to `--json`: a bill has hundreds of them."""
    return [
        change
        for change in found
        if not (
            _FEE_LINE.search(change.path)
            or change.path.endswith("_digest")
            or (change.is_money and change.after == 0)
        )
    ]


def print_changes(found: Sequence[Change], between: Sequence[Step]) -> None:
    """What changed, money first, and the events that did it."""
    if not found:
        console().print("Nothing changed.")
    for change in found:
        if _FEE_LINE.search(change.path) or (change.is_money and not change.before and not change.after):
            continue
        before, after = shown(change, change.before), shown(change, change.after)
        fen = change.difference_fen
        by = "" if fen is None else f"  ({'+' if fen >= 0 else '-'}{format_yuan(abs(fen))})"
        console().print(f"{label(change)}: {before} → {after}{by}", markup=False, soft_wrap=True)
    rows = [(local(step["known_from"]), step["source"], step["type"], _place(step)) for step in between]
    if rows:
        print_table(("known from", "service", "event", "shard/position"), rows)


def step_lines(steps: Sequence[Step], index: int, *, whole_state: bool) -> list[str]:
    """One step: the event, what it changed in its service's state, and the money so far."""
    step = steps[index]
    own = [one for one in steps[:index] if one["source"] == step["source"]]
    before = own[-1]["state"] if own else None
    lines = [
        f"{index + 1}/{len(steps)}  {step['source']}  {step['type']}  {_place(step)}  version {step['version']}",
        f"recorded {local(step['recorded_at'])}, in effect from {local(step['effective_from'])}",
    ]
    cause = next((one for one in steps if one["event_id"] == step["caused_by"]), None)
    if cause is not None:
        lines.append(f"because of {cause['source']} {cause['type']} {_place(cause)}")
    money = money_of(steps[: index + 1])
    lines += [
        "money so far: "
        + (", ".join(f"{_label(n)} {format_yuan(fen)}" for n, fen in money.items()) or "none")
    ]
    lines.append("")
    lines.append(f"what it changed in {step['source']}:")
    changed = changes(before, step["state"])
    for change in changed if whole_state else _worth_showing(changed):
        lines.append(f"  {label(change)}: {shown(change, change.before)} → {shown(change, change.after)}")
    if whole_state:
        state = orjson.dumps(step["state"], option=orjson.OPT_INDENT_2).decode()
        lines += ["", "state after it:", *state.splitlines()]
    return lines


def label(change: Change) -> str:
    """The field's path; without the unit where the amount is shown in yuan."""
    parts = change.path.split(".")
    return ".".join(part.removesuffix("_fen") for part in parts) if change.is_money else change.path


def shown(change: Change, value: Any) -> str:
    """A value as people read it: amounts in yuan, long texts cut."""
    if value is None:
        return "—"
    if change.is_money and isinstance(value, int) and not isinstance(value, bool):
        return f"{format_yuan(value)} yuan"
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _label(name: str) -> str:
    return name.removesuffix("_fen").replace("_", " ")


def _place(step: Step) -> str:
    return f"{step['shard']}/{step['position']}"
