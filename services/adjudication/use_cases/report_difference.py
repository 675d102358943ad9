"""What a changed rule would have cost and for whom: sums of the tables, checked against each other to the fen."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from libs.benefits import Plan
from libs.money import BASIS_POINTS
from services.adjudication.adapters.exported_history import Premium
from services.adjudication.adapters.what_if_tables import Tables

TENTHS = 10
DIMENSIONS = ("plan_id", "age_band", "status", "scheme", "hospital_id", "visit")


class DifferenceNotConserved(Exception):
    """Two ways of adding up the same difference disagree: a defect of ours, never of the history."""

    code = "difference_not_conserved"


def people_table(claims: pl.DataFrame) -> pl.DataFrame:
    """One row per person: benefits before and after, and the tenth by burden before (1 bore most)."""
    people = (
        claims.group_by("person_id")
        .agg(
            claims=pl.len(),
            burden_before_fen=pl.col("before_patient_fen").sum(),
            before_fen=(pl.col("before_plan_fen") + pl.col("before_cash_fen")).sum(),
            after_fen=(pl.col("after_plan_fen") + pl.col("after_cash_fen")).sum(),
        )
        .sort(["burden_before_fen", "person_id"], descending=[True, False])
    )
    tenth = pl.int_range(pl.len()) * TENTHS // pl.len() + 1
    return people.with_columns(
        (pl.col("after_fen") - pl.col("before_fen")).alias("difference_fen"),
        tenth.cast(pl.Int32).alias("burden_tenth"),
    )


def report_difference(
    tables: Tables,
    people: pl.DataFrame,
    premiums: Sequence[Premium],
    before: Mapping[str, Plan],
    after: Mapping[str, Plan],
) -> dict[str, Any]:
    """The report as plain JSON values, amounts in fen. Raises DifferenceNotConserved."""
    claims = tables.claims.with_columns(
        (pl.col("before_plan_fen") + pl.col("before_cash_fen")).alias("before_fen"),
        (pl.col("after_plan_fen") + pl.col("after_cash_fen")).alias("after_fen"),
    )
    totals = _totals(claims)
    by = {name: _sums(claims, name) for name in DIMENSIONS}
    by["liability_id"] = _sums(_named_by_plan(tables.liabilities, "liability_id"), "liability_id")
    by["insurer"] = _sums(_named_by_plan(tables.insurers, "insurer"), "insurer")
    _check(claims, totals, by)
    return {
        "totals": totals,
        "by": by,
        "people": _people(people),
        "loss_ratio": _loss_ratios(premiums, by["plan_id"], before, after),
        "states": _states(claims),
        "control": _control(claims),
    }


def _totals(claims: pl.DataFrame) -> dict[str, int]:
    decided = claims.filter(
        pl.col("before_patient_fen").is_not_null() & pl.col("after_patient_fen").is_not_null()
    )
    before, after = _sum(claims["before_fen"]), _sum(claims["after_fen"])
    return {
        "claims": claims.height,
        "changed_claims": claims.filter(pl.col("before_fen") != pl.col("after_fen")).height,
        "bills_fen": _sum(claims["bill_fen"]),
        "before_fen": before,
        "after_fen": after,
        "difference_fen": after - before,
        "patients_difference_fen": _sum(decided["after_patient_fen"]) - _sum(decided["before_patient_fen"]),
        "others_difference_fen": _sum(decided["after_others_fen"]) - _sum(decided["before_others_fen"]),
    }


def _sums(rows: pl.DataFrame, key: str) -> list[dict[str, Any]]:
    """Per value of `key`, largest change first; ties by name, so that two runs write the same report."""
    grouped = rows.group_by(pl.col(key).fill_null("(none)")).agg(
        claims=pl.col("claim_id").n_unique(),
        before_fen=pl.col("before_fen").sum(),
        after_fen=pl.col("after_fen").sum(),
    )
    with_difference = grouped.with_columns(
        (pl.col("after_fen") - pl.col("before_fen")).alias("difference_fen")
    )
    ordered = with_difference.sort([pl.col("difference_fen").abs(), pl.col(key)], descending=[True, False])
    return ordered.rename({key: "key"}).to_dicts()


def _named_by_plan(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """Liabilities and insurers of several plans are told apart by their plan."""
    if rows["plan_id"].n_unique() < 2:
        return rows
    return rows.with_columns(pl.concat_str("plan_id", pl.lit(": "), key, ignore_nulls=True).alias(key))


def _check(claims: pl.DataFrame, totals: Mapping[str, int], by: Mapping[str, list[dict[str, Any]]]) -> None:
    for name, rows in by.items():
        for column in ("before_fen", "after_fen", "difference_fen"):
            found = sum(row[column] for row in rows)
            if found != totals[column]:
                raise DifferenceNotConserved(f"{column} by {name} is {found}, in total {totals[column]} fen")
    moved = sum(
        (pl.col(f"after_{who}_fen") - pl.col(f"before_{who}_fen") for who in ("plan", "patient", "others")),
        start=pl.lit(0),
    )
    broken = claims.filter(moved != 0)  # unknown where one side is not decided
    if broken.height:
        raise DifferenceNotConserved(
            f"of {broken.height} claims the bearers' differences do not sum to nothing"
        )


def _people(people: pl.DataFrame) -> dict[str, Any]:
    found: dict[str, Any] = {"people": people.height}
    for name, rows in (
        ("gain", people.filter(pl.col("difference_fen") > 0)),
        ("lose", people.filter(pl.col("difference_fen") < 0)),
        ("same", people.filter(pl.col("difference_fen") == 0)),
    ):
        amounts = rows["difference_fen"].abs().sort()
        found[name] = {"people": rows.height, "difference_fen": _sum(rows["difference_fen"])}
        if name != "same":
            found[name]["deciles_fen"] = _deciles(amounts)
    found["by_burden"] = (
        people.group_by("burden_tenth")
        .agg(
            people=pl.len(),
            burden_before_fen=pl.col("burden_before_fen").sum(),
            gain=(pl.col("difference_fen") > 0).sum(),
            lose=(pl.col("difference_fen") < 0).sum(),
            difference_fen=pl.col("difference_fen").sum(),
        )
        .sort("burden_tenth")
        .to_dicts()
    )
    return found


def _deciles(amounts: pl.Series) -> list[int]:
    """The nine deciles of sorted amounts by nearest rank: amounts that somebody really gains or loses."""
    ranks = [-(-amounts.len() * tenth // TENTHS) - 1 for tenth in range(1, TENTHS)]
    return [int(amounts[max(0, rank)]) for rank in ranks] if amounts.len() else []


def _loss_ratios(
    premiums: Sequence[Premium],
    by_plan: Sequence[Mapping[str, Any]],
    before: Mapping[str, Plan],
    after: Mapping[str, Plan],
) -> list[dict[str, Any]]:
    """Benefits in basis points of the premium, per plan; none without enrolment's log."""
    collected: dict[str, list[int]] = {}
    for premium in premiums:
        sums = collected.setdefault(premium.plan_id, [0, 0, 0])
        sums[0] += 1
        sums[1] += premium.amount_fen
        sums[2] += premium.amount_fen + _dearer(premium, before, after)
    paid = {row["key"]: row for row in by_plan}
    rows = []
    for plan_id, (coverages, premium_before, premium_after) in sorted(collected.items()):
        row = paid.get(plan_id, {"before_fen": 0, "after_fen": 0})
        rows.append(
            {
                "plan_id": plan_id,
                "coverages": coverages,
                "premium_before_fen": premium_before,
                "premium_after_fen": premium_after,
                "before_bp": _ratio_bp(row["before_fen"], premium_before),
                "after_bp": _ratio_bp(row["after_fen"], premium_after),
            }
        )
    return rows


