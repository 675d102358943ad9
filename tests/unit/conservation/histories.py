"""Synthetic histories of any shape, as the services record them: consistent to the fen, with valid hash chains."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal
from uuid import UUID, uuid5

from msgspec.structs import replace

from libs.contracts import Event
from libs.contracts.adjudication import (
    Bearing,
    ClaimAdjudicated,
    ClaimDenied,
    ClaimOpened,
    LiabilityOutcome,
    PoolShare,
)
from libs.contracts.charity import BurdenNoted, ReferralMade
from libs.contracts.fraud import ClaimFactsNoted
from libs.contracts.intake import ClaimRegistered
from libs.contracts.medical_data import RecordsAttached
from libs.contracts.payout import (
    LedgerPosting,
    PaymentFileClosed,
    PaymentHeld,
    PaymentInstructed,
    PaymentRejected,
    PaymentReturned,
    PaymentSettled,
)
from libs.contracts.registry import encode
from libs.contracts.sampling import sample_of
from libs.contracts.settlement import FeeLine, Settlement
from libs.eventlog.envelope import to_json
from libs.eventlog.event import Recorded, shard_of
from libs.eventlog.hash_chain import GENESIS, link

SHARDS = 2
PLAN_ID = "demo-generic"
_IDS = UUID("5a0e5a3c-6a1d-4a52-9f0e-3a7b1c2d4e5f")
_START = datetime(2026, 3, 15, 8, 30, tzinfo=UTC)

Ending = Literal[
    "settled", "returned", "rejected", "outstanding", "held", "released", "denied", "nothing", "waiting"
]


@dataclass(frozen=True)
class ClaimFigures:
    """A claim in amounts of fen, and how it ends. `person` may have several claims."""

    person: int = 0
    basic: int = 300_000
    critical_illness: int = 20_000
    assistance: int = 5_000
    other_fund: int = 2_000
    hospital: int = 1_000
    plan: int = 60_000
    patient: int = 90_000
    cash: int = 3_000
    ending: Ending = "settled"

    @property
    def personal(self) -> int:
        """What the layers below leave."""
        return self.plan + self.patient

    @property
    def bill(self) -> int:
        """The whole bill."""
        below = self.basic + self.critical_illness + self.assistance + self.other_fund + self.hospital
        return below + self.personal

    @property
    def paid(self) -> int:
        """What the plan pays of the bill."""
        return 0 if self.ending in ("denied", "nothing", "waiting") else self.plan

    @property
    def due(self) -> int:
        """What is paid out."""
        return self.paid + self.cash if self.paid else 0


@dataclass
class Writer:
    """Appends events as a service's log does."""

    logs: dict[tuple[str, int], list[Recorded]] = field(default_factory=dict)
    count: int = 0

    def append(self, source: str, event: Event, cause: Recorded | None = None) -> Recorded:
        """Record an event at the next position of its shard."""
        shard = shard_of(event.shard_key(), SHARDS)
        log = self.logs.setdefault((source, shard), [])
        self.count += 1
        recorded = Recorded(
            source=source,
            shard=shard,
            position=len(log) + 1,
            stream_id=event.subject(),
            version=self.count,
            event_id=uuid5(_IDS, str(self.count)),
            type=type(event).__name__,
            schema_version=event.schema_version,
            subject=event.subject(),
            recorded_at=_START + timedelta(milliseconds=self.count),
            caused_by=cause.event_id if cause else None,
            traceparent=None,
            body=encode(event),
            hash=GENESIS,
        )
        recorded = replace(recorded, hash=link(log[-1].hash if log else GENESIS, recorded))
        log.append(recorded)
        return recorded

    @property
    def events(self) -> list[Recorded]:
        """Everything, by log."""
        return [recorded for key in sorted(self.logs) for recorded in self.logs[key]]


@dataclass
class _Years:
    """Balances and burdens by person."""

    usage: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    cash: dict[int, int] = field(default_factory=dict)
    burden: dict[int, int] = field(default_factory=dict)


def a_history(claims: Sequence[ClaimFigures] = (ClaimFigures(),)) -> Writer:
    """The logs of all services for these claims."""
    writer, years = Writer(), _Years()
    for number, figures in enumerate(claims):
        _tell(writer, years, number, figures)
    return writer


