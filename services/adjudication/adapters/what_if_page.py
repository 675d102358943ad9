"""The report as one page: self-contained HTML with charts inside."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from libs.money import format_yuan
from services.adjudication.adapters.what_if_charts import Bar, bars, signed_yuan

SHOWN = 25
_TEMPLATE = Path(__file__).with_name("what_if.html.j2")
NAMES = {
    "plan_id": "plan",
    "age_band": "age",
    "status": "status",
    "scheme": "basic scheme",
    "hospital_id": "hospital",
    "visit": "kind of visit",
    "liability_id": "liability",
    "insurer": "insurer",
}
_TENTHS = {1: "tenth that bore most", 10: "tenth that bore least"}


def charts_of(report: Mapping[str, Any]) -> dict[str, Markup]:
    """The charts by name; those by dimension have its name."""
    found = {
        name: bars(
            f"Benefits by {NAMES[name]}: difference in yuan",
            [Bar(row["key"], row["difference_fen"]) for row in _in_order(name, report["by"][name])],
        )
        for name in ("liability_id", "age_band", "status", "hospital_id", "insurer")
    }
    tenths = [
        Bar(
            _TENTHS.get(row["burden_tenth"], f"tenth {row['burden_tenth']}"),
            row["difference_fen"],
            f"({row['gain']} gain, {row['lose']} lose)",
        )
        for row in report["people"]["by_burden"]
    ]
    found["burden"] = bars("People by what they bore before: difference in yuan", tenths)
    return found


def page_of(
    title: str, report: Mapping[str, Any], changes: Sequence[Mapping[str, str]], replay: Mapping[str, str]
) -> str:
    """The whole page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        title=title,
        report=report,
        changes=changes,
        replay=replay,
        charts=charts_of(report),
        names=NAMES,
        shown=SHOWN,
        yuan=_yuan,
        signed=signed_yuan,
        percent=_percent,
    )


def _in_order(name: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ages by age; of everything else what changes, the largest change first."""
    if name == "age_band":
        return sorted(rows, key=lambda row: int(str(row["key"]).rstrip("+").partition("-")[0]))
    moved = [row for row in rows if row["difference_fen"]]
    return list((moved or rows)[:SHOWN])


def _yuan(amount_fen: int) -> str:
    whole, cents = format_yuan(abs(amount_fen)).split(".")
    return f"{'−' if amount_fen < 0 else ''}{int(whole):,}.{cents}"


def _percent(rate_bp: int | None) -> str:
    return "unknown" if rate_bp is None else f"{rate_bp // 100}.{rate_bp % 100:02d} %"
