"""What planned stays reserve of a year's limits, and what of it counts for whom (docs/decisions/0016).

A stay stands in the order of service by its planned days. A claim before it never sees it. A claim after it sees the
caps reduced, and only the caps: were the stay's deductible and cost counted as well, a claim would be paid more for a
treatment that has not happened. Another planned stay sees all of it, since nothing is paid on either.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from libs.benefits import Usage
from libs.benefits.case import LiabilityUsage
from libs.contracts.preauthorisation import PreauthorisationGranted
from services.adjudication.domain.balances import sum_of
from services.adjudication.domain.kept import ServiceOrder
from services.adjudication.domain.state import Person

Year = tuple[str, str]
"""Plan id, first day of the benefit year."""


def with_reserved_limits(
    person: Person, used: Usage, year: Year, order: ServiceOrder, own: str | None
) -> Usage:
    """The balances that a claim at `order` is decided on: `used` by claims, and the caps that stays before it reserve.

    `own` is the planned stay that the claim itself was.
    """
    reserved = [
        _limits_of(granted.usage_reserved)
        for stay_id, granted in _reserved_before(person, year, order)
        if stay_id != own
    ]
    return sum_of([used.model_dump(mode="json"), *reserved]) if reserved else used


def with_reserved(person: Person, used: Usage, year: Year, order: ServiceOrder) -> Usage:
    """The balances that a planned stay is answered on: what claims have used and stays before it would."""
    reserved = [granted.usage_reserved for _, granted in _reserved_before(person, year, order)]
    return sum_of([used.model_dump(mode="json"), *reserved]) if reserved else used


def without_limits(used: Usage) -> Usage:
    """The same balances with nothing used of any cap."""
    return Usage(
        liabilities={
            liability_id: LiabilityUsage(base_fen=each.base_fen, deductible_fen=each.deductible_fen)
            for liability_id, each in used.liabilities.items()
        }
    )


def _reserved_before(
    person: Person, year: Year, order: ServiceOrder
) -> Iterator[tuple[str, PreauthorisationGranted]]:
    for stay_id, stay in person.planned.items():
        granted = stay.reserved
        if granted is not None and (granted.plan_id, granted.benefit_year) == year and stay.place < order:
            yield stay_id, granted


def _limits_of(usage: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "liabilities": {
            liability_id: {"base_fen": 0, "deductible_fen": 0, "paid_fen": each["paid_fen"]}
            for liability_id, each in usage.get("liabilities", {}).items()
        },
        "caps": usage.get("caps", {}),
    }
