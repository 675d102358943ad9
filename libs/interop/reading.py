"""Reading a JSON object field by field, noting everything that is wrong instead of stopping at the first.

A field that cannot be read yields a stand-in of its type; nobody looks at it, because a reader raises when it
noted any problem. Sentences name fields and rules, never the values: those may be personal.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeVar

from libs.contracts.intake import RefusalReason

SHANGHAI = timezone(timedelta(hours=8))
_EARLIEST = date(1900, 1, 1)

# A hospital's bill has hundreds of lines, an intensive-care stay some thousands.
MAX_ITEMS = 5_000
MAX_REASONS = 200

_AMOUNT = re.compile(r"(\d{1,14})(?:\.(\d{1,2})0*)?\Z", re.ASCII)
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?\Z", re.ASCII
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_BREAK = re.compile(r"[\t\r\n]")
_MAX_AMOUNT = Decimal(10) ** 14

Choice = TypeVar("Choice")


class Problems:
    """What was found wrong so far, in reading order."""

    def __init__(self) -> None:
        self.reasons: list[RefusalReason] = []

    def add(self, code: str, location: str, sentence: str) -> None:
        """Note a problem; beyond MAX_REASONS they are counted as noise and dropped."""
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(RefusalReason(code=code, location=location, sentence=sentence))


def fen_of(value: object) -> int | None:
    """Exact fen of an amount in yuan given as text, integer or Decimal; None when it is not such an amount.

    Non-negative, at most 14 digits before the point and two that are not zero behind it (national 16,2).
    """
    if type(value) is str:
        if value[-3:-2] == "." and value.isascii() and len(value) <= 17:
            digits = value[:-3] + value[-2:]
            if digits.isdigit():
                return int(digits)
        match = _AMOUNT.match(value)
        if match is None:
            return None
        yuan, decimals = match.groups()
        return int(yuan) * 100 + int((decimals or "").ljust(2, "0"))
    if type(value) is int:
        return value * 100 if 0 <= value < 10**14 else None
    return _fen_of_decimal(value) if type(value) is Decimal else None


def _fen_of_decimal(value: Decimal) -> int | None:
    # The size is judged before arithmetic: 1E+999999 would be a number of a million digits.
    if not value.is_finite() or not 0 <= value < _MAX_AMOUNT:
        return None
    if value.adjusted() < -20:
        return 0 if value == 0 else None
    numerator, denominator = value.as_integer_ratio()
    fen, rest = divmod(numerator * 100, denominator)
    return fen if rest == 0 else None


def date_of(value: object) -> date | None:
    """The day in Shanghai of an ISO 8601 date or date-time (with offset or local); None when it is neither, or a day
    before anybody who lives: systems write 0001-01-01 where they know none.
    """
    if type(value) is not str:
        return None
    match = _DATE.match(value)
    if match is None:
        return None
    try:
        day = (
            date.fromisoformat(value) if len(value) == 10 else _day_in_shanghai(value, local=match[1] is None)
        )
    except (ValueError, OverflowError):
        return None
    return day if day >= _EARLIEST else None


def _day_in_shanghai(text: str, *, local: bool) -> date:
    moment = datetime.fromisoformat(text)
    return moment.date() if local else moment.astimezone(SHANGHAI).date()


class Fields:
    """One JSON object at a JSON pointer."""

    __slots__ = ("at", "data", "problems")

    def __init__(self, data: Mapping[str, Any], at: str, problems: Problems) -> None:
        self.data = data
        self.at = at
        self.problems = problems

    def absent(self, name: str) -> bool:
        """Missing, null or empty text, which hospital systems write for the same thing."""
        value = self.data.get(name)
        return value is None or value == ""

    def wrong(self, code: str, name: str, sentence: str) -> None:
        """Note a problem of the field."""
        self.problems.add(code, f"{self.at}/{name}", sentence)

    def missing(self, name: str) -> None:
        """Note that a required field is absent."""
        self.wrong("missing", name, f"{name} is required")

    def text(self, name: str, max_length: int = 200, pattern: re.Pattern[str] | None = None) -> str:
        """Required text without control characters. A JSON integer is taken as its digits."""
        if self.data.get(name) in (None, ""):
            self.missing(name)
            return ""
        return self._checked_text(name, max_length, pattern)

    def optional_text(
        self, name: str, max_length: int = 200, pattern: re.Pattern[str] | None = None, breaks: bool = False
    ) -> str | None:
        """Text or None; `breaks` allows line breaks."""
        return None if self.absent(name) else self._checked_text(name, max_length, pattern, breaks)

    def _checked_text(
        self, name: str, max_length: int, pattern: re.Pattern[str] | None, breaks: bool = False
    ) -> str:
        value = self.data[name]
        if type(value) is int:
            value = str(value) if abs(value) < 10**40 else ""
        if type(value) is not str:
            self.wrong("wrong_type", name, f"{name} must be text")
            return ""
        if len(value) > max_length:
            self.wrong("too_long", name, f"{name} has at most {max_length} characters")
        elif not value.isprintable() and (
            _CONTROL.search(value) or (not breaks and _LINE_BREAK.search(value))
        ):
            self.wrong("wrong_format", name, f"{name} holds control characters")
        elif pattern is not None and pattern.match(value) is None:
            self.wrong("wrong_format", name, f"{name} must match {pattern.pattern}")
        else:
            return value
        return ""

    def choice(self, name: str, choices: Mapping[str, Choice]) -> Choice:
        """A required code, translated by `choices`."""
        value = self.data.get(name)
        if type(value) is int:
            value = str(value) if abs(value) < 10**9 else "?"
        if type(value) is str and value in choices:
            return choices[value]
        if self.absent(name):
            self.missing(name)
        else:
            self.wrong("unknown_code", name, f"{name} must be one of {', '.join(sorted(choices))}")
        return next(iter(choices.values()))

    def optional_choice(self, name: str, choices: Mapping[str, Choice]) -> Choice | None:
        """A code translated by `choices`, or None when absent."""
        return None if self.absent(name) else self.choice(name, choices)

    def amount(self, name: str) -> int:
        """A required amount in yuan, as fen."""
        fen = fen_of(self.data.get(name))
        if fen is not None:
            return fen
        if self.absent(name):
            self.missing(name)
        return self.optional_amount(name)

    def optional_amount(self, name: str) -> int:
        """An amount in yuan, as fen; 0 when absent."""
        value = self.data.get(name)
        if value is None or value == "":
            return 0
        fen = fen_of(value)
        if fen is None:
            self.wrong(
                "not_an_amount",
                name,
                f"{name} must be a non-negative amount in yuan, at most 14 digits and two decimals",
            )
        return fen or 0

    def day(self, name: str) -> date:
        """A required ISO 8601 date or date-time, as the day in Shanghai."""
        if self.absent(name):
            self.missing(name)
        return self.optional_day(name) or date.min

    def optional_day(self, name: str) -> date | None:
        """An ISO 8601 date or date-time as the day in Shanghai, or None when absent."""
        if self.absent(name):
            return None
        found = date_of(self.data[name])
        if found is None:
            self.wrong(
                "not_a_date", name, f"{name} must be a date such as 2022-03-01, with a time or without"
            )
        return found

    def object(self, name: str) -> "Fields":
        """A required object."""
        value = self.data.get(name)
        if not isinstance(value, dict):
            self.wrong("missing" if value is None else "wrong_type", name, f"{name} must be an object")
            value = {}
        return Fields(value, f"{self.at}/{name}", self.problems)

    def objects(self, name: str) -> Iterator["Fields"]:
        """The objects of an optional array."""
        value = self.data.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.wrong("wrong_type", name, f"{name} must be an array")
            return
        if len(value) > MAX_ITEMS:
            self.wrong("too_long", name, f"{name} has at most {MAX_ITEMS} items")
            return
        for index, item in enumerate(value):
            at = f"{self.at}/{name}/{index}"
            if isinstance(item, dict):
                yield Fields(item, at, self.problems)
            else:
                self.problems.add("wrong_type", at, f"each of {name} must be an object")
