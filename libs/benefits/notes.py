"""Notes on an evaluation: what was assumed, and what could not be checked for want of lines."""

from libs.benefits.outcome import BillOutcome, Note
from libs.benefits.plan import Plan
from libs.benefits.terms import Term, Words


def notes_of(plan: Plan, bill: BillOutcome) -> tuple[Note, ...]:
    """Notes of one bill, in a fixed order."""
    notes: list[Note] = []
    for outcome in bill.liabilities:
        liability = plan.liability(outcome.liability_id)
        name = liability.name
        if outcome.liability_id in bill.not_itemised:
            notes.append(
                Note(
                    "not_itemised",
                    f"{name.zh}:部分费用没有明细，按可赔类别计算",
                    f"{name.en}: cost without lines was counted as of a covered category",
                )
            )
        cut_terms = tuple(cut.term for cut in outcome.cuts)
        terms: tuple[Term, ...] = (
            plan,
            liability,
            *liability.takes,
            liability.pays,
            *outcome.deductible.terms,
            *outcome.rules,
            *cut_terms,
        )
        notes.extend(_assumption(name, term) for term in terms if term.assumption)
    if any(part.exclusion is not None and part.exclusion.assumption for part in bill.excluded):
        notes.append(Note("assumption", "除外条款为假定", "an exclusion used is assumed, not published"))
    return tuple(dict.fromkeys(notes))


def _assumption(name: Words, term: Term) -> Note:
    if term.assumes is not None:
        zh, en = term.assumes.zh, term.assumes.en
    else:
        zh, en = "所用数字未见公布，由本文件假定", "a figure used is assumed in the plan file, not published"
    return Note("assumption", f"{name.zh}：{zh}", f"{name.en}: {en}")