def lines_of(events: Sequence[Recorded]) -> list[bytes]:
    """Events as exported."""
    return [to_json(event) for event in events]


def heads_of(writer: Writer) -> dict[tuple[str, int], int]:
    """The last positions, as a manifest says them."""
    return {key: log[-1].position for key, log in writer.logs.items()}


def _a(kind: type[Event], **values: Any) -> Any:
    return _sample(kind).model_copy(update=values)


_sample = cache(sample_of)


def _tell(writer: Writer, years: _Years, number: int, figures: ClaimFigures) -> None:
    who = {"person_id": f"p_{figures.person:032x}", "claim_id": f"c-{number}"}
    settlement, lines = _settlement(figures), _lines(figures)
    # A day later with every claim: so they come in the order of service.
    admitted_on = _START.date() + timedelta(days=number)
    visit = _sample(ClaimOpened).visit.model_copy(  # type: ignore[attr-defined]
        update={"admitted_on": admitted_on, "discharged_on": admitted_on}
    )
    bill = {**who, "visit": visit, "settlement": settlement, "lines": lines, "one_stop": None}
    registered = writer.append("intake", _a(ClaimRegistered, **bill))
    records = {"bureau_total_fen": settlement.total_fen, "bureau_fund_fen": settlement.fund_total_fen}
    writer.append("medical_data", _a(RecordsAttached, **who, settlement_matches=True, **records), registered)
    facts = _sample(ClaimFactsNoted).facts.model_copy(  # type: ignore[attr-defined]
        update={"bill_fen": figures.bill, "itemised_fen": figures.bill}
    )
    writer.append("fraud", _a(ClaimFactsNoted, **who, facts=facts), registered)
    writer.append("adjudication", _a(ClaimOpened, **bill), registered)
    if figures.ending == "waiting":
        return
    about = {**who, "decision_id": f"d-{number}"}
    decided = writer.append("adjudication", _decision(years, about, figures))
    _noted_by_charity(writer, years, about, figures, decided)
    if figures.due:
        _paid(writer, {**about, "plan_id": PLAN_ID, "amount_fen": figures.due}, figures.ending, decided)


def _settlement(figures: ClaimFigures) -> Settlement:
    funds = figures.basic + figures.critical_illness + figures.assistance + figures.other_fund
    return Settlement(
        total_fen=figures.bill,
        self_funded_fen=figures.patient,
        in_scope_fen=figures.bill - figures.patient,
        pool_fen=figures.basic,
        resident_critical_illness_fen=figures.critical_illness,
        assistance_fen=figures.assistance,
        other_fund_fen=figures.other_fund,
        fund_total_fen=funds,
        hospital_borne_fen=figures.hospital,
        personal_total_fen=figures.personal,
        personal_cash_fen=figures.personal,
    )


def _lines(figures: ClaimFigures) -> tuple[FeeLine, ...]:
    in_scope = figures.bill - figures.patient
    line = _sample(ClaimOpened).lines[0]  # type: ignore[attr-defined]
    clean = {"over_limit_fen": 0, "first_pay_fen": 0, "self_funded_fen": 0, "in_scope_fen": 0}
    return (
        line.model_copy(update={**clean, "line_no": 1, "amount_fen": in_scope, "in_scope_fen": in_scope}),
        line.model_copy(
            update={**clean, "line_no": 2, "amount_fen": figures.patient, "self_funded_fen": figures.patient}
        ),
    )


