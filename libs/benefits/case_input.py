"""Reads a case that a person wrote: JSON or YAML, in fen or in yuan, with the aliases of `case_words.py`."""

from libs.benefits.case import Case
from libs.benefits.case_advice import faults_for
from libs.benefits.case_faults import faults_in
from libs.benefits.case_reader import CaseReader
from libs.benefits.case_text import CaseText
from libs.benefits.errors import CaseFault, CaseRefused
from libs.benefits.plan import Plan


def read_case(text: bytes | str, plan: Plan | None = None) -> Case:
    """The case in a JSON or YAML text, and one that `plan` can be asked if a plan is given.

    Raises CaseRefused with every fault at once: line, field, what was found, what would be right.
    """
    read = CaseText.of(text)
    case, faults = _case_and_faults(read.content, plan)
    found = sorted((read.numbered(each) for each in (*read.faults, *faults)), key=lambda each: each.line or 0)
    if case is None or found:
        raise CaseRefused(tuple(found))
    return case


def case_from(raw: object) -> Case:
    """The case in plain values, aliases resolved. Raises CaseRefused."""
    case, faults = _case_and_faults(raw, None)
    if case is None or faults:
        raise CaseRefused(tuple(faults))
    return case


def _case_and_faults(raw: object, plan: Plan | None) -> tuple[Case | None, list[CaseFault]]:
    reader = CaseReader(plan.tier_names if plan is not None else {})
    plain = reader.case(raw)
    if not isinstance(plain, dict):
        return None, reader.faults
    faults = [*reader.faults, *(faults_for(plan, plain) if plan is not None else ())]
    faults.extend(faults_in(plain, reader.spoiled))
    return (None if faults else Case.model_validate(plain)), faults
