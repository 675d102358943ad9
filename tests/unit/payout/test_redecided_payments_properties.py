"""Whatever is decided, withdrawn, filed, refused, returned, repaid and given up in whatever order: the sums hold."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.contracts import Event
from services.payout.domain.account import Account, evolve, initial
from services.payout.domain.commands import (
    Command,
    PayDecision,
    RecordRepayment,
    Reject,
    ReleaseHeld,
    Return,
    Settle,
    WithdrawEntitlement,
    WriteOff,
)
from services.payout.domain.netting import may_be_cancelled
from services.payout.domain.payments import decide
from tests.unit.payout.decisions import NOW, PERSON, SEALED, a_decision, a_denial, a_reversal

PLANS = ("demo-generic", "another")

Step = tuple[str, int, int, int]
steps = st.tuples(
    st.sampled_from(["decide"] * 4 + ["withdraw", "file", "bank", "bank", "release", "repay", "write_off"]),
    st.integers(0, 2),
    st.integers(0, 5),
    st.integers(0, 7),
)


@dataclass
class Life:
    """One person's payments, driven by small numbers; every command is sent twice."""

    account: Account = field(default_factory=lambda: initial(f"person-{PERSON}"))
    log: list[Event] = field(default_factory=list)
    in_files: set[str] = field(default_factory=set)
    numbers: Counter[str] = field(default_factory=Counter)
    due: dict[tuple[str, str], int] = field(default_factory=dict)
    desk: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        kind, which, amount, choice = step
        command = getattr(self, f"_{kind}")(f"c{which}", amount, choice)
        if command is None:
            return
        for event in decide(self.account, command):
            self.account = evolve(self.account, event)
            self.log.append(event)
        assert decide(self.account, command) == []

    def _decide(self, claim_id: str, amount: int, choice: int) -> Command:
        self.numbers[claim_id] += 1
        number, plan_id = self.numbers[claim_id], PLANS[choice == 0]
        about = {"decision_id": f"{claim_id}/{number}", "claim_id": claim_id, "number": number}
        for plan in PLANS:
            self.due[claim_id, plan] = self.desk[claim_id, plan] = 0
        creditor = SEALED if choice % 3 else None
        if amount == 0:
            return PayDecision(a_denial(**about), creditor, frozenset(self.in_files), NOW)  # type: ignore[arg-type]
        # Of some claims the insurance centre has settled all or half of what the plan pays.
        desk_fen = {6: amount * 100, 7: amount * 50}.get(choice, 0)
        self.due[claim_id, plan_id], self.desk[claim_id, plan_id] = amount * 100 - desk_fen, desk_fen
        money = {"plan_pays_fen": amount * 100, "settled_at_desk_fen": desk_fen, "plan_id": plan_id}
        decision = a_decision(**about, **money)  # type: ignore[arg-type]
        return PayDecision(decision, creditor, frozenset(self.in_files), NOW)

    def _withdraw(self, claim_id: str, _: int, choice: int) -> Command | None:
        number = self.numbers[claim_id]
        if number == 0 or choice:
            return None
        for plan in PLANS:
            self.due[claim_id, plan] = self.desk[claim_id, plan] = 0
        undone = a_reversal(f"{claim_id}/{number}", claim_id, number=number)
        return WithdrawEntitlement(undone, SEALED, frozenset(self.in_files), NOW)

    def _file(self, *_: object) -> None:
        self.in_files |= {p.payment_id for p in self.account.payments.values() if p.status == "instructed"}

    def _bank(self, _: str, amount: int, choice: int) -> Command | None:
        sent = [p for p in self.account.payments.values() if p.payment_id in self.in_files]
        under_way = [p for p in sent if p.status == "instructed"]
        settled = [p for p in sent if p.status == "settled"]
        if under_way and choice < 5:
            payment = under_way[amount % len(under_way)]
            return Settle(payment.payment_id, payment.amount_fen, "b", NOW, NOW)
        if under_way:
            return Reject(under_way[amount % len(under_way)].payment_id, "AC04", NOW)
        if settled and choice > 5:
            payment = settled[amount % len(settled)]
            return Return(payment.payment_id, payment.amount_fen, "b", "MD07", NOW)
        return None

    def _release(self, claim_id: str, *_: object) -> Command:
        return ReleaseHeld(claim_id, SEALED, NOW)

    def _repay(self, _: str, amount: int, choice: int) -> Command | None:
        owing = [c for c in self.account.clawbacks.values() if c.open_fen]
        if not owing:
            return None
        clawback = owing[choice % len(owing)]
        repaid = min(clawback.open_fen, (amount + 1) * 50)
        return RecordRepayment(
            clawback.clawback_id, repaid, f"T{len(self.log)}", NOW.date(), "cashier-1", NOW
        )

    def _write_off(self, _: str, amount: int, choice: int) -> Command | None:
        owing = [c for c in self.account.clawbacks.values() if c.open_fen]
        return WriteOff(owing[amount % len(owing)].clawback_id, "hardship", "m", NOW) if owing else None


