"""Bills as columns: one row per bill with its member's facts, and one row per charge."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from libs.benefits import Bill, BillLine, Member
from libs.benefits.case import BUCKETS

#: Between the values of a set in one text cell: no name in a plan or a bill contains it.
SEPARATOR = "\x1f"
PAID = "paid:"

MEMBER: dict[str, Any] = {
    "scheme": pl.String,
    "pre_existing": pl.Boolean,
    "pre_existing_classes": pl.String,
    "continuous_years": pl.Int32,
    "claim_free_years": pl.Int32,
    "groups": pl.String,
    "tier": pl.String,
    "age": pl.Int32,
    "cover_start": pl.Date,
    "critical_illness_threshold_fen": pl.Int64,
}
BILL: dict[str, Any] = {
    "visit": pl.String,
    "place": pl.String,
    "filed": pl.Boolean,
    "settled": pl.Boolean,
    "hospital_grade": pl.Int32,
    "public_hospital": pl.Boolean,
    "ordinary_ward": pl.Boolean,
    "related_to_pre_existing": pl.Boolean,
    "tags": pl.String,
    "lists": pl.String,
    "service_date": pl.Date,
    "admission_date": pl.Date,
    "discharge_date": pl.Date,
    "total_fen": pl.Int64,
    **{f"{bucket}_fen": pl.Int64 for bucket in BUCKETS},
}
LINE: dict[str, Any] = {
    "bill": pl.UInt32,
    "category": pl.String,
    "code": pl.String,
    "name": pl.String,
    "lists": pl.String,
    "indication": pl.String,
    "site": pl.String,
    "service_date": pl.Date,
    **{f"{bucket}_fen": pl.Int64 for bucket in BUCKETS},
}


def columns_of(accounts: Iterable[tuple[Member, Iterable[Bill]]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bills and lines as frames. Each account is one person's benefit year under one plan, bills in their order.

    Bills: `account` (consecutive from 0), the columns of MEMBER and BILL, and `paid:<payer>` for every payer met.
    """
    return columns_of_bills([(member, bill) for bill in bills] for member, bills in accounts)


def columns_of_bills(
    accounts: Iterable[Iterable[tuple[Member, Bill]]],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As `columns_of`, each bill with its member as known for it: ages differ within a year."""
    bills: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    payers: set[str] = set()
    for account, its_bills in enumerate(accounts):
        for member, bill in its_bills:
            payers.update(bill.paid_fen)
            lines += [_line_row(len(bills), line) for line in bill.lines]
            bills.append({"account": account, **_member_row(member), **_bill_row(bill)})
    paid = {f"{PAID}{payer}": pl.Int64 for payer in sorted(payers)}
    frame = pl.DataFrame(bills, schema={"account": pl.UInt32, **MEMBER, **BILL, **paid}, orient="row")
    frame = frame.with_columns(pl.col(name).fill_null(0) for name in paid)
    return frame, pl.DataFrame(lines, schema=LINE, orient="row")


def _member_row(member: Member) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(member, name) for name in MEMBER}
    row["pre_existing_classes"] = _joined(member.pre_existing_classes)
    row["groups"] = _joined(member.groups)
    return row


def _bill_row(bill: Bill) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(bill, name) for name in BILL}
    row["tags"], row["lists"] = _joined(bill.tags), _joined(bill.lists)
    return row | {f"{PAID}{payer}": fen for payer, fen in bill.paid_fen.items()}


def _line_row(bill: int, line: BillLine) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(line, name) for name in LINE if name != "bill"}
    return row | {"bill": bill, "lists": _joined(line.lists)}


def _joined(values: Iterable[str]) -> str:
    return SEPARATOR.join(sorted(values))


def parted(cell: str | None) -> tuple[str, ...]:
    """The values of a set's cell."""
    return tuple(cell.split(SEPARATOR)) if cell else ()


def days(column: pl.Series) -> pl.Series:
    """Dates as days since 1970-01-01; unknown is NO_DAY."""
    return column.cast(pl.Int32).cast(pl.Int64).fill_null(NO_DAY)


NO_DAY = -(10**9)


def day_number(day: date) -> int:
    """A date as days since 1970-01-01."""
    return day.toordinal() - _EPOCH


_EPOCH = date(1970, 1, 1).toordinal()
