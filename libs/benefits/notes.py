"""Notes on an evaluation: what was assumed, and what could not be checked for want of lines."""

from libs.benefits.outcome import LiabilityOutcome, Note
from libs.benefits.plan import Plan
from libs.benefits.selection import Excluded
from libs.benefits.terms import Term


def notes_of(
    plan: Plan,
    liabilities: tuple[LiabilityOutcome, ...],
    excluded: tuple[Excluded, ...],
    not_itemised: frozenset[str],
) -> tuple[Note, ...]:
    """Notes of one bill, in a fixed order."""
    notes: list[Note] = []
    for outcome in liabilities:
        liability = plan.liability(outcome.liability_id)
        name = liability.name
        if outcome.liability_id in not_itemised:
            notes.append(
                Note(
                    "not_itemised",
                    f"{name.zh}:部分费用没有明细,按可赔类别计算",
                    f"{name.en}: cost without lines was counted as of a covered category",
                )
            )
        cut_terms = tuple(cut.term for cut in outcome.cuts)
        terms: tuple[Term, ...] = (
            plan,
            liability,
            liability.pays,
            *outcome.deductible.terms,
            *outcome.rules,
            *cut_terms,
        )
        if any(term.assumption for term in terms):
            notes.append(
                Note(
                    "assumption",
                    f"{name.zh}:所用条款中有未公布、由本文件假定的数字",
                    f"{name.en}: uses figures that are assumed in the plan file, not published",
                )
            )
    if any(part.exclusion is not None and part.exclusion.assumption for part in excluded):
        notes.append(Note("assumption", "除外条款为假定", "an exclusion used is assumed, not published"))
    return tuple(notes)
