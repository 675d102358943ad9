"""The last structlog processor before the renderer: no personal data leaves in a log line.

Two nets. Fields whose name says they are personal lose their value whatever it is; every string, also the
message and tracebacks, loses whatever looks like an identity, card or mobile number. Free text that names a
person cannot be recognised: it must be in a personal field or not be logged.
"""

import re
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from structlog.processors import format_exc_info

from libs.privacy.errors import PersonalDataInLog

REDACTED = "[redacted]"

_DEPTH_MAX = 6
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")

_BY_KIND = (
    "name patientname psnname personname fullname firstname lastname givenname familyname holdername",
    "creditorname debtorname accountname insuredname membername contactname",
    "idnumber idno idcard idcardnumber identity identitynumber certno psncertno certificatenumber documentnumber",
    "passport passportnumber socialsecuritynumber",
    "phone phonenumber mobile mobilephone mobilenumber tel telephone email mail wechat",
    "account accountnumber accountno bankaccount card cardnumber cardno iban creditor",
    "address addr homeaddress postaladdress birthday birthdate dateofbirth brdy",
    "note notes freetext comment remark medical diagnoses diagnosis procedures original",
    "plaintext document payload body secret masterkey password token authorization cookie",
)
PERSONAL_FIELDS = frozenset(word for words in _BY_KIND for word in words.split())
"""Field names without separators and in lower case: `id_number`, `idNumber` and `ID-Number` are one."""

# Our own ids come first and are kept: a run of digits inside a pseudonym, a UUID or a trace id is no number of
# a person. Hex needs a letter to be kept, for bank cards have 16 to 19 digits.
_NUMBERS = re.compile(
    r"""
      (?P<kept> (?<![0-9A-Za-z]) (?:
            p_[0-9a-f]{32}
          | [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
          | (?=[0-9]*[a-f]) (?: [0-9a-f]{64} | [0-9a-f]{40} | [0-9a-f]{32} | [0-9a-f]{16} )
        ) (?![0-9A-Za-z]) )
    | (?P<long> \d (?:[ ]?\d){14,} [XxＸｘ]? )
    | (?P<phone> (?<!\d) (?:\+?\s?86[ -]?|0)? [1１][3-9３-９]\d [ -]?\d{4} [ -]?\d{4} (?!\d) )
    """,
    re.VERBOSE,
)
_RESIDENT_NUMBER_MIN, _RESIDENT_NUMBER_MAX = 10**17, 10**18 - 1


class PersonalDataRedactor:
    """A structlog processor. With `refuse` it raises PersonalDataInLog for a personal field instead (tests, CI)."""

    def __init__(self, refuse: bool = False) -> None:
        self._refuse = refuse

    def __call__(
        self, logger: Any, method: str, event_dict: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        if "exc_info" in event_dict:
            # Renderers would format the exception after us, with its values in clear.
            event_dict = format_exc_info(logger, method, event_dict)
        return {key: self._field(key, value) for key, value in event_dict.items()}

    def _field(self, key: object, value: Any, depth: int = 0) -> Any:
        if is_personal(key):
            if self._refuse:
                raise PersonalDataInLog(str(key))
            return REDACTED
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        match value:
            case int() if _RESIDENT_NUMBER_MIN <= value <= _RESIDENT_NUMBER_MAX:
                return "[number]"
            case None | bool() | int() | float() | Decimal() | UUID():
                return value
            case datetime() | date() | time() | timedelta():
                return value
            case Enum():
                return self._value(value.value, depth)
            case str():
                return redact_numbers(value)
            case PurePath():
                return redact_numbers(str(value))
            case BaseException():
                return redact_numbers(f"{type(value).__name__}: {value}")
            case Mapping() if depth < _DEPTH_MAX:
                return {
                    redact_numbers(str(key)): self._field(key, item, depth + 1) for key, item in value.items()
                }
            case list() | tuple() | set() | frozenset() if depth < _DEPTH_MAX:
                return [self._value(item, depth + 1) for item in value]
            case _:
                # Models, rows and bytes print their fields: their type is all that a log needs of them.
                return f"<{type(value).__name__}>"


def is_personal(key: object) -> bool:
    """Whether a field of this name holds personal data."""
    return _NOT_LETTERS.sub("", str(key).lower()) in PERSONAL_FIELDS


def redact_numbers(text: str) -> str:
    """`text` with identity, card and mobile numbers replaced by `[number]` and `[phone]`."""
    return _NUMBERS.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    if match["kept"]:
        return match["kept"]
    return "[phone]" if match["phone"] else "[number]"
