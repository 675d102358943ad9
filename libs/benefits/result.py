"""The result of an evaluation: the decision, its parts, its explanation, the balances after it."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from libs.benefits.case import Case, Usage
from libs.benefits.explanation import explain
from libs.benefits.node import Node
from libs.benefits.notes import notes_of
from libs.benefits.outcome import BillOutcome, CashPaid, LiabilityOutcome, MakerFlow, Note, PatientPart
from libs.benefits.outcome_json import excluded_json, outcome_json
from libs.benefits.patient_share import patient_share
from libs.benefits.plan import Plan
from libs.benefits.selection import Excluded


@dataclass(frozen=True)
class Evaluation:
    """The result of `evaluate`; sums over all bills of the case, detail by bill."""

    plan: Plan
    case: Case
    bills: tuple[BillOutcome, ...]
    usage_after: Usage

    @cached_property
    def total_fen(self) -> int:
        """All bills."""
        return sum(bill.total_fen for bill in self.bills)

    @cached_property
    def layers_before_fen(self) -> int:
        """What the payers before the plan bore."""
        return sum(bill.before_fen for bill in self.bills)

    @cached_property
    def other_layers_fen(self) -> int:
        """What payers beside and after the plan bear."""
        return sum(bill.beside_fen + bill.after_fen for bill in self.bills)

    @cached_property
    def plan_pays_fen(self) -> int:
        """The decision."""
        return sum(bill.plan_pays_fen for bill in self.bills)

    @cached_property
    def patient_bears_fen(self) -> int:
        """What remains for the patient after every payer."""
        return sum(bill.patient_bears_fen for bill in self.bills)

    @cached_property
    def cash_benefits(self) -> tuple[CashPaid, ...]:
        """Lump sums and daily benefits, beside what the plan pays for the bills."""
        return tuple(paid for bill in self.bills for paid in bill.cash)

    @cached_property
    def cash_benefits_fen(self) -> int:
        """The sum of the cash benefits."""
        return sum(paid.amount_fen for paid in self.cash_benefits)

    @cached_property
    def maker_flows(self) -> tuple[MakerFlow, ...]:
        """Rebates and the like between makers and insurers; no part of the bill."""
        return tuple(flow for bill in self.bills for flow in bill.makers)

    @cached_property
    def paid_by_liability(self) -> dict[str, int]:
        """Fen per liability id, for every liability of the plan."""
        paid = {liability.id: 0 for liability in self.plan.liabilities}
        for bill in self.bills:
            for outcome in bill.liabilities:
                paid[outcome.liability_id] += outcome.paid_fen
        return paid

    @cached_property
    def liabilities(self) -> tuple[LiabilityOutcome, ...]:
        """Every liability that counted some cost, bill by bill."""
        return tuple(outcome for bill in self.bills for outcome in bill.liabilities)

    @cached_property
    def excluded(self) -> tuple[Excluded, ...]:
        """Every part of cost that no liability counted, with its reason."""
        return tuple(part for bill in self.bills for part in bill.excluded)

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """Notes without repetition."""
        return tuple(dict.fromkeys(note for bill in self.bills for note in notes_of(self.plan, bill)))

    @cached_property
    def patient_share(self) -> tuple[PatientPart, ...]:
        """Why the patient bears what they bear; the amounts sum to `patient_bears_fen`."""
        return patient_share(self.bills)

    @cached_property
    def explanation(self) -> Node:
        """The tree from the bills to each fen; leaves under it sum to `total_fen`."""
        return explain(self.plan, self.case, self.bills)

    def as_json(self) -> dict[str, Any]:
        """The whole result as plain JSON values."""
        return {
            "plan": {"id": self.plan.id, "digest": self.plan.digest},
            "total_fen": self.total_fen,
            "layers_before_fen": self.layers_before_fen,
            "plan_pays_fen": self.plan_pays_fen,
            "cash_benefits_fen": self.cash_benefits_fen,
            "plan_and_cash_fen": self.plan_pays_fen + self.cash_benefits_fen,
            "other_layers_fen": self.other_layers_fen,
            "patient_bears_fen": self.patient_bears_fen,
            "paid_by_liability": self.paid_by_liability,
            "liabilities": [outcome_json(outcome) for outcome in self.liabilities],
            "patient_share": [asdict(part) for part in self.patient_share],
            "excluded": [excluded_json(part) for part in self.excluded],
            "notes": [asdict(note) for note in self.notes],
            "cash_benefits": [asdict(paid) for paid in self.cash_benefits],
            "maker_flows": [asdict(flow) for flow in self.maker_flows],
            "usage_after": self.usage_after.model_dump(mode="json"),
            "explanation": self.explanation.as_json(),
        }
