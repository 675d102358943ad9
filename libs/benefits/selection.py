"""Gives each portion of cost to one liability, or says why none takes it."""

import msgspec

from libs.benefits.case import Bill
from libs.benefits.conditions import Facts
from libs.benefits.plan import Plan
from libs.benefits.portions import Portion
from libs.benefits.taker import Asked
from libs.benefits.terms import Exclusion
from libs.money import BASIS_POINTS, round_bp


class Taken(msgspec.Struct, frozen=True, gc=False):
    """Cost a liability counts: the portion it came from (none for residues) and the amount after its weight."""

    portion: Portion | None
    amount_fen: int


class Excluded(msgspec.Struct, frozen=True, gc=False):
    """Cost no liability counts. `reason` is a code; `exclusion` the plan's own clause when one said so."""

    bill_id: str
    portion: Portion
    amount_fen: int
    reason: str
    liability_id: str | None = None
    exclusion: Exclusion | None = None


class Selection(msgspec.Struct, frozen=True):
    """Which liability took what of a bill."""

    taken: dict[str, list[Taken]]
    excluded: list[Excluded]
    not_itemised: frozenset[str]
    """Liabilities that ask for charge categories and took cost without lines."""


def select(plan: Plan, bill: Bill, facts: Facts, portions: list[Portion]) -> Selection:
    """Offers each portion to the liabilities in selection order; the first whose selector fits takes it."""
    asked = Asked(plan, bill, facts)
    taken: dict[str, list[Taken]] = {}
    excluded: list[Excluded] = []
    not_itemised: set[str] = set()
    for portion in portions:
        answer = asked.answer(portion)
        liability, amount_fen = answer.liability, portion.amount_fen
        liability_id = liability.id if liability is not None else None
        if liability_id is None or answer.failure:
            excluded.append(
                Excluded(bill.id, portion, amount_fen, answer.failure, liability_id, answer.barred)
            )
            continue
        whole = answer.weight_bp == BASIS_POINTS
        counted_fen = amount_fen if whole else round_bp(amount_fen * answer.weight_bp)
        if counted_fen:
            taken.setdefault(liability_id, []).append(Taken(portion, counted_fen))
        if counted_fen < amount_fen:
            rest_fen = amount_fen - counted_fen
            excluded.append(Excluded(bill.id, portion, rest_fen, "counted_in_part", liability_id))
        if answer.by_category and (portion.line is None or portion.line.category is None):
            not_itemised.add(liability_id)
    return Selection(taken, excluded, frozenset(not_itemised))
