"""Histories in which claims arrive late, are corrected and withdrawn, as the services' own deciders tell them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid5

from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimDenied
from libs.contracts.one_stop import OneStopAmounts
from libs.contracts.payout import PaymentFileClosed
from libs.eventlog.event import Recorded
from libs.testing.submissions import one_stop_amounts
from services.adjudication.domain.commands import Heard
from services.charity.adapters.programme_files import read_programmes
from services.charity.domain import referring
from services.charity.domain.state import Person as Needy
from services.charity.domain.state import evolve as evolve_needy
from services.charity.domain.state import initial as initial_needy
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import (
    ApprovePayAgain,
    Command,
    PayDecision,
    ProposePayAgain,
    RecordRepayment,
    Reject,
    ReleaseHeld,
    Return,
    Settle,
    WithdrawEntitlement,
    WriteOff,
)
from services.payout.domain.payments import decide
from tests.unit.adjudication.heard_events import (
    NOW,
    PERSON,
    SEALED,
    YUAN,
    a_settlement,
    a_visit,
    attached,
    corrected,
    covered,
    registered,
    scored,
    withdrawn,
)
from tests.unit.adjudication.told_person import PLANS, ToldPerson
from tests.unit.conservation.histories import _IDS, Writer

PROGRAMMES = read_programmes()
_SOURCES = {
    "ClaimRegistered": "intake",
    "ClaimCorrected": "intake",
    "ClaimWithdrawn": "intake",
    "RecordsAttached": "medical_data",
    "ClaimScored": "fraud",
    "CoverageActivated": "enrolment",
}


@dataclass
class ToldHistory:
    """One person's life with all services; what each says is recorded as its log would."""

    choice: Random
    writer: Writer = field(default_factory=Writer)
    told: ToldPerson = field(default_factory=ToldPerson)
    account: Account = field(default_factory=lambda: initial(f"person-{PERSON}"))
    needy: Needy = field(default_factory=lambda: initial_needy(f"person-{PERSON}"))
    in_files: set[str] = field(default_factory=set)
    pays_again: bool = False

    def hear(self, heard: Heard) -> None:
        """A service says something; adjudication decides, payout and charity follow."""
        cause = self.writer.append(_SOURCES[type(heard).__name__], heard)
        for event in self.told.hears(heard):
            recorded = self.writer.append("adjudication", event, cause)
            if isinstance(event, ClaimAdjudicated | ClaimDenied):
                self._need(referring.NoteDecision(event, NOW), recorded)
                creditor = SEALED if self.choice.random() < 0.8 else None
                self.pay(PayDecision(event, creditor, frozenset(self.in_files), NOW), recorded)
            elif isinstance(event, AdjudicationReversed) and event.replaced_by is None:
                self._need(referring.NoteWithdrawal(event, NOW), recorded)
                self.pay(WithdrawEntitlement(event, SEALED, frozenset(self.in_files), NOW), recorded)

    def pay(self, command: Command, cause: Recorded | None = None) -> None:
        """Payout does what it does."""
        for event in decide(self.account, command):
            self.account = evolve(self.account, event)
            self.writer.append("payout", event, cause)

    def _need(self, command: referring.Command, cause: Recorded) -> None:
        for event in referring.decide(self.needy, command, PROGRAMMES):
            self.needy = evolve_needy(self.needy, event)
            self.writer.append("charity", event, cause)

    def bank(self) -> None:
        """A file leaves, and the bank says something of some of what has left."""
        unsent = [p for p in self.account.payments.values() if p.status == "instructed"]
        unsent = [payment for payment in unsent if payment.payment_id not in self.in_files]
        if unsent and self.choice.random() < 0.7:
            self._close([payment.payment_id for payment in unsent], sum(p.amount_fen for p in unsent))
        for payment in list(self.account.payments.values()):
            chance = self.choice.random()
            if payment.payment_id in self.in_files and payment.status == "instructed" and chance < 0.8:
                if chance < (0.5 if self.pays_again else 0.1):
                    self.pay(Reject(payment.payment_id, "AC04", NOW))
                else:
                    self.pay(Settle(payment.payment_id, payment.amount_fen, "b", NOW, NOW))
            elif payment.status == "settled" and chance < (0.3 if self.pays_again else 0.05):
                self.pay(Return(payment.payment_id, payment.amount_fen, "b", "MD07", NOW))

    def collect(self) -> None:
        """The person repays a part, or the pool gives up."""
        for clawback in list(self.account.clawbacks.values()):
            chance = self.choice.random()
            if clawback.open_fen and chance < 0.3:
                amount_fen = self.choice.randint(1, clawback.open_fen)
                reference = f"T{self.writer.count}"
                self.pay(
                    RecordRepayment(clawback.clawback_id, amount_fen, reference, NOW.date(), "cashier", NOW)
                )
            elif clawback.open_fen and chance < 0.45:
                self.pay(WriteOff(clawback.clawback_id, "hardship", "manager", NOW))

    def pay_again(self) -> None:
        """Two people agree to pay some of what came back to another account, twice by mistake."""
        for payment in list(self.account.payments.values()):
            if payment.unpayable_fen and self.choice.random() < 0.6:
                self.pay(ProposePayAgain(payment.payment_id, SEALED, "li", NOW))
                for approver in ("wang", "zhao"):
                    self.pay(ApprovePayAgain(payment.payment_id, approver, NOW))

    def finish(self) -> None:
        """Everything that is held is released, everything that is instructed is settled."""
        for claim_id in {payment.claim_id for payment in self.account.payments.values()}:
            self.pay(ReleaseHeld(claim_id, SEALED, NOW))
        under_way = [p for p in self.account.payments.values() if p.status == "instructed"]
        unsent = [payment for payment in under_way if payment.payment_id not in self.in_files]
        if unsent:
            self._close([payment.payment_id for payment in unsent], sum(p.amount_fen for p in unsent))
        for payment in under_way:
            self.pay(Settle(payment.payment_id, payment.amount_fen, "b", NOW, NOW))

    def _close(self, payment_ids: Sequence[str], total_fen: int) -> None:
        file_id = str(uuid5(_IDS, ",".join(payment_ids)))
        closed: Event = PaymentFileClosed(
            file_id=file_id,
            message_id="HF1",
            payment_ids=tuple(payment_ids),
            total_fen=total_fen,
            closed_at=NOW,
        )
        self.writer.append("payout", closed)
        self.in_files |= set(payment_ids)


