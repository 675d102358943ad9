"""What an evaluation found, in whole fen; every fen of the bill is in exactly one place."""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from libs.benefits.selection import Excluded
from libs.benefits.terms import Cap, Term


class DeductibleTaken(NamedTuple):
    """`required_fen` for the year (or stay), `used_fen` borne before, `taken_fen` borne now."""

    required_fen: int
    used_fen: int
    taken_fen: int
    terms: tuple[Term, ...] = ()
    """The deductible and the rules that changed it, in the order applied."""


class BandPaid(NamedTuple):
    """`covered_fen` of cost at `rate_bp`, placed from `from_fen` on the year's axis."""

    from_fen: int
    covered_fen: int
    rate_bp: int
    paid_fen: int


class CapCut(NamedTuple):
    """A limit that bit: `cut_fen` less was paid (or counted, when the cap limits cost)."""

    cap_id: str
    group: str | None
    limit: int
    used: int
    cut_fen: int
    on_cost: bool
    term: Term


class LiabilityOutcome(msgspec.Struct, frozen=True):
    """One liability on one bill.

    base = cost cut by cost caps + scaled_out + deductible + covered;
    covered = coinsurance + cut by caps on what is paid + limited_by_others + paid.
    """

    bill_id: str
    liability_id: str
    base_fen: int
    scaled_out_fen: int
    deductible: DeductibleTaken
    measured_on: str | None
    bands: tuple[BandPaid, ...]
    rules: tuple[Term, ...]
    """Ratio and scale rules that held, in the order applied."""
    coinsurance_fen: int
    cuts: tuple[CapCut, ...]
    limited_by_others_fen: int
    paid_fen: int
    handed_on: tuple[tuple[str, str, int], ...] = ()
    """(part, liability that took it over, fen)."""

    @property
    def above_cap_fen(self) -> int:
        """Cost the patient bears because some cap was reached."""
        return sum(cut.cut_fen for cut in self.cuts)


@dataclass(frozen=True, slots=True)
class PatientPart:
    """A part of what is left after the plan, and why: a reason code and the liability or exclusion behind it."""

    reason: str
    liability_id: str | None
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader should know: an assumption used, cost not itemised, ..."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CashPaid:
    """A cash benefit paid on an event; no part of the bill."""

    benefit_id: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class MakerFlow:
    """Money a maker owes the insurers for a listed product (negative: is owed); outside the bill."""

    list_id: str
    product: str
    form: str
    amount_fen: int


class BillOutcome(msgspec.Struct, frozen=True):
    """One bill: total = before + plan + beside + after + patient."""

    bill_id: str
    total_fen: int
    before_fen: int
    beside_fen: int
    after_fen: int
    plan_pays_fen: int
    liabilities: tuple[LiabilityOutcome, ...]
    excluded: tuple[Excluded, ...]
    not_itemised: frozenset[str] = frozenset()
    """Liabilities that ask for charge categories and took cost without lines."""
    cash: tuple[CashPaid, ...] = ()
    makers: tuple[MakerFlow, ...] = ()

    @property
    def patient_bears_fen(self) -> int:
        """What remains for the patient."""
        return self.total_fen - self.before_fen - self.beside_fen - self.after_fen - self.plan_pays_fen


def cap_key(liability_id: str, cap: Cap, group: str | None) -> str:
    """Key of a cap's balance in `Usage.caps`."""
    return f"{liability_id}/{cap.id}" + (f"/{group}" if group is not None else "")
