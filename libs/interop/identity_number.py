"""The citizen identity number of GB 11643-1999: region, birth date, order, check character."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

_SHAPE = re.compile(r"\d{17}[\dX]\Z", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
# GB/T 2260: the first two digits name the province; 81 to 83 are residence permits of Hong Kong, Macao, Taiwan.
_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")


class IdentityNumberInvalid(ValueError):
    """The text is not a citizen identity number. The message never repeats it."""

    code = "id_number_invalid"


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """A valid number and what it says of its holder."""

    text: str
    region: str
    birth_date: date
    sex: Literal["male", "female"]


def check_character(first_seventeen: str) -> str:
    """The eighteenth character (ISO 7064 MOD 11-2) of seventeen digits."""
    return _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, first_seventeen, strict=True)) % 11]


def parse_identity_number(text: str) -> IdentityNumber:
    """Read an 18-character number; a lower-case x is accepted. Raises IdentityNumberInvalid."""
    number = text.strip().upper()
    if _SHAPE.match(number) is None:
        raise IdentityNumberInvalid("an identity number has 17 digits and a digit or X")
    if _PROVINCES.match(number) is None:
        raise IdentityNumberInvalid("the first two digits of the identity number name no province")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentityNumberInvalid("digits 7 to 14 of the identity number are not a date") from None
    if check_character(number[:17]) != number[17]:
        raise IdentityNumberInvalid(
            "the check character of the identity number is wrong: a digit was mistyped"
        )
    return IdentityNumber(number, number[:6], born, "male" if int(number[16]) % 2 else "female")


def valid_number_or_none(text: str | None) -> str | None:
    """The number in its normal form, or None when there is none or it is not valid."""
    try:
        return None if text is None else parse_identity_number(text).text
    except IdentityNumberInvalid:
        return None


def age_on(birth_date: date, day: date) -> int:
    """Completed years on a day; negative before birth."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
