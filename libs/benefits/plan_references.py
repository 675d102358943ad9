"""Names in a plan that must be names of something in it: lists, tiers, shared deductibles, other liabilities."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from libs.benefits.case import Case
from libs.benefits.conditions import When
from libs.benefits.plan import Liability, Plan
from libs.benefits.terms import Exclusion

Path = tuple[str | int, ...]
Contradiction = tuple[Path, str, str]
"""(path, what was found, what would be right)."""


def unknown_names(plan: Plan) -> Iterator[Contradiction]:
    """Every name that nothing in the plan has: such a term would silently never hold."""
    yield from _liabilities(plan)
    yield from _layers(plan)
    yield from _unlisted(plan, _exclusion_lists(plan.exclusions, ()))
    yield from _tiers(plan)


def _liabilities(plan: Plan) -> Iterator[Contradiction]:
    ids = {each.id for each in plan.liabilities}
    deductibles = {each.id for each in plan.deductibles}
    known_ids = f"one of {', '.join(sorted(ids))}"
    for index, each in enumerate(plan.liabilities):
        at = ("liabilities", index)
        if each.shares_deductible is not None and each.shares_deductible not in deductibles:
            right = f"one of the shared deductibles: {', '.join(sorted(deductibles)) or '(none)'}"
            yield (*at, "shares_deductible"), repr(each.shares_deductible), right
        for source in each.residue_of.liabilities if each.residue_of else ():
            if source not in ids:
                yield (*at, "residue_of", "liabilities"), repr(source), known_ids
        yield from _unlisted(plan, _lists(each, at))
        yield from _threshold(plan, each, at)
    for index, cap in enumerate(plan.shared_caps):
        for liability_id in cap.liabilities:
            if liability_id not in ids:
                yield ("shared_caps", index, "liabilities"), repr(liability_id), known_ids


def _layers(plan: Plan) -> Iterator[Contradiction]:
    """A layer settles all in-scope cost of one bill by its own deductible, ratios and caps, and nothing else."""
    for index, each in enumerate(plan.hypothetical.layers if plan.hypothetical is not None else ()):
        at = ("hypothetical", "layers", index)
        yield from _threshold(plan, each, at)
        whole = [each.model_dump(exclude_unset=True) for each in each.takes]
        if whole != [{"buckets": {"in_scope": 10_000}}]:
            yield (
                (*at, "takes"),
                "costs of some kind",
                "[{buckets: {in_scope: 100%}}], for a layer settles them all",
            )
        if each.shares_deductible is not None:
            yield (*at, "shares_deductible"), repr(each.shares_deductible), "a deductible of the layer's own"


def _threshold(plan: Plan, liability: Liability, at: Path) -> Iterator[Contradiction]:
    deductible = liability.deductible
    if deductible is not None and deductible.floats_with and not plan.critical_illness_thresholds:
        yield (*at, "deductible", "floats_with"), "no thresholds", "critical_illness_thresholds by scheme"


def _lists(liability: Liability, at: Path) -> Iterator[tuple[Path, str]]:
    for number, selector in enumerate(liability.takes):
        for name in selector.lists or ():
            yield (*at, "takes", number, "lists"), name
        for name in selector.not_lists or ():
            yield (*at, "takes", number, "not_lists"), name
    for number, cap in enumerate(liability.caps):
        for name in cap.lists or ():
            yield (*at, "caps", number, "lists"), name
    yield from _exclusion_lists(liability.exclusions, at)


def _exclusion_lists(exclusions: tuple[Exclusion, ...], at: Path) -> Iterator[tuple[Path, str]]:
    for number, exclusion in enumerate(exclusions):
        for name in exclusion.lists or ():
            yield (*at, "exclusions", number, "lists"), name


def _unlisted(plan: Plan, named: Iterable[tuple[Path, str]]) -> Iterator[Contradiction]:
    right = f"one of the plan's lists: {', '.join(sorted(plan.lists)) or '(none)'}"
    for path, name in named:
        if name not in plan.lists:
            yield path, repr(name), right


def _tiers(plan: Plan) -> Iterator[Contradiction]:
    tiers = [each.tier for each in plan.premiums]
    right = f"a tier of the premiums: {', '.join(tiers)}"
    named = [(path, name) for path, when in _conditions(plan, ()) for name in when.tier or ()]
    for index, rule in enumerate(plan.status_rules):
        named.extend((("status_rules", index, "tiers"), name) for name in rule.tiers or ())
    for path, name in named:
        if name not in tiers:
            yield path, repr(name), right


def _conditions(value: object, path: Path) -> Iterator[tuple[Path, When]]:
    """Every condition with its path, however deep."""
    if isinstance(value, When):
        yield (*path, "tier"), value
    if isinstance(value, BaseModel) and not isinstance(value, Case):
        for name, field in type(value).model_fields.items():
            yield from _conditions(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _conditions(each, (*path, index))
