"""The engine of today gives the results of record, to the fen: decisions of the past must stay recomputable.

A change that moves a fen on purpose says so by writing them anew:
`python -m tests.unit.benefits.test_results_of_record`.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from libs.benefits import Case, Plan, evaluate, load_plan
from tests.unit.benefits.seeded_cases import seeded_cases

_FOLDER = Path(__file__).parent
_RECORD = _FOLDER / "results_of_record.json"
_COUNT = 250


def result_of(plan: Plan, case: Case) -> dict[str, Any]:
    """Every amount of a result, without its words."""
    found = evaluate(plan, case)
    taken: dict[str, int] = {}
    for outcome in found.liabilities:
        for rule in (*outcome.deductible.terms, *outcome.rules):
            name = f"{outcome.liability_id}/{type(rule).__name__}"
            taken[name] = taken.get(name, 0) + 1
    return {
        "who": [
            found.layers_before_fen,
            found.plan_pays_fen,
            found.other_layers_fen,
            found.patient_bears_fen,
        ],
        "paid": [
            [each.liability_id, each.base_fen, each.deductible.required_fen, each.paid_fen]
            for each in found.liabilities
        ],
        "bands": [
            [band.from_fen, band.covered_fen, band.rate_bp, band.paid_fen]
            for each in found.liabilities
            for band in each.bands
        ],
        "cuts": [
            [cut.cap_id, cut.group, cut.limit, cut.used, cut.cut_fen, cut.on_cost]
            for each in found.liabilities
            for cut in each.cuts
        ],
        "patient": [list(asdict(part).values()) for part in found.patient_share],
        "cash": [list(asdict(paid).values()) for paid in found.cash_benefits],
        "makers": [list(asdict(flow).values()) for flow in found.maker_flows],
        "excluded": [
            [
                part.bill_id,
                part.portion.bucket,
                part.portion.line_index,
                part.amount_fen,
                part.reason,
                part.liability_id,
            ]
            for part in found.excluded
        ],
        "outcomes": [
            [
                each.bill_id,
                each.measured_on,
                each.deductible.used_fen,
                each.deductible.taken_fen,
                list(each.handed_on),
            ]
            for each in found.liabilities
        ],
        "used": found.usage_after.model_dump(mode="json"),
        "terms": taken,
        "notes": [note.code for note in found.notes],
    }


def results() -> list[dict[str, Any]]:
    """Of all seeded cases, in order; each time anew, for mutation tests fork from a process that knows the answers."""
    plan = load_plan(_FOLDER / "every_term.yaml")
    return [result_of(plan, case) for case in seeded_cases(plan, "results of record", _COUNT)]


def in_short(result: dict[str, Any]) -> dict[str, Any]:
    """Who bears what as it is, the rest as a digest, so that the record can be read and stays small."""
    rest = json.dumps(
        {name: value for name, value in result.items() if name not in ("who", "paid")}, sort_keys=True
    )
    digest = hashlib.sha256(rest.encode()).hexdigest()[:16]
    return {"who": result["who"], "paid": result["paid"], "rest": digest}


def test_the_results_are_those_of_record() -> None:
    recorded = json.loads(_RECORD.read_text(encoding="utf-8"))
    found = results()

    assert len(found) == len(recorded)
    for number, (now, then) in enumerate(zip(found, recorded, strict=True)):
        assert in_short(now) == then, f"case {number}: {now}"


def test_the_record_tries_every_term_that_moves_money() -> None:
    found = results()
    plan = load_plan(_FOLDER / "every_term.yaml")
    paying = {row[0] for each in found for row in each["paid"] if row[3]}
    caps = {cut[0] for each in found for cut in each["cuts"]}

    assert paying == {liability.id for liability in plan.liabilities}
    assert caps >= {cap.id for liability in plan.liabilities for cap in liability.caps}
    assert caps >= {"plan", "both", "inside", "rest"}
    assert {row[0] for each in found for row in each["cash"]} == {"day", "sum"}
    assert {row[2] for each in found for row in each["makers"]} == {"rebate", "copay", "outcome"}


if __name__ == "__main__":
    lines = ",\n".join(
        json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in map(in_short, results())
    )
    _RECORD.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
