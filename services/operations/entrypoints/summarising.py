"""A claim or a person at a moment on one screen: events first, then money and who bears it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from libs.money import format_yuan
from services.operations.domain.causal_order import Step
from services.operations.domain.claim_summary import Standing, paid_of, standing_of
from services.operations.domain.clocks import by_party
from services.operations.entrypoints.clocks import clocks_of_steps, duration
from services.operations.entrypoints.output import console, local, print_table
from services.operations.use_cases.travel import Travelled

_SHORT = 8
_NEWEST_EVENTS = 15
#: What an event says in a word or two, beside its amount.
_WORDS = ("reason", "denial_reason", "reason_code", "outcome", "verdict", "level", "held_reason")
_AMOUNTS = ("amount_fen", "plan_pays_fen", "suggested_aid_fen", "due_fen")


def short(identifier: str) -> str:
    """Enough of an id to tell it from the others on a screen."""
    return identifier[:_SHORT]


def print_claim(found: Travelled) -> None:
    """One claim: every event of it on a line, then what is decided, who bears what, what it waits for."""
    _print_events(found.steps)
    facts = claim_facts(found.steps)
    if found.moment.at is None:
        facts |= waited_for(found.steps)
    for name, words in facts.items():
        console().print(f"[bold]{name}[/bold]: {words}", soft_wrap=True)
    console().print("--full shows each service's state, --json all of it.", style="dim")


def print_person(found: Travelled) -> None:
    """A person: a line per claim, the money together, and the newest events."""
    claims: dict[str, list[Step]] = defaultdict(list)
    for step in found.steps:
        if "claim_id" in step["event"]:
            claims[step["event"]["claim_id"]].append(step)
    rows = [(claim_id, *_claim_row(steps)) for claim_id, steps in claims.items()]
    print_table(("claim", "events", "decided", "plan pays", "patient bears"), rows, right=("events",))
    for step in found.steps:
        if step["type"] in ("CoverageActivated", "CoverageLapsed") and step["source"] == "enrolment":
            event = step["event"]
            until = event.get("covered_to") or event.get("covered_from") or ""
            what = (
                f"{event.get('covered_from', '')} to {until}"
                if step["type"] == "CoverageActivated"
                else "lapsed"
            )
            console().print(f"[bold]coverage[/bold]: {event.get('plan_id', '')} {what}", soft_wrap=True)
    money = ", ".join(f"{_label(name)} {format_yuan(fen)}" for name, fen in found.money.items())
    console().print(f"[bold]money[/bold]: {money or 'none'}", soft_wrap=True)
    _print_events(found.steps[-_NEWEST_EVENTS:])
    if len(found.steps) > _NEWEST_EVENTS:
        console().print(
            f"the newest {_NEWEST_EVENTS} of {len(found.steps)} events; --full shows all, and the states"
        )


def step_line(steps: Sequence[Step], index: int) -> str:
    """One step on one line."""
    step = steps[index]
    said = said_by(step)
    line = f"{index + 1}/{len(steps)}  {local(step['recorded_at'])}  {step['source']}  {step['type']}  {_place(step)}"
    return f"{line}  {said}" if said else line


def claim_facts(steps: Sequence[Step]) -> dict[str, str]:
    """What a claim's events say together, in words, by name."""
    standing = standing_of(steps)
    facts = {"status": _status(standing)}
    if standing.decision is not None:
        borne = ", ".join(f"{bearer} {format_yuan(fen)}" for bearer, fen in standing.borne_fen().items())
        facts["who bears the bill"] = f"{format_yuan(standing.decision['bill_fen'])} yuan: {borne}"
    if paid := paid_of(steps):
        facts["payments"] = ", ".join(f"{kind} {format_yuan(fen)}" for kind, fen in paid.items())
    return facts


def waited_for(steps: Sequence[Step]) -> dict[str, str]:
    """For whom it waited, up to its last event. Of all events: what is not in effect moved the clocks, too."""
    if not steps:
        return {}
    waits = by_party(clocks_of_steps(steps, datetime.fromisoformat(steps[-1]["recorded_at"])))
    named = ", ".join(f"{party} {duration(total.total_seconds())}" for party, total in waits.items())
    return {"waited so far for": named or "nobody"}


def said_by(step: Step) -> str:
    """An event's amount and reason, where it has some."""
    event = step["event"]
    words = [f"{format_yuan(event[name])} yuan" for name in _AMOUNTS if isinstance(event.get(name), int)][:1]
    words += [str(event[name]) for name in _WORDS if isinstance(event.get(name), str)]
    words += [
        f"{reason['code']} ({reason['owner']})" for reason in event.get("reasons", ()) if "owner" in reason
    ]
    return ", ".join(words)


def _status(standing: Standing) -> str:
    if standing.withdrawn:
        return "withdrawn"
    words = []
    decision, pended = standing.decision, standing.pended
    if decision is not None and "plan_pays_fen" in decision:
        pays = f"{decision['plan_id']} pays {format_yuan(decision['plan_pays_fen'])} yuan"
        words.append(f"decision {decision['number']} ({short(decision['decision_id'])}): {pays}")
    elif decision is not None:
        words.append(f"decision {decision['number']}: denied, {decision['reason']}")
    if pended is not None:
        words += [
            f"waits for {reason['owner']} ({reason['code']}), due {local(reason.get('due_at') or pended['due_at'])}"
            for reason in pended["reasons"]
        ]
    return "; ".join(words) or "not decided yet"


def _claim_row(steps: Sequence[Step]) -> tuple[object, ...]:
    standing = standing_of(steps)
    decision = standing.decision
    if standing.withdrawn or decision is None:
        return len(steps), "withdrawn" if standing.withdrawn else "not yet", "", ""
    patient = format_yuan(standing.borne_fen().get("patient", 0))
    if "plan_pays_fen" not in decision:
        return len(steps), "denied", format_yuan(0), patient
    return len(steps), decision["plan_id"], format_yuan(decision["plan_pays_fen"]), patient


def _print_events(steps: Sequence[Step]) -> None:
    rows = [
        (local(each["recorded_at"]), each["source"], each["type"], _place(each), said_by(each))
        for each in steps
    ]
    print_table(("recorded", "service", "event", "shard/position", ""), rows)


def _place(step: Step) -> str:
    return f"{step['shard']}/{step['position']}"


def _label(name: str) -> str:
    return name.removesuffix("_fen").replace("_", " ")
