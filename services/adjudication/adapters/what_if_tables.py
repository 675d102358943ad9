"""The tables of a what-if as Parquet: written part by part, gathered at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from services.adjudication.domain.difference import Rows

_SIDE: dict[str, Any] = {
    "state": pl.String,
    "plan_fen": pl.Int64,
    "cash_fen": pl.Int64,
    "patient_fen": pl.Int64,
    "others_fen": pl.Int64,
}
CLAIMS: dict[str, Any] = {
    "claim_id": pl.String,
    "person_id": pl.String,
    "plan_id": pl.String,
    "hospital_id": pl.String,
    "visit": pl.String,
    "service_date": pl.Date,
    "age_years": pl.Int32,
    "age_band": pl.String,
    "status": pl.String,
    "scheme": pl.String,
    "bill_fen": pl.Int64,
    **{f"before_{name}": kind for name, kind in _SIDE.items()},
    **{f"after_{name}": kind for name, kind in _SIDE.items()},
    "control_fen": pl.Int64,
    "control_equal": pl.Boolean,
}
LIABILITIES: dict[str, Any] = {
    "claim_id": pl.String,
    "plan_id": pl.String,
    "liability_id": pl.String,
    "before_fen": pl.Int64,
    "after_fen": pl.Int64,
}
INSURERS: dict[str, Any] = {
    "claim_id": pl.String,
    "plan_id": pl.String,
    "insurer": pl.String,
    "before_fen": pl.Int64,
    "after_fen": pl.Int64,
}
_SCHEMAS = {"claims": CLAIMS, "liabilities": LIABILITIES, "insurers": INSURERS}


@dataclass(frozen=True, slots=True)
class Tables:
    """One row per claim; per claim and liability; per claim and insurer."""

    claims: pl.DataFrame
    liabilities: pl.DataFrame
    insurers: pl.DataFrame


def write_rows(directory: Path, rows: Rows) -> None:
    """A part's rows, a file per table."""
    for name, schema in _SCHEMAS.items():
        frame = pl.DataFrame(getattr(rows, name), schema=schema, orient="row")
        frame.write_parquet(directory / f"{name}.parquet")


def gathered(directories: Sequence[Path]) -> Tables:
    """All parts as one, in the order given."""
    frames = {
        name: pl.concat(
            [
                pl.DataFrame(schema=schema),
                *(pl.read_parquet(each / f"{name}.parquet") for each in directories),
            ]
        )
        for name, schema in _SCHEMAS.items()
    }
    return Tables(**frames)


def write_tables(directory: Path, tables: Tables, people: pl.DataFrame) -> None:
    """The result's files."""
    tables.claims.write_parquet(directory / "claims.parquet")
    tables.liabilities.write_parquet(directory / "liabilities.parquet")
    tables.insurers.write_parquet(directory / "insurers.parquet")
    people.write_parquet(directory / "people.parquet")
