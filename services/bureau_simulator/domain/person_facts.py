"""What the bureau knows of a person beyond settlements, derived from the seed and the identity number.

Shares are assumptions. Nothing derived here denies an honest claim: a death is only ever deposited.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from libs.interop.bureau import StayRecord
from services.bureau_simulator.domain.chance import drawn, happens

_CHRONIC_SHARE_BP = 900
_EARLIER_STAY_SHARE_BP = 1_500
_CYCLE_SHARE_BP = 8_000

# Registered chronic and special diseases: hypertension, diabetes, coronary disease, stroke, COPD, malignant tumours.
_CHRONIC_CODES = ("I10.x00x002", "E11.900", "I25.103", "I63.900", "J44.900", "C34.900", "N18.500")
_DIALYSIS = ("N18.5", "Z49")
_TUMOUR = ("C", "Z51")

# Before the year of the plans, so that an earlier stay is history and not a stay of the benefit year.
_EARLIEST_DAY = date(2018, 1, 1)
_DAYS_OF_HISTORY = 1_400


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Registration for a chronic benefit and a stay before this platform's settlements, where there is one."""

    chronic_since: date | None
    chronic_code: str | None
    earlier_stay: StayRecord | None


def facts_of(seed: int, certno: str) -> PersonFacts:
    """The facts of a person: the same whenever they are asked for."""
    since = code = stay = None
    number = drawn(seed, "person", certno)
    if happens(_CHRONIC_SHARE_BP, seed, "chronic", certno):
        since = _EARLIEST_DAY + timedelta(days=number % _DAYS_OF_HISTORY)
        code = _CHRONIC_CODES[number % len(_CHRONIC_CODES)]
    if happens(_EARLIER_STAY_SHARE_BP, seed, "stay", certno):
        begins = _EARLIEST_DAY + timedelta(days=number // 7 % _DAYS_OF_HISTORY)
        ends = begins + timedelta(days=3 + number % 12)
        stay = StayRecord(f"H{certno[:6]}00301", begins, ends, related=False)
    return PersonFacts(since, code, stay)


def is_cycle(seed: int, certno: str, diag_code: str | None) -> bool:
    """Whether the person is in planned cycles of dialysis, chemo- or radiotherapy for that diagnosis."""
    if diag_code is None:
        return False
    if diag_code.startswith(_DIALYSIS):
        return True
    return diag_code.startswith(_TUMOUR) and happens(_CYCLE_SHARE_BP, seed, "cycle", certno)
