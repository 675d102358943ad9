"""What an insurance centre has settled of a plan (一站式), as a sender states it: read, written, and checked."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from libs.contracts.one_stop import OneStopAmounts, OneStopMode
from libs.contracts.settlement import Settlement
from libs.interop.reading import SHANGHAI, Fields
from libs.money import format_yuan

#: apply_claim_mode of the provincial feed. 7, 8 and 9 are filed by the claimant: there nobody computed the plan's part.
MODES: dict[str, OneStopMode] = {
    "3": "one_stop",
    "4": "centre_local",
    "5": "centre_in_province",
    "6": "centre_cross_province",
}
_MODE_CODES = {mode: code for code, mode in MODES.items()}
# The feed knows two responsibilities; a plan has a handful of liabilities.
MAX_LIABILITIES = 20

# As the contract has them; `$` would let a line feed through.
PATTERNS = {
    "plan_id": re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z", re.ASCII),
    "reference": re.compile(r"[!-~]{1,64}\Z", re.ASCII),
    "code": re.compile(r"[A-Za-z0-9_-]{1,40}\Z", re.ASCII),
}
_YEARS = range(2000, 2200)
_UNREAD = datetime.max.replace(tzinfo=UTC)


def read_one_stop(stated: Fields) -> OneStopAmounts | None:
    """The centre's amounts, in the feed's field names; None, with the problems noted, when they cannot be read."""
    before = len(stated.problems.reasons)
    values: dict[str, Any] = {
        "plan_id": _matching(stated, "plan_id", 64),
        "mode": stated.choice("apply_claim_mode", MODES),
        "reference": _matching(stated, "reference", 64),
        "total_fen": stated.amount("settClaSumamt"),
        "settled_at": _moment(stated, "setl_time"),
        "liabilities": tuple(
            {
                "code": _matching(each, "code", 40),
                "deductible_fen": each.optional_amount("dedcStd"),
                "pays_fen": each.amount("settClaPay"),
            }
            for each in _liabilities(stated)
        ),
    }
    if len(stated.problems.reasons) > before:
        return None
    return OneStopAmounts(**values)


def one_stop_faults(
    amounts: OneStopAmounts, settlement: Settlement, admitted_on: date, received_on: date | None
) -> Iterator[tuple[str, str]]:
    """What of the centre's amounts contradicts itself or the bill: (code, sentence)."""
    paid_fen = sum(each.pays_fen for each in amounts.liabilities)
    codes = [each.code for each in amounts.liabilities]
    if paid_fen != amounts.total_fen:
        yield (
            "one_stop_sum_differs",
            f"the liabilities pay {paid_fen}, settClaSumamt says {amounts.total_fen} fen",
        )
    if len(codes) != len(set(codes)):
        yield "one_stop_liability_twice", "a liability is stated twice"
    if amounts.total_fen > settlement.personal_total_fen:
        yield (
            "one_stop_exceeds_bill",
            f"the centre settled {amounts.total_fen} fen of the plan, more than the {settlement.personal_total_fen}"
            " fen that the layers before it left to the person (psn_part_amt)",
        )
    if any(each.deductible_fen + each.pays_fen > settlement.total_fen for each in amounts.liabilities):
        yield "one_stop_exceeds_bill", "a liability's deductible and payment are more than the bill"
    settled_on = amounts.settled_at.astimezone(SHANGHAI).date()
    if settled_on < admitted_on:
        yield "one_stop_too_early", "the centre settled it before the admission"
    if received_on is not None and settled_on > received_on:
        yield "one_stop_in_future", f"the centre settled it after {received_on}, the day on which it came in"


def one_stop_document(amounts: OneStopAmounts) -> dict[str, Any]:
    """What `read_one_stop` reads."""
    return {
        "plan_id": amounts.plan_id,
        "apply_claim_mode": _MODE_CODES[amounts.mode],
        "reference": amounts.reference,
        "settClaSumamt": format_yuan(amounts.total_fen),
        "setl_time": amounts.settled_at.isoformat(),
        "liabilities": [
            {
                "code": each.code,
                "dedcStd": format_yuan(each.deductible_fen),
                "settClaPay": format_yuan(each.pays_fen),
            }
            for each in amounts.liabilities
        ],
    }


def _liabilities(stated: Fields) -> list[Fields]:
    found = list(stated.objects("liabilities"))
    if len(found) > MAX_LIABILITIES:
        stated.wrong("too_long", "liabilities", f"at most {MAX_LIABILITIES} liabilities")
        return []
    return found


def _matching(stated: Fields, name: str, max_length: int) -> str:
    return stated.text(name, max_length, PATTERNS[name])


def _moment(stated: Fields, name: str) -> datetime:
    """ISO 8601; without an offset it is the time in Shanghai."""
    text = stated.text(name, 40)
    try:
        moment = datetime.fromisoformat(text) if text else _UNREAD
        if moment.year in _YEARS:
            return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except ValueError:
        pass  # Said below, as for a year that is none.
    if text:
        stated.wrong("wrong_format", name, f"{name} must be an ISO 8601 date-time of this century")
    return _UNREAD
