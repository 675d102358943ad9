"""What a history has said about one claim so far: its bill in every revision, its decisions, which of them stands."""

from dataclasses import dataclass, field

from libs.conservation.facts import Explained, Lines
from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    ClaimWithdrawalNoted,
)
from libs.contracts.fraud import ClaimFactsNoted
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.contracts.medical_data import RecordsAttached

Decided = ClaimAdjudicated | ClaimDenied
Filed = ClaimRegistered | ClaimCorrected


@dataclass(slots=True)
class ClaimBooks:
    """Every event about the claim's bill and decisions, kept whole. `lines`: what their items come to, by revision.

    `annulled_corrections`: how many count as not said, so that many revisions are missing at most.
    """

    claim_id: str
    annulled_corrections: int = 0
    filed: list[Filed] = field(default_factory=list)
    filed_lines: dict[int, Lines | None] = field(default_factory=dict)
    opened: list[ClaimOpened] = field(default_factory=list)
    opened_lines: dict[int, Lines | None] = field(default_factory=dict)
    withdrawn: list[ClaimWithdrawn] = field(default_factory=list)
    withdrawals_noted: list[ClaimWithdrawalNoted] = field(default_factory=list)
    records: list[RecordsAttached] = field(default_factory=list)
    facts_noted: list[ClaimFactsNoted] = field(default_factory=list)
    decisions: list[Decided] = field(default_factory=list)
    explained: dict[str, Explained | None] = field(default_factory=dict)
    reversals: list[AdjudicationReversed] = field(default_factory=list)
    standing: Decided | None = None

    def shelve_bill(
        self,
        event: Filed | ClaimOpened | ClaimWithdrawn | RecordsAttached | ClaimFactsNoted,
        lines: Lines | None,
    ) -> None:
        """Keep what is said of the bill."""
        match event:
            case ClaimRegistered() | ClaimCorrected():
                self.filed.append(event)
                self.filed_lines.setdefault(revision_of(event), lines)
            case ClaimOpened():
                self.opened.append(event)
                self.opened_lines[event.revision] = lines
            case ClaimWithdrawn():
                self.withdrawn.append(event)
            case RecordsAttached():
                self.records.append(event)
            case ClaimFactsNoted():
                self.facts_noted.append(event)

    def filed_as(self, revision: int) -> Filed | None:
        """The bill that intake accepted as this revision."""
        return next((each for each in self.filed if revision_of(each) == revision), None)

    def decision(self, decision_id: str) -> Decided | None:
        """The claim's decision of an id, whether it stands or not."""
        return next((each for each in self.decisions if each.decision_id == decision_id), None)

    def is_void(self, decision_id: str) -> bool:
        """Whether this decision was reversed without a successor."""
        return any(each.decision_id == decision_id and each.replaced_by is None for each in self.reversals)


def revision_of(filed: Filed) -> int:
    """1 as registered, then what the corrections say."""
    return filed.revision if isinstance(filed, ClaimCorrected) else 1


def awarded_fen(decision: Decided | None) -> int:
    """What a decision costs the pool: the plan's part of the bill and cash benefits beside it."""
    if not isinstance(decision, ClaimAdjudicated):
        return 0
    return decision.plan_pays_fen + decision.cash_benefits_fen


def desk_fen(decision: Decided | None) -> int:
    """What of it the insurance centre has settled: owed to the centre."""
    return decision.settled_at_desk_fen if isinstance(decision, ClaimAdjudicated) else 0


def due_fen(decision: Decided | None) -> int:
    """What a decision pays out to the person."""
    return awarded_fen(decision) - desk_fen(decision)


def borne_by(decision: Decided, bearer: str) -> int:
    """Sum of a bearer's parts of the bill."""
    return sum(part.amount_fen for part in decision.bearings if part.bearer == bearer)
