"""Rules of a claim's decisions one after the other: at most one stands, and what is reversed is reversed exactly."""

from collections.abc import Iterator

from libs.conservation.books import ClaimBooks, Decided
from libs.conservation.report import Broken
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated


def decide(books: ClaimBooks, decision: Decided) -> Iterator[Broken]:
    """Take a decision over as the one that stands."""
    if books.standing is not None:
        yield Broken("one_decision", "a second decision is made while one stands")
    number = max((each.number for each in books.decisions), default=0) + 1
    if decision.number != number:
        yield Broken("numbered_in_turn", f"decision {decision.number} comes where {number} was due")
    before = books.reversals[-1] if books.reversals else None
    if before is None:
        if decision.supersedes is not None:
            yield Broken("succeeds_what_was_reversed", "a first decision supersedes another")
    elif before.replaced_by is None:
        yield Broken("withdrawn_for_good", "a withdrawn claim is decided again")
    elif (before.replaced_by, before.decision_id) != (decision.decision_id, decision.supersedes):
        yield Broken(
            "succeeds_what_was_reversed", "the decision is not the successor that the reversal names"
        )
    books.decisions.append(decision)
    books.standing = decision


def reverse(books: ClaimBooks, reversal: AdjudicationReversed) -> Iterator[Broken]:
    """Take a decision back: exactly the one that stands, with exactly what it awarded."""
    standing = books.standing
    if standing is None or standing.decision_id != reversal.decision_id:
        yield Broken("reverses_what_stands", "a decision is reversed that does not stand")
    else:
        yield from _is_exact(standing, reversal)
    if reversal.replaced_by is None and not books.withdrawals_noted:
        yield Broken(
            "withdrawn_first", "a decision falls without a successor, but the claim was not withdrawn"
        )
    books.reversals.append(reversal)
    books.standing = None


def interrupted(books: ClaimBooks) -> Iterator[Broken]:
    """Asked before anything else is said of the claim's process, and at the end: a successor follows at once."""
    last = books.reversals[-1] if books.reversals else None
    if last is not None and last.replaced_by is not None and books.standing is None:
        yield Broken("successor_follows", "a decision was reversed in favour of one that did not follow")


def _is_exact(standing: Decided, reversal: AdjudicationReversed) -> Iterator[Broken]:
    paid = standing if isinstance(standing, ClaimAdjudicated) else None
    awarded = {
        "number": standing.number,
        "plan_id": standing.plan_id,
        "person_id": standing.person_id,
        "benefit_year": paid.benefit_year if paid else None,
        "plan_pays_fen": paid.plan_pays_fen if paid else 0,
        "cash_benefits_fen": paid.cash_benefits_fen if paid else 0,
        "usage_released": paid.usage_taken if paid else {},
        "pool_shares": paid.pool_shares if paid else (),
    }
    for name, value in awarded.items():
        if getattr(reversal, name) != value:
            yield Broken("reversal_is_exact", f"{name} is not what the decision said")
