"""Applies ratios to cost placed on the year's axis; exact until the one rounding at the end."""

import msgspec

from libs.benefits.conditions import Facts
from libs.benefits.outcome import BandPaid
from libs.benefits.terms import Band, Pays, RatioRule
from libs.money import BASIS_POINTS, Rounding, round_bp


class Scale(msgspec.Struct, frozen=True):
    """The bands in force for a person and a bill, and the rules that made them."""

    bands: tuple[Band, ...]
    rules: tuple[RatioRule, ...]


def scale_for(pays: Pays, facts: Facts) -> Scale:
    """The plan's ratios after every rule that holds, each applied to the result of the ones before."""
    bands = pays.all_bands
    held = tuple(rule for rule in pays.rules if rule.when.holds(facts))
    for rule in held:
        bands = _changed(bands, rule)
    return Scale(bands, held)


def _changed(bands: tuple[Band, ...], rule: RatioRule) -> tuple[Band, ...]:
    if rule.bands is not None:
        return rule.bands
    if rule.set_bp is not None:
        return (Band.model_construct(up_to_fen=None, ratio_bp=rule.set_bp),)
    return tuple(
        Band.model_construct(up_to_fen=band.up_to_fen, ratio_bp=_changed_bp(band.ratio_bp, rule))
        for band in bands
    )


def _changed_bp(ratio_bp: int, rule: RatioRule) -> int:
    if rule.times_bp is not None:
        # Products of two published ratios are whole basis points in every known plan (30 % × 40 % = 12 %).
        return round_bp(ratio_bp * rule.times_bp)
    return min(BASIS_POINTS, max(0, ratio_bp + (rule.points_bp or 0)))


def pay_bands(
    bands: tuple[Band, ...], start_fen: int, covered_fen: int, unit_fen: int, rounding: Rounding
) -> tuple[BandPaid, ...]:
    """Pays `covered_fen` of cost lying from `start_fen` on the axis.

    The sum over the bands is rounded once to `unit_fen`; each band gets the difference of rounded running sums,
    so the parts add up to the payment exactly.
    """
    position_fen, end_fen = start_fen, start_fen + covered_fen
    exact_times_bp, paid_fen = 0, 0
    paid: list[BandPaid] = []
    for band in bands:
        upper_fen = end_fen if band.up_to_fen is None else min(end_fen, band.up_to_fen)
        if upper_fen <= position_fen:
            continue
        exact_times_bp += (upper_fen - position_fen) * band.ratio_bp
        running_fen = round_bp(exact_times_bp, unit_fen, rounding)
        paid.append(BandPaid(position_fen, upper_fen - position_fen, band.ratio_bp, running_fen - paid_fen))
        position_fen, paid_fen = upper_fen, running_fen
    return tuple(paid)
