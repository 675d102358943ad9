"""`python -m services.adjudication.entrypoints.what_if`: relive a history under another rule, in a sealed process.

`huiji what-if` starts it. It reads an exported history and writes a report; it knows no address and has no key.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from libs.benefits import Plan, PlanInvalid, load_plan, load_plans
from libs.benefits.amounts import bp_of_percent
from libs.replay import NotSealable, OtherReplay, seal_process
from services.adjudication.adapters.exported_history import PART_BYTES, HistoryUnreadable, Part
from services.adjudication.domain.changed_rules import RuleInvalid
from services.adjudication.use_cases.report_difference import DifferenceNotConserved
from services.adjudication.use_cases.what_if import (
    EffectsAttempted,
    WhatIf,
    expected_seconds,
    plan_what_if,
    run_what_if,
)

REFUSED, FAILED = 1, 3
_EXPECTED = (RuleInvalid, HistoryUnreadable, OtherReplay, PlanInvalid, OSError, NotSealable)


def main() -> None:
    """Plan or run; JSON on standard output, progress on standard error, one JSON object a line."""
    options = _options()
    plans = load_plans()
    try:
        asked = _asked(options)
        options.out.mkdir(parents=True, exist_ok=True)
        seal = seal_process(options.out)
        planned = plan_what_if(asked, plans)
        if options.step == "plan":
            seconds = expected_seconds(asked, plans, planned, time.perf_counter)
            _say(sys.stdout, planned.as_json(options.out, seconds))
            return
        done = 0

        def on_part(part: Part) -> None:
            nonlocal done
            done += part.bytes
            _say(sys.stderr, {"part": part.name, "done_bytes": done, "of_bytes": planned.bytes})

        report = run_what_if(asked, plans, planned, options.out, seal, on_part)
    except _EXPECTED as error:
        _refuse(error, REFUSED)
    except (DifferenceNotConserved, EffectsAttempted) as error:
        _refuse(error, FAILED)
    else:
        _say(sys.stdout, report)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("plan", "run"))
    parser.add_argument("--history", type=Path, required=True, help="a directory that `huiji export` wrote")
    parser.add_argument(
        "--out", type=Path, required=True, help="where the report goes; nothing else is written"
    )
    parser.add_argument("--plan", type=Path, action="append", default=[], help="a changed plan file")
    parser.add_argument(
        "--share", action="append", default=[], help="insurer=60%%, for each insurer of the pool"
    )
    parser.add_argument("--payer-order", action="append", default=[], help="after=assistance,other")
    parser.add_argument("--fraud-threshold", type=int, help="the score from which a claim is reviewed")
    parser.add_argument(
        "--unheard-reviews", choices=("waiting", "legitimate", "fraudulent"), default="waiting"
    )
    parser.add_argument("--centre-amounts", choices=("taken", "evaluated"), default="taken")
    parser.add_argument(
        "--no-control", action="store_true", help="leave out the run under the history's own rules"
    )
    parser.add_argument(
        "--by-column", action="store_true", help="evaluate changed plans by column where that is the same"
    )
    parser.add_argument(
        "--part-bytes", type=int, default=PART_BYTES, help="how much is held in memory at once"
    )
    return parser.parse_args()


def _asked(options: argparse.Namespace) -> WhatIf:
    changed = tuple(_changed_plan(path) for path in options.plan)
    return WhatIf(
        history=options.history,
        changed_plans=changed,
        shares=dict(_share(each) for each in options.share),
        payer_order=dict(_place(each) for each in options.payer_order),
        fraud_threshold=options.fraud_threshold,
        unheard_reviews=options.unheard_reviews,
        centre_amounts=options.centre_amounts,
        control=not options.no_control,
        by_column=options.by_column,
        part_bytes=options.part_bytes,
    )


def _changed_plan(path: Path) -> Plan:
    """A bundled plan by its id, a plan file, or a plan's canonical content (`.json`)."""
    bundled = load_plans()
    if str(path) in bundled:
        return bundled[str(path)]
    if path.suffix != ".json":
        return load_plan(path)
    try:
        return Plan.of_canonical_json(path.read_bytes())
    except ValidationError as error:
        raise RuleInvalid(f"{path} is no plan's canonical content ({error.error_count()} faults)") from None


def _share(text: str) -> tuple[str, int]:
    insurer, _, percent = text.partition("=")
    try:
        return insurer, bp_of_percent(percent)
    except ValueError as error:
        raise RuleInvalid(f"share {text!r}; right would be insurer=60% with {error}") from None


def _place(text: str) -> tuple[str, tuple[str, ...]]:
    place, _, payers = text.partition("=")
    return place, tuple(payer for payer in payers.split(",") if payer)


def _say(stream: Any, what: dict[str, Any]) -> None:
    stream.write(orjson.dumps(what).decode() + "\n")
    stream.flush()


def _refuse(error: Exception, status: int) -> None:
    _say(sys.stderr, {"error": getattr(error, "code", type(error).__name__), "message": str(error)})
    raise SystemExit(status) from None


if __name__ == "__main__":
    main()