def sums_hold(life: Life) -> None:
    account = life.account
    ledger: Counter[str] = Counter()
    for event in life.log:
        postings = getattr(event, "postings", ())
        assert sum(posting.amount_fen for posting in postings) == 0
        for posting in postings:
            ledger[posting.account] += posting.amount_fen
    for plan in PLANS:
        due = {claim: fen for (claim, of_plan), fen in life.due.items() if of_plan == plan}
        assert {claim: account.provided_fen(claim, plan) for claim in due} == due
        payments = [p for p in account.payments.values() if p.plan_id == plan]
        clawbacks = [c for c in account.clawbacks.values() if c.plan_id == plan]
        by_status = Counter[str]()
        for payment in payments:
            by_status[payment.status] += payment.amount_fen
        unpayable = sum(payment.unpayable_fen for payment in payments)
        owing = sum(clawback.open_fen for clawback in clawbacks)
        repaid = sum(sum(clawback.repayments.values()) for clawback in clawbacks)
        lost = sum(clawback.written_off_fen for clawback in clawbacks)
        assert min((c.open_fen for c in clawbacks), default=0) >= 0
        # What the person has, is getting, and is owed, less what is owed to the pool, is what is due.
        has = by_status["settled"] - repaid - lost
        assert has + by_status["instructed"] + by_status["held"] + unpayable - owing == sum(due.values())
        desk = sum(fen for (_, of_plan), fen in life.desk.items() if of_plan == plan)
        assert ledger[f"centre_clearing:{plan}"] == -desk
        assert ledger[f"claims_expense:{plan}"] == sum(due.values()) + desk - by_status["held"]
        assert ledger[f"claims_payable:{plan}"] == -by_status["instructed"]
        assert ledger[f"claims_unpayable:{plan}"] == -unpayable
        assert ledger[f"bank:{plan}"] == -by_status["settled"]
        assert ledger[f"clawback_receivable:{plan}"] == owing
        assert ledger[f"collections:{plan}"] == repaid
        assert ledger[f"clawback_losses:{plan}"] == lost
        cancellable = [p for p in payments if may_be_cancelled(p, life.in_files)]
        assert not (owing and (cancellable or unpayable)), "what could be kept back is not"


@settings(deadline=None, max_examples=300)
@given(st.lists(steps, max_size=40))
def test_what_was_provided_is_what_is_due_and_the_ledger_says_so_after_every_step(taken: list[Step]) -> None:
    life = Life()
    for step in taken:
        life.take(step)
        sums_hold(life)
    ids = Counter(
        (type(event).__name__, getattr(event, name))
        for event in life.log
        for name in _MADE_ONCE
        if name in type(event).model_fields and type(event).__name__ in _MADE_ONCE[name]
    )
    assert set(ids.values()) <= {1}
    refolded = initial(f"person-{PERSON}")
    for event in life.log:
        refolded = evolve(refolded, event)
    assert refolded == life.account


_MADE_ONCE = {
    "payment_id": {"PaymentHeld", "PaymentInstructed", "PaymentCancelled", "PaymentSettled"},
    "clawback_id": {"ClawbackRaised"},
    "netting_id": {"ClawbackNetted"},
    "repayment_id": {"ClawbackRepaid"},
    "booking_id": {"DeskSettlementBooked"},
}
