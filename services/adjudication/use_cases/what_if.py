"""What a year would have been under another rule: planned, relived in a fork, compared, written as a report."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from libs.benefits import Plan
from libs.benefits.inspection import diff_plans
from libs.replay import Seal, Units
from services.adjudication.adapters.exported_history import (
    PART_BYTES,
    Part,
    events_in,
    identity_of,
    parts_of,
    premiums_of,
    sample_of,
)
from services.adjudication.adapters.what_if_page import charts_of, page_of
from services.adjudication.adapters.what_if_tables import gathered, write_tables
from services.adjudication.domain.changed_rules import RuleInvalid, with_payer_order, with_shares
from services.adjudication.domain.fork import CentreAmounts, Rule, UnheardReviews
from services.adjudication.use_cases.fork_by_column import compare_by_column
from services.adjudication.use_cases.replay_fork import Compare, Fork, compare_people, replay_fork
from services.adjudication.use_cases.report_difference import people_table, report_difference

PARTS = ".parts"
SAMPLE_BYTES = 2 * 1024 * 1024


class EffectsAttempted(Exception):
    """The fork tried to touch the outside. It was refused each time, and the result is thrown away."""

    code = "effects_attempted"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is asked: the history, the changed plans, and what is changed beside plan files."""

    history: Path
    changed_plans: tuple[Plan, ...] = ()
    shares: Mapping[str, int] | None = None
    payer_order: Mapping[str, tuple[str, ...]] | None = None
    fraud_threshold: int | None = None
    unheard_reviews: UnheardReviews = "waiting"
    centre_amounts: CentreAmounts = "taken"
    control: bool = True
    by_column: bool = False
    part_bytes: int = PART_BYTES

    def fork(self, plans: Mapping[str, Plan]) -> Fork:
        """The rule of the fork beside the rule of `plans`, which decided the history. Raises RuleInvalid."""
        changed = {plan.id: plan for plan in self.changed_plans}
        if self.shares or self.payer_order:
            if not changed:
                raise RuleInvalid(
                    "shares and the order of payers are of a plan; right would be a plan beside them"
                )
            for plan_id, plan in changed.items():
                changed[plan_id] = with_payer_order(
                    with_shares(plan, self.shares or {}), self.payer_order or {}
                )
        reviews = self.fraud_threshold is not None or self.unheard_reviews != "waiting"
        beside_plans = reviews or self.centre_amounts == "evaluated"
        if not changed and not beside_plans:
            raise RuleInvalid(
                "nothing is changed; right would be a plan, a fraud threshold, a verdict for open reviews,"
                " or the centre's amounts evaluated"
            )
        own = Rule(plans)
        rule = replace(
            own,
            plans={**plans, **changed},
            fraud_threshold=self.fraud_threshold,
            unheard_reviews=self.unheard_reviews,
            centre_amounts=self.centre_amounts,
        )
        if self.by_column and beside_plans:
            raise RuleInvalid("only plans are evaluated by column; right would be the engine")
        return Fork(rule, own, self.control)

    @property
    def compare(self) -> Compare:
        """How people are compared: by the engine, or by column where that is the same."""
        return compare_by_column if self.by_column else compare_people

    def changes(self, plans: Mapping[str, Plan], fork: Fork) -> list[dict[str, str]]:
        """Every changed term in words."""
        found = []
        for plan_id, plan in sorted(fork.changed.plans.items()):
            if plan_id not in plans:
                found.append({"what": plan_id, "before": "no such plan", "after": plan.name.zh})
            elif plan.digest != plans[plan_id].digest:
                found += [
                    {
                        "what": f"{plan_id}: {change.field}",
                        "before": change.before or "-",
                        "after": change.after or "-",
                    }
                    for change in diff_plans(plans[plan_id], plan)
                ]
        if self.fraud_threshold is not None:
            after = str(self.fraud_threshold)
            found.append({"what": "fraud threshold", "before": "as recorded", "after": after})
        if self.fraud_threshold is not None or self.unheard_reviews != "waiting":
            what = "reviews that history has no verdict for"
            found.append({"what": what, "before": "waiting", "after": self.unheard_reviews})
        if self.centre_amounts == "evaluated":
            after = "as our own evaluation has them"
            found.append({"what": "insurance centre's amounts", "before": "taken", "after": after})
        return found


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run will read, and under which rules."""

    events: int
    parts: tuple[Part, ...]
    bytes: int
    history: str
    rules: str
    changes: list[dict[str, str]]

    def as_json(self, out: Path, expected_seconds: int) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "reads_events": self.events,
            "reads_bytes": self.bytes,
            "parts": len(self.parts),
            "touches": [str(out)],
            "expected_seconds": expected_seconds,
            "history": self.history,
            "rules": self.rules,
            "changes": self.changes,
        }


def plan_what_if(asked: WhatIf, plans: Mapping[str, Plan]) -> Planned:
    """Look at the history and the rules; nothing is relived. Raises RuleInvalid, HistoryUnreadable."""
    fork = asked.fork(plans)
    parts = parts_of(asked.history, asked.part_bytes)
    return Planned(
        events=events_in(asked.history),
        parts=tuple(parts),
        bytes=sum(part.bytes for part in parts),
        history=identity_of(asked.history),
        rules=_rules_digest(asked, fork),
        changes=asked.changes(plans, fork),
    )


def expected_seconds(
    asked: WhatIf, plans: Mapping[str, Plan], planned: Planned, stopwatch: Callable[[], float]
) -> int:
    """About how long a run takes, measured on the first people of the history."""
    begun = stopwatch()
    sample, read = sample_of(planned.parts[0], SAMPLE_BYTES)
    asked.compare(asked.fork(plans), sample)
    seconds = stopwatch() - begun
    return round(seconds * planned.bytes / read) if read else 0


def run_what_if(
    asked: WhatIf,
    plans: Mapping[str, Plan],
    planned: Planned,
    out: Path,
    seal: Seal,
    on_part: Callable[[Part], None] = lambda part: None,
) -> dict[str, Any]:
    """Relive, compare, write `report.html`, `report.json`, Parquet tables and charts below `out`; returns the report.

    Killed, it is run again and goes on where it was. Raises OtherReplay, DifferenceNotConserved, EffectsAttempted.
    """
    fork = asked.fork(plans)
    units = Units(out / PARTS, f"{planned.history} {planned.rules}")
    replay_fork(fork, planned.parts, units, asked.compare, on_part)
    tables = gathered([units.path(part.name) for part in planned.parts])
    people = people_table(tables.claims)
    report = report_difference(tables, people, premiums_of(asked.history), plans, fork.changed.plans)
    replay = {"history": planned.history, "rules": planned.rules}
    report |= {"replay": replay, "changes": planned.changes}
    if seal.refused:
        raise EffectsAttempted(f"the fork tried to touch the outside: {', '.join(sorted(set(seal.refused)))}")
    report["effects"] = {"refused": 0}
    write_tables(out, tables, people)
    title = ", ".join(sorted(plan.id for plan in asked.changed_plans)) or "fraud threshold"
    (out / "report.html").write_text(page_of(title, report, planned.changes, replay), encoding="utf-8")
    for name, chart in charts_of(report).items():
        (out / f"chart-{name}.svg").write_text(str(chart), encoding="utf-8")
    # The report in JSON is the last: where it is, everything is.
    (out / "report.json").write_bytes(
        orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )
    return report


def _rules_digest(asked: WhatIf, fork: Fork) -> str:
    """SHA-256 of everything that decides in the fork and in its control."""
    digests: Sequence[Sequence[tuple[str, str]]] = [
        sorted((plan_id, plan.digest) for plan_id, plan in rule.plans.items())
        for rule in (fork.changed, fork.own)
    ]
    content = [
        digests,
        asked.fraud_threshold,
        asked.unheard_reviews,
        asked.centre_amounts,
        asked.control,
        asked.by_column,
        asked.part_bytes,
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()
