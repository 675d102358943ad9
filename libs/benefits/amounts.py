"""How amounts and percentages are written in plan files: yuan (`18000`, `1.8万`) and `65%`."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

CANONICAL: Final = "canonical"
"""Validation context under which amounts are whole fen and basis points already."""

_YUAN = re.compile(r"-?\d+(\.\d+)?万?元?\Z", re.ASCII)
_PERCENT = re.compile(r"-?\d+(\.\d{1,2})?%\Z", re.ASCII)
_FEN_PER_YUAN = 100
_TEN_THOUSAND = 10_000


def fen_of_yuan(value: object) -> int:
    """Fen of an amount in yuan. Raises ValueError when it is no amount or finer than a fen."""
    written = str(value).replace(",", "")
    if isinstance(value, bool) or _YUAN.match(written) is None:
        raise ValueError("an amount in yuan such as 18000, 0.5 or 1.8万")
    text = written.removesuffix("元")
    wan = text.endswith("万")
    fen = Decimal(text.removesuffix("万")) * _FEN_PER_YUAN * (_TEN_THOUSAND if wan else 1)
    if fen != fen.to_integral_value():
        raise ValueError("an amount no finer than one fen")
    return int(fen)


def bp_of_percent(value: object) -> int:
    """Basis points of a percentage with its sign `%`. Raises ValueError for a bare number."""
    if not isinstance(value, str) or _PERCENT.match(value) is None:
        raise ValueError("a percentage with its sign and at most two decimals, such as 65% or 12.5%")
    return int(Decimal(value.removesuffix("%")) * 100)


def _share_bp(value: object) -> int:
    share_bp = bp_of_percent(value)
    if not 0 <= share_bp <= 10_000:
        raise ValueError("a percentage from 0% to 100%")
    return share_bp


def _non_negative_fen(value: object) -> int:
    fen = fen_of_yuan(value)
    if fen < 0:
        raise ValueError("an amount of 0 or more")
    return fen


def _as_written(parse: Callable[[object], int]) -> Callable[[object, ValidationInfo], int]:
    """Reads what plan files say; of a plan's canonical content, which holds whole fen and basis points, just those."""

    def read(value: object, info: ValidationInfo) -> int:
        if info.context == CANONICAL and type(value) is int:
            return value
        return parse(value)

    return read


def _schema(pattern: str, text: str, *, number: bool) -> WithJsonSchema:
    kinds: list[dict[str, object]] = [{"type": "string", "pattern": pattern}]
    if number:
        kinds.append({"type": "number"})
    return WithJsonSchema({"anyOf": kinds, "description": text})


Yuan = Annotated[
    int,
    BeforeValidator(_as_written(_non_negative_fen)),
    _schema(r"^\d+(\.\d+)?万?元?$", "amount in yuan: 18000, 0.5 or 1.8万", number=True),
]
SignedYuan = Annotated[
    int,
    BeforeValidator(_as_written(fen_of_yuan)),
    _schema(r"^-?\d+(\.\d+)?万?元?$", "amount in yuan, may be negative: -1000", number=True),
]
Share = Annotated[
    int,
    BeforeValidator(_as_written(_share_bp)),
    _schema(r"^\d+(\.\d{1,2})?%$", "percentage from 0% to 100%: 65%", number=False),
]
Points = Annotated[
    int,
    BeforeValidator(_as_written(bp_of_percent)),
    _schema(r"^-?\d+(\.\d{1,2})?%$", "percentage points, may be negative: -15%", number=False),
]
