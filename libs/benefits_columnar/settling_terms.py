"""A plan's terms as tables by profile: what a deductible, a ratio or a cap is for each combination of facts."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from libs.benefits import Plan
from libs.benefits.bands import scale_for
from libs.benefits.deductible import apply_amount_rules, required
from libs.benefits.plan import Liability
from libs.benefits.terms import Band, Cap, Deductible, TotalCap
from libs.benefits_columnar.columns import parted
from libs.benefits_columnar.exact import Fen, Index, Mask
from libs.benefits_columnar.profiles import Profiles, profiles_of
from libs.benefits_columnar.treatment import LineClasses


@dataclass(frozen=True)
class DeductibleTerms:
    """The amount by profile, and the liabilities whose balances it is used up by."""

    required: Fen
    per_stay: bool
    used_by: tuple[int, ...]


@dataclass(frozen=True)
class TotalTerms:
    """A cap on sums paid: the amount by profile, and the liabilities that use it up."""

    limit: Fen
    used_by: tuple[int, ...]


@dataclass(frozen=True)
class FinerTerms:
    """A cap inside a liability: the amount by profile, and to which kinds of lines and which bills it applies."""

    cap: Cap
    limit: Fen
    kinds: Mask
    listed_kinds: Mask
    listed_bills: Mask


@dataclass(frozen=True)
class LiabilityTerms:
    """Everything that settling one liability looks at."""

    place: int
    liability: Liability
    scales: tuple[tuple[Mask, int], ...]
    deductible: DeductibleTerms | None
    bands: tuple[tuple[Band, ...], ...]
    bands_of: Index
    """Which of `bands` each profile has."""
    finer: tuple[FinerTerms, ...]
    totals: tuple[TotalTerms, ...]


@dataclass(frozen=True)
class SettlingTerms:
    """All liabilities in the order in which they are settled."""

    profiles: Profiles
    liabilities: tuple[LiabilityTerms, ...]


def settling_terms(plan: Plan, bills: pl.DataFrame, classes: LineClasses) -> SettlingTerms:
    """The tables of a plan for these bills."""
    floats = any(
        each.floats_with is not None
        for each in (*plan.deductibles, *(liability.deductible for liability in plan.liabilities))
        if each is not None
    )
    asking = [*plan.deductibles, *plan.shared_caps, *([plan.cap] if plan.cap else [])]
    for each in plan.liabilities:
        asking += [*each.scales, each.pays, *each.caps]
        asking += [term for term in (each.deductible, each.cap) if term is not None]
    extra = ("scheme", "critical_illness_threshold_fen") if floats else ()
    profiles = profiles_of(plan, bills, asking, *extra)
    place = {liability.id: index for index, liability in enumerate(plan.liabilities)}
    ordered = tuple(
        _liability_terms(plan, liability, place, profiles, bills, classes)
        for liability in plan.evaluation_order
    )
    return SettlingTerms(profiles, ordered)


def _liability_terms(
    plan: Plan,
    liability: Liability,
    place: dict[str, int],
    profiles: Profiles,
    bills: pl.DataFrame,
    classes: LineClasses,
) -> LiabilityTerms:
    scales = tuple(
        (np.array([scale.when.holds(each.facts) for each in profiles.each]), scale.keep_bp)
        for scale in liability.scales
    )
    variants: dict[tuple[tuple[int | None, int], ...], int] = {}
    bands: list[tuple[Band, ...]] = []
    bands_of = []
    for each in profiles.each:
        found = scale_for(liability.pays, each.facts).bands
        key = tuple((band.up_to_fen, band.ratio_bp) for band in found)
        if key not in variants:
            variants[key] = len(bands)
            bands.append(found)
        bands_of.append(variants[key])
    return LiabilityTerms(
        place=place[liability.id],
        liability=liability,
        scales=scales,
        deductible=_deductible_terms(plan, liability, place, profiles),
        bands=tuple(bands),
        bands_of=np.array(bands_of, np.int64),
        finer=tuple(_finer_terms(cap, profiles, bills, classes) for cap in liability.caps),
        totals=_totals(plan, liability, place, profiles),
    )


def _deductible_terms(
    plan: Plan, liability: Liability, place: dict[str, int], profiles: Profiles
) -> DeductibleTerms | None:
    deductible: Deductible | None = liability.deductible
    used_by: tuple[int, ...] = (place[liability.id],)
    if liability.shares_deductible is not None:
        deductible = next(each for each in plan.deductibles if each.id == liability.shares_deductible)
        sharing = (each.id for each in plan.liabilities if each.shares_deductible == deductible.id)
        used_by = tuple(place[each] for each in sharing)
    if deductible is None:
        return None
    amounts = [required(plan, deductible, each.member, each.facts)[0] for each in profiles.each]
    return DeductibleTerms(np.array(amounts, np.int64), deductible.per == "stay", used_by)


def _limit(amount_fen: int, cap: TotalCap | Cap, profiles: Profiles) -> Fen:
    return np.array(
        [apply_amount_rules(amount_fen, cap.rules, each.facts)[0] for each in profiles.each], np.int64
    )


def _totals(
    plan: Plan, liability: Liability, place: dict[str, int], profiles: Profiles
) -> tuple[TotalTerms, ...]:
    """The liability's cap, then shared ones, then the plan's."""
    totals = []
    if liability.cap is not None:
        limit = _limit(liability.cap.amount_fen, liability.cap, profiles)
        totals.append(TotalTerms(limit, (place[liability.id],)))
    for shared in plan.shared_caps:
        if liability.id in shared.liabilities:
            limit = _limit(shared.amount_fen, shared, profiles)
            totals.append(TotalTerms(limit, tuple(place[each] for each in shared.liabilities)))
    if plan.cap is not None:
        limit = _limit(plan.cap.amount_fen, plan.cap, profiles)
        totals.append(TotalTerms(limit, tuple(place.values())))
    return tuple(totals)


def _finer_terms(cap: Cap, profiles: Profiles, bills: pl.DataFrame, classes: LineClasses) -> FinerTerms:
    wanted = set(cap.lists or ())
    kinds = [
        cap.categories is None or (line is not None and line.category in cap.categories)
        for line in classes.each
    ]
    listed = [
        cap.lists is None or (line is not None and not wanted.isdisjoint(line.lists)) for line in classes.each
    ]
    on_bill = {cell: not wanted.isdisjoint(parted(cell)) for cell in bills["lists"].unique()}
    listed_bills = bills["lists"].replace_strict(on_bill, return_dtype=pl.Boolean).to_numpy()
    limit = _limit(cap.amount_fen or 0, cap, profiles)
    return FinerTerms(cap, limit, np.array(kinds), np.array(listed), listed_bills)
