"""Contradictions that only show when the plan is seen as a whole."""

from collections.abc import Iterator

from pydantic import BaseModel

from libs.benefits.case import Case
from libs.benefits.catalogue import catalogue_names
from libs.benefits.plan import Plan
from libs.benefits.plan_references import Contradiction, unknown_names
from libs.benefits.pool import pool_faults
from libs.benefits.terms import Term


def contradictions(plan: Plan) -> list[Contradiction]:
    """Everything inconsistent in a plan whose fields are each well-formed."""
    return [
        *_unique(plan),
        *_centre_codes(plan),
        *unknown_names(plan),
        *_catalogues(plan),
        *_cycles(plan),
        *_sources(plan),
        *_dates(plan),
        *_examples(plan),
    ]


def _unique(plan: Plan) -> Iterator[Contradiction]:
    seen: set[str] = {"plan"}
    for index, each in enumerate(plan.liabilities):
        if each.id in seen:
            yield ("liabilities", index, "id"), f"{each.id!r} again", "an id of its own"
        seen.add(each.id)
        caps = [cap.id for cap in each.caps]
        if len(caps) != len(set(caps)):
            yield ("liabilities", index, "caps"), "two caps with one id", "an id of its own for each cap"
    shared = [("deductibles", [each.id for each in plan.deductibles])]
    shared.append(("shared_caps", [each.id for each in plan.shared_caps]))
    for name, ids in shared:
        for index, each_id in enumerate(ids):
            if each_id in seen:
                yield (name, index, "id"), f"{each_id!r} again", "an id of its own"
            seen.add(each_id)


def _centre_codes(plan: Plan) -> Iterator[Contradiction]:
    ids = {each.id for each in plan.liabilities}
    for code, liability_id in plan.one_stop.codes.items() if plan.one_stop is not None else ():
        if liability_id not in ids:
            yield ("one_stop", "codes", code), repr(liability_id), f"one of {', '.join(sorted(ids))}"


def _catalogues(plan: Plan) -> Iterator[Contradiction]:
    known = catalogue_names()
    for list_id, product_list in plan.lists.items():
        if product_list.catalogue is not None and product_list.catalogue not in known:
            yield ("lists", list_id, "catalogue"), repr(product_list.catalogue), f"one of {', '.join(known)}"


def _cycles(plan: Plan) -> Iterator[Contradiction]:
    ids = {each.id for each in plan.liabilities}
    if any(each.residue_of and not ids.issuperset(each.residue_of.liabilities) for each in plan.liabilities):
        return
    try:
        _ = plan.evaluation_order
    except ValueError as error:
        yield ("liabilities",), str(error), "residues that only come from earlier results"


def _sources(plan: Plan) -> Iterator[Contradiction]:
    known = f"a key of sources: {', '.join(sorted(plan.sources)) or '(none)'}"
    for path, term in terms_of(plan):
        if term.source is not None and term.source not in plan.sources:
            yield (*path, "source"), repr(term.source), known
    for index, each in enumerate(plan.liabilities):
        if each.source is None and plan.source is None and not each.assumption:
            yield ("liabilities", index), "no source", "a source here or for the plan, or assumption: true"


def terms_of(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Term]]:
    """Every term of the plan with its path in the file, however deep."""
    if isinstance(value, Term):
        yield path, value
    if isinstance(value, BaseModel) and not isinstance(value, Case):
        for name, field in type(value).model_fields.items():
            yield from terms_of(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from terms_of(each, (*path, index))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from terms_of(each, (*path, key))


def _dates(plan: Plan) -> Iterator[Contradiction]:
    if plan.valid_from and plan.valid_to and plan.valid_to < plan.valid_from:
        yield ("valid_to",), str(plan.valid_to), f"a day not before {plan.valid_from}"
    for index, insurer in enumerate(plan.insurers):
        if insurer.first_day and insurer.last_day and insurer.last_day < insurer.first_day:
            yield ("insurers", index, "to"), str(insurer.last_day), f"a day not before {insurer.first_day}"
    for index, found, right in pool_faults(plan):
        yield ("insurers", index), found, right


def _examples(plan: Plan) -> Iterator[Contradiction]:
    ids = {each.id for each in plan.liabilities}
    for index, example in enumerate(plan.examples):
        for liability_id in example.expected.liabilities:
            if liability_id not in ids:
                path = ("examples", index, "expected", "liabilities", liability_id)
                yield path, repr(liability_id), f"one of {', '.join(sorted(ids))}"
        if example.source not in plan.sources:
            yield ("examples", index, "source"), repr(example.source), "a key of sources"