def _decision(years: _Years, about: dict[str, str], figures: ClaimFigures) -> Event:
    left_fen = figures.personal - figures.paid
    below = [
        ("basic", figures.basic),
        ("critical_illness", figures.critical_illness),
        ("assistance", figures.assistance),
        ("other_fund", figures.other_fund),
        ("hospital", figures.hospital),
    ]
    parts = [*below, ("plan", figures.paid), ("patient", left_fen)]
    bearings = tuple(
        Bearing.model_validate({"bearer": bearer, "amount_fen": fen, "clause": "1"})
        for bearer, fen in parts
        if fen
    )
    common = {**about, "plan_id": PLAN_ID, "bill_fen": figures.bill, "bearings": bearings}
    if figures.ending == "denied":
        return _a(ClaimDenied, **common)
    moved = (figures.personal, left_fen, figures.paid)
    before = years.usage.get(figures.person, (0, 0, 0))
    after = years.usage[figures.person] = tuple(a + b for a, b in zip(before, moved, strict=True))  # type: ignore[assignment]
    years.cash[figures.person] = years.cash.get(figures.person, 0) + (figures.cash if figures.paid else 0)
    measures = ("base_fen", "deductible_fen", "paid_fen")
    usage = {
        "liabilities": {"in_catalogue": dict(zip(measures, after, strict=True))},
        "caps": {"cash/daily": years.cash[figures.person]},
    }
    taken = {
        "liabilities": {"in_catalogue": dict(zip(measures, moved, strict=True))},
        "caps": {"cash/daily": figures.cash if figures.paid else 0},
    }
    outcome = LiabilityOutcome(liability_id="in_catalogue", **dict(zip(measures, moved, strict=True)))
    lead_fen = figures.due * 6 // 10
    shares = ((6_000, lead_fen), (4_000, figures.due - lead_fen))
    return _a(
        ClaimAdjudicated,
        **common,
        plan_pays_fen=figures.paid,
        cash_benefits_fen=figures.cash if figures.paid else 0,
        patient_bears_fen=left_fen,
        liabilities=(outcome,),
        usage_after=usage,
        usage_taken=taken,
        pool_shares=tuple(
            PoolShare(insurer=f"insurer {bp}", share_bp=bp, amount_fen=fen) for bp, fen in shares
        ),
        explanation=_explanation(figures),
        settled_at_desk_fen=0,
        one_stop=None,
    )


def _explanation(figures: ClaimFigures) -> dict[str, Any]:
    parts = [
        {"kind": "layers", "result_fen": figures.bill - figures.personal, "children": []},
        {"kind": "plan", "result_fen": figures.paid, "children": []},
        {"kind": "patient", "result_fen": figures.personal - figures.paid, "children": []},
    ]
    bill = {"kind": "bill", "result_fen": figures.bill, "children": parts}
    return {"kind": "case", "result_fen": figures.bill, "children": [bill]}


def _noted_by_charity(
    writer: Writer, years: _Years, about: dict[str, str], figures: ClaimFigures, decided: Recorded
) -> None:
    left_fen = figures.personal - figures.paid
    total_fen = years.burden[figures.person] = years.burden.get(figures.person, 0) + left_fen
    burden = _a(BurdenNoted, **about, claim_burden_fen=left_fen, burden_fen=total_fen)
    writer.append("charity", burden, decided)
    asked = {"suggested_aid_fen": 0, "aid_suggested_before_fen": 0, "remaining_burden_fen": total_fen}
    referral = _a(ReferralMade, **about, **asked, referral_id=f"r-{about['claim_id']}")
    writer.append("charity", referral, decided)


def _paid(writer: Writer, about: dict[str, Any], ending: Ending, decided: Recorded) -> None:
    if ending in ("held", "released"):
        # As it was recorded before a decision could have several payments.
        writer.append("payout", _a(PaymentHeld, **about, payment_id=None), decided)
    if ending == "held":
        return
    payment_id = f"p-{about['decision_id']}"
    about = {**about, "payment_id": payment_id}
    expense = _entry("claims_expense", "claims_payable", about["amount_fen"])
    instructed = writer.append("payout", _a(PaymentInstructed, **about, postings=expense), decided)
    file = {"file_id": f"f-{payment_id}", "payment_ids": (payment_id,), "total_fen": about["amount_fen"]}
    writer.append("payout", _a(PaymentFileClosed, **file))
    if ending == "rejected":
        unpayable = _entry("claims_payable", "claims_unpayable", about["amount_fen"])
        writer.append("payout", _a(PaymentRejected, **about, postings=unpayable), instructed)
    elif ending != "outstanding":
        booked = _entry("claims_payable", "bank", about["amount_fen"])
        writer.append("payout", _a(PaymentSettled, **about, postings=booked), instructed)
    if ending == "returned":
        back = _entry("bank", "claims_unpayable", about["amount_fen"])
        writer.append("payout", _a(PaymentReturned, **about, postings=back), instructed)


def _entry(debit: str, credit: str, amount_fen: int) -> tuple[LedgerPosting, ...]:
    return (
        LedgerPosting(account=f"{debit}:{PLAN_ID}", amount_fen=amount_fen),
        LedgerPosting(account=f"{credit}:{PLAN_ID}", amount_fen=-amount_fen),
    )
