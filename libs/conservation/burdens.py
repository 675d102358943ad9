"""What remains with the patient: as decided, added up over the calendar year, and never less than the aid asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from libs.conservation.books import ClaimBooks, borne_by
from libs.conservation.report import Broken
from libs.contracts.adjudication import ClaimDenied
from libs.contracts.charity import (
    BurdenNoted,
    BurdenWithdrawn,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
)

Burden = BurdenNoted | BurdenWithdrawn | ReferralMade | ReferralRevised | ReferralWithdrawn

# A bill that is not owed, or not known, is no need.
_NO_NEED = frozenset({"fraudulent", "after_death", "settlement_differs"})


@dataclass(slots=True)
class YearBurden:
    """A person's burden of one calendar year by claim, and the aid that each referral asks for."""

    by_claim_fen: dict[str, int] = field(default_factory=dict)
    referred_fen: dict[str, int] = field(default_factory=dict)
    claims: set[str] = field(default_factory=set)

    def take(self, event: Burden, books: ClaimBooks) -> Iterator[Broken]:
        """Compare an event with the year so far, then take it over."""
        self.claims.add(event.claim_id)
        match event:
            case BurdenNoted():
                yield from _as_decided(event, books)
                self.by_claim_fen[event.claim_id] = event.claim_burden_fen
                yield from self._total(event.burden_fen)
            case BurdenWithdrawn():
                self.by_claim_fen.pop(event.claim_id, None)
                yield from self._total(event.burden_fen)
            case ReferralMade():
                yield from self._referred(event)
            case ReferralRevised() | ReferralWithdrawn():
                yield from self._revised(event)

    def end_of_year(self) -> Iterator[Broken]:
        """Asked when charity has done with a decision: no more aid is asked for than there is burden."""
        asked_fen, burden_fen = sum(self.referred_fen.values()), sum(self.by_claim_fen.values())
        if asked_fen > burden_fen:
            yield Broken("aid_within_burden", f"{asked_fen} fen of aid for {burden_fen} fen of burden")

    def _total(self, stated_fen: int) -> Iterator[Broken]:
        total_fen = sum(self.by_claim_fen.values())
        if stated_fen != total_fen:
            yield Broken("burden_of_year", f"burden of the year {stated_fen} ≠ {total_fen} fen")

    def _referred(self, event: ReferralMade) -> Iterator[Broken]:
        yield from self._with_burden(event.remaining_burden_fen)
        asked_fen = sum(self.referred_fen.values())
        if event.aid_suggested_before_fen != asked_fen:
            sides = f"said {event.aid_suggested_before_fen}, were {asked_fen} fen"
            yield Broken("aid_asked_before", f"aid suggested before: {sides}")
        if event.referral_id in self.referred_fen:
            yield Broken("referred_once", f"referral {event.referral_id} is made twice")
        self.referred_fen[event.referral_id] = event.suggested_aid_fen
        yield from self.end_of_year()

    def _revised(self, event: ReferralRevised | ReferralWithdrawn) -> Iterator[Broken]:
        yield from self._with_burden(event.remaining_burden_fen)
        before_fen = self.referred_fen.get(event.referral_id)
        if before_fen != event.suggested_aid_before_fen:
            yield Broken("revises_what_was_asked", f"referral {event.referral_id} asked for {before_fen} fen")
        if isinstance(event, ReferralWithdrawn):
            self.referred_fen.pop(event.referral_id, None)
        else:
            self.referred_fen[event.referral_id] = event.suggested_aid_fen

    def _with_burden(self, stated_fen: int) -> Iterator[Broken]:
        burden_fen = sum(self.by_claim_fen.values())
        if stated_fen != burden_fen:
            yield Broken("referred_with_burden", f"referred with a burden of {stated_fen} ≠ {burden_fen} fen")


def _as_decided(noted: BurdenNoted, books: ClaimBooks) -> Iterator[Broken]:
    decision = books.decision(noted.decision_id)
    if decision is None:
        yield Broken("burden_as_decided", "a burden is noted of no decision")
        return
    no_need = isinstance(decision, ClaimDenied) and decision.reason in _NO_NEED
    left_fen = 0 if no_need else borne_by(decision, "patient")
    if noted.claim_burden_fen != left_fen:
        yield Broken("burden_as_decided", f"burden {noted.claim_burden_fen}, decision leaves {left_fen} fen")
