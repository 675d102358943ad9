"""What remains with the patient: as decided, added up over the calendar year."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from libs.conservation.books import ClaimBooks, borne_by
from libs.conservation.report import Broken
from libs.contracts.charity import BurdenNoted


def burden_rules(books: ClaimBooks) -> Iterator[Broken]:
    """What does not hold of the claim's burden and its referrals."""
    for noted in books.burdens:
        decision = books.decision(noted.decision_id)
        left_fen = borne_by(decision, "patient") if decision else None
        if noted.claim_burden_fen != left_fen:
            yield Broken(
                "burden_as_decided", f"burden {noted.claim_burden_fen}, decision leaves {left_fen} fen"
            )
    burdens_fen = {noted.decision_id: noted.burden_fen for noted in books.burdens}
    for referral in books.referrals:
        burden_fen = burdens_fen.get(referral.decision_id, referral.remaining_burden_fen)
        if referral.remaining_burden_fen != burden_fen:
            sides = f"{referral.remaining_burden_fen} ≠ {burden_fen} fen"
            yield Broken("referred_with_burden", f"referred with a burden of {sides}")
        if referral.suggested_aid_fen + referral.aid_suggested_before_fen > referral.remaining_burden_fen:
            yield Broken("aid_within_burden", "more aid is suggested than there is burden")


@dataclass(slots=True)
class YearBurden:
    """A person's burden of one calendar year, by claim."""

    by_claim_fen: dict[str, int] = field(default_factory=dict)

    def note(self, event: BurdenNoted) -> Iterator[Broken]:
        """The claim's newest burden takes the place of its older one."""
        self.by_claim_fen[event.claim_id] = event.claim_burden_fen
        total_fen = sum(self.by_claim_fen.values())
        if event.burden_fen != total_fen:
            yield Broken("burden_of_year", f"burden of the year {event.burden_fen} ≠ {total_fen} fen")
