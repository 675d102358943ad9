"""What a history has said about one claim so far."""

from dataclasses import dataclass, field

from libs.conservation.facts import Explained, Lines
from libs.contracts.adjudication import ClaimAdjudicated, ClaimDenied, ClaimOpened
from libs.contracts.charity import BurdenNoted, ReferralMade
from libs.contracts.fraud import ClaimFactsNoted
from libs.contracts.intake import ClaimRegistered
from libs.contracts.medical_data import RecordsAttached
from libs.contracts.payout import (
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)

Decided = ClaimAdjudicated | ClaimDenied
Payout = PaymentHeld | PaymentInstructed | PaymentSettled | PaymentRejected | PaymentReturned


@dataclass(slots=True)
class ClaimBooks:
    """Every money event of one claim, kept whole: rules look at all of them after each new one."""

    claim_id: str
    registered: list[ClaimRegistered] = field(default_factory=list)
    opened: list[ClaimOpened] = field(default_factory=list)
    registered_lines: Lines | None = None
    opened_lines: Lines | None = None
    records: list[RecordsAttached] = field(default_factory=list)
    facts_noted: list[ClaimFactsNoted] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    explained: Explained | None = None
    held: list[PaymentHeld] = field(default_factory=list)
    instructed: list[PaymentInstructed] = field(default_factory=list)
    settled: list[PaymentSettled] = field(default_factory=list)
    rejected: list[PaymentRejected] = field(default_factory=list)
    returned: list[PaymentReturned] = field(default_factory=list)
    burdens: list[BurdenNoted] = field(default_factory=list)
    referrals: list[ReferralMade] = field(default_factory=list)

    def decision(self, decision_id: str) -> Decided | None:
        """The claim's decision of an id."""
        return next((each for each in self.decisions if each.decision_id == decision_id), None)


def due_fen(decision: Decided | None) -> int:
    """What a decision pays out: the plan's part of the bill and cash benefits beside it."""
    if not isinstance(decision, ClaimAdjudicated):
        return 0
    return decision.plan_pays_fen + decision.cash_benefits_fen


def borne_by(decision: Decided, bearer: str) -> int:
    """Sum of a bearer's parts of the bill."""
    return sum(part.amount_fen for part in decision.bearings if part.bearer == bearer)
