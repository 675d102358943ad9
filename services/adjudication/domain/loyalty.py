"""Claim-free years as they really are: a claim that arrives after enrolment may have ended them."""

from datetime import date

from libs.contracts.adjudication import ClaimAdjudicated
from services.adjudication.domain.kept import KeptCoverage
from services.adjudication.domain.state import Person


def claim_free_years(person: Person, coverage: KeptCoverage) -> int:
    """The years directly before the coverage in which no plan paid, at most what enrolment knew of.

    Enrolment counts when the person joins; a late claim for a year before can only lower it, its withdrawal or
    denial raises it again. Editions of a plan have ids of their own, so any plan's payment ends the row.
    """
    years = coverage.claim_free_years
    if years == 0:
        return 0
    paid_on = [
        admitted_on
        for (admitted_on, _, _), decision in person.adjudicated()
        if admitted_on < coverage.covered_from and pays(decision)
    ]
    return min(years, _whole_years(max(paid_on), coverage.covered_from)) if paid_on else years


def pays(decision: ClaimAdjudicated) -> bool:
    """Whether the plan paid anything."""
    return decision.plan_pays_fen + decision.cash_benefits_fen > 0


def _whole_years(day: date, start: date) -> int:
    """Years that began on `start`'s anniversaries after `day` and were over before `start`."""
    earlier_in_the_year = (day.month, day.day) < (start.month, start.day)
    return start.year - day.year - (0 if earlier_in_the_year else 1)
