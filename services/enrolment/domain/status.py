"""A person's status by the plan's own rule, once, at enrolment; what was looked at for it is kept nowhere."""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from libs.benefits import Plan
from libs.benefits.status import History, determine_status
from services.enrolment.domain.state import Coverage, Person, Terms

_EDITION: Final = re.compile(r"-\d{4}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The plan whose rule decides, and the history it looks at: illnesses and spending, so it is never shown."""

    plan: Plan = field(repr=False)
    history: History = field(repr=False)


def with_status(person: Person, terms: Terms, evidence: Evidence) -> Terms:
    """The terms with the status that the plan's rule gives, in the plan's words.

    Whether somebody joined healthy is what their first coverage without a break says; only of a membership that
    began before this deployment's memory the evidence itself says it.
    """
    joined = _joined_healthy(person, terms)
    history = evidence.history
    if joined is not None:
        history = history.model_copy(update={"joined_healthy": joined})
    found = determine_status(evidence.plan, history)
    words = [reason.words.zh if reason.words is not None else reason.status for reason in found.reasons]
    return replace(
        terms,
        pre_existing=found.pre_existing,
        pre_existing_classes=found.pre_existing_classes,
        pre_existing_reason="；".join(words) or None,
        status_source="rule",
    )


def _joined_healthy(person: Person, terms: Terms) -> bool | None:
    """The status with which the unbroken membership began; None when no coverage comes right before these terms."""
    family, start, first = _family(terms.plan_id), terms.covered_from, None
    while True:
        before = [each for each in person.coverages.values() if _reaches(each, family, start)]
        if not before:
            return None if first is None else not first.terms.pre_existing
        first = min(before, key=lambda each: each.terms.covered_from)
        start = first.terms.covered_from


def _reaches(coverage: Coverage, family: str, start: object) -> bool:
    """Whether the coverage of the same plan, any edition, runs to the day before `start`."""
    last = coverage.terms.covered_to if coverage.lapsed_on is None else coverage.lapsed_on
    return _family(coverage.terms.plan_id) == family and last + timedelta(days=1) == start


def _family(plan_id: str) -> str:
    """The plan without the year of its edition."""
    return _EDITION.sub("", plan_id)