def a_told_history(seed: int, claims: int = 4, *, pays_again: bool = False) -> ToldHistory:
    """A year of a person, drawn from a seed, and finished. `pays_again`: much comes back, and is paid again."""
    choice = Random(seed)
    history = ToldHistory(choice, pays_again=pays_again)
    plan_id = choice.choice(["demo-generic", "huhuibao-2025"])
    history.hear(covered(plan_id=plan_id))
    heard: list[list[Heard]] = [_said(choice, f"c{number}", plan_id) for number in range(claims)]
    while any(heard):
        history.hear(choice.choice([said for said in heard if said]).pop(0))
        history.bank()
        history.collect()
        if pays_again:
            history.pay_again()
    history.finish()
    return history


def _settled_by_centre(choice: Random, left_fen: int, plan_id: str) -> OneStopAmounts:
    """Sometimes the centre feeds nothing, otherwise a part of what was left to the person."""
    pays_fen = left_fen * choice.choice([0, 1, 2, 3]) // 4
    first, second, *_ = PLANS[plan_id].liabilities
    deductible_fen = 3_000 * YUAN if pays_fen else 0
    return one_stop_amounts((first.id, deductible_fen, pays_fen), (second.id, 0, 0), plan_id=plan_id)


def _said(choice: Random, claim_id: str, plan_id: str) -> list[Heard]:
    """Everything that is said of one claim, in its order."""
    said: list[Heard] = []
    for revision in range(1, choice.choice([1, 1, 2, 3]) + 1):
        total_fen = choice.randint(2, 50) * 10_000 * YUAN
        own_fen = choice.randint(0, 1) * total_fen // 4
        settlement = a_settlement(total_fen, own_fen, (total_fen - own_fen) // choice.choice([2, 3]))
        admitted_on = NOW.date() + timedelta(days=choice.randint(-50, 200))
        visit = a_visit(admitted_on=admitted_on, discharged_on=admitted_on + timedelta(days=3))
        bill: dict[str, Any] = {"visit": visit, "settlement": settlement}
        if choice.random() < 0.35:
            bill["one_stop"] = _settled_by_centre(choice, settlement.personal_total_fen, plan_id)
        said.append(registered(claim_id, **bill) if revision == 1 else corrected(claim_id, revision, **bill))
        bureau: dict[str, Any] = {"bureau_total_fen": total_fen, "bureau_fund_fen": settlement.fund_total_fen}
        said += [attached(claim_id, revision=revision, **bureau), scored(claim_id, revision=revision)]
    if choice.random() < 0.25:
        said.append(withdrawn(claim_id))
    return said