def _dearer(premium: Premium, before: Mapping[str, Plan], after: Mapping[str, Plan]) -> int:
    """What a coverage costs more when the changed file states another premium for its tier."""
    amounts = []
    for plans in (before, after):
        plan = plans.get(premium.plan_id)
        tier = premium.tier or (plan.default_tier if plan else None)
        stated = [each.amount_fen for each in plan.premiums if each.tier == tier] if plan else []
        amounts.append(stated[0] if stated else None)
    was, now = amounts
    return now - was if was is not None and now is not None else 0


def _ratio_bp(benefits_fen: int, premium_fen: int) -> int | None:
    return (2 * benefits_fen * BASIS_POINTS + premium_fen) // (2 * premium_fen) if premium_fen else None


def _states(claims: pl.DataFrame) -> list[dict[str, Any]]:
    """How many claims went from which state to which."""
    moved = claims.group_by("before_state", "after_state").agg(
        claims=pl.len(), bills_fen=pl.col("bill_fen").sum()
    )
    return moved.sort("claims", "before_state", "after_state", descending=[True, False, False]).to_dicts()


def _control(claims: pl.DataFrame) -> dict[str, int] | None:
    """The history relived under its own rules beside what was recorded: what differs is not due to the change."""
    compared = claims.filter(pl.col("control_equal").is_not_null())
    if not compared.height:
        return None
    return {
        "claims": compared.height,
        "differing": compared.filter(~pl.col("control_equal")).height,
        "difference_fen": _sum(compared["control_fen"]) - _sum(compared["before_fen"]),
    }


def _sum(column: pl.Series) -> int:
    return int(column.sum() or 0)
