"""A person as recorded beside the same person in the fork: by claim, by liability, by insurer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from libs.contracts.adjudication import ClaimAdjudicated, ClaimOpened
from services.adjudication.domain.kept import KeptCoverage, Standing
from services.adjudication.domain.state import Claim, Person

Row = Mapping[str, object]

ADJUDICATED: Final = "adjudicated"
CASH: Final = "(cash benefits)"
NO_POOL: Final = "(no pool named)"
#: Upper ends of the age bands; the last has none.
AGE_BANDS: Final = ((17, "0-17"), (40, "18-40"), (60, "41-60"), (70, "61-70"), (80, "71-80"))
OLDEST: Final = "81+"


@dataclass(slots=True)
class Rows:
    """What a comparison adds to the tables. Amounts in fen; `before` is recorded, `after` is the fork."""

    claims: list[Row] = field(default_factory=list)
    liabilities: list[Row] = field(default_factory=list)
    insurers: list[Row] = field(default_factory=list)

    def add(self, other: "Rows") -> None:
        self.claims += other.claims
        self.liabilities += other.liabilities
        self.insurers += other.insurers


@dataclass(frozen=True, slots=True)
class Result:
    """What a claim's decision says about money; an undecided claim has no bearers but the layers below."""

    state: str
    plan_fen: int = 0
    cash_fen: int = 0
    patient_fen: int | None = None
    others_fen: int | None = None
    by_liability: Mapping[str, int] = field(default_factory=dict)
    by_insurer: Mapping[str, int] = field(default_factory=dict)

    @property
    def benefits_fen(self) -> int:
        """What the plan pays: of the bill, and in cash."""
        return self.plan_fen + self.cash_fen


def differences(recorded: Person, forked: Person, control: Person | None) -> Rows:
    """The rows of one person. `control` relived the history under its own rules; None when nobody asked."""
    rows = Rows()
    for _, claim_id in recorded.in_order_of_service():
        before, after = recorded.claim(claim_id), forked.claim(claim_id)
        again = control.claim(claim_id) if control is not None else None
        equal = None if again is None else _money(again.standing) == _money(before.standing)
        control_fen = benefits(again.standing) if again is not None else 0
        rows.add(rows_of(recorded, claim_id, result_of(before), result_of(after), control_fen, equal))
    return rows


def rows_of(
    person: Person,
    claim_id: str,
    before: Result,
    after: Result,
    control_fen: int,
    control_equal: bool | None,
) -> Rows:
    """One claim's rows."""
    bill = person.claim(claim_id).bill
    assert bill is not None, "a claim without a bill has no rows"
    coverage = person.coverage_on(bill.admitted_on)
    of = {"claim_id": claim_id, "plan_id": coverage.plan_id if coverage else None}
    row = {
        **_about(bill.opened(), coverage),
        **_side("before", before),
        **_side("after", after),
        "control_fen": control_fen,
        "control_equal": control_equal,
    }
    return Rows(
        [row],
        _parts(of, "liability_id", before.by_liability, after.by_liability),
        _parts(of, "insurer", before.by_insurer, after.by_insurer),
    )


def result_of(claim: Claim) -> Result:
    """What the claim's standing decision says."""
    decision = claim.standing
    if decision is None:
        return Result(_state(claim))
    borne: dict[str, int] = {}
    for bearing in decision.bearings:
        kind = bearing.bearer if bearing.bearer in ("plan", "patient") else "others"
        borne[kind] = borne.get(kind, 0) + bearing.amount_fen
    return Result(
        _state(claim),
        borne.get("plan", 0),
        decision.cash_benefits_fen if isinstance(decision, ClaimAdjudicated) else 0,
        borne.get("patient", 0),
        borne.get("others", 0),
        _by_liability(decision),
        _by_insurer(decision),
    )


def benefits(decision: Standing | None) -> int:
    """What the plan pays by a decision: of the bill, and in cash."""
    if not isinstance(decision, ClaimAdjudicated):
        return 0
    return decision.plan_pays_fen + decision.cash_benefits_fen


def age_band(age_years: int) -> str:
    """The name of an age's band."""
    return next((name for last, name in AGE_BANDS if age_years <= last), OLDEST)


def _about(opened: ClaimOpened, coverage: KeptCoverage | None) -> Row:
    visit = opened.visit
    return {
        "claim_id": opened.claim_id,
        "person_id": opened.person_id,
        "plan_id": coverage.plan_id if coverage else None,
        "hospital_id": visit.hospital_id,
        "visit": visit.kind,
        "service_date": visit.admitted_on,
        "age_years": visit.age_years,
        "age_band": age_band(visit.age_years),
        "status": _status(coverage),
        "scheme": coverage.scheme if coverage else visit.scheme,
        "bill_fen": opened.settlement.total_fen,
    }


def _status(coverage: KeptCoverage | None) -> str:
    """What changes terms at enrolment: pre-existing conditions, and the groups."""
    if coverage is None:
        return "no coverage"
    words = (["pre-existing condition"] if coverage.pre_existing else []) + sorted(coverage.groups)
    return ", ".join(words) or "standard"


def _side(side: str, result: Result) -> Row:
    return {
        f"{side}_state": result.state,
        f"{side}_plan_fen": result.plan_fen,
        f"{side}_cash_fen": result.cash_fen,
        f"{side}_patient_fen": result.patient_fen,
        f"{side}_others_fen": result.others_fen,
    }


def _state(claim: Claim) -> str:
    if claim.standing is None:
        reasons = ", ".join(reason.code for reason in claim.pended)
        return "withdrawn" if claim.withdrawn else f"waiting: {reasons or 'facts'}"
    return (
        "adjudicated" if isinstance(claim.standing, ClaimAdjudicated) else f"denied: {claim.standing.reason}"
    )


def _money(decision: Standing | None) -> object:
    """Everything about money that two decisions are compared by."""
    if decision is None:
        return None
    if not isinstance(decision, ClaimAdjudicated):
        return (decision.reason, decision.bearings)
    return (decision.bearings, decision.cash_benefits_fen, decision.liabilities, decision.pool_shares)


def _by_liability(decision: Standing) -> dict[str, int]:
    if not isinstance(decision, ClaimAdjudicated):
        return {}
    paid: dict[str, int] = {}
    for each in decision.liabilities:
        if each.paid_fen:
            paid[each.liability_id] = paid.get(each.liability_id, 0) + each.paid_fen
    if decision.cash_benefits_fen:
        paid[CASH] = decision.cash_benefits_fen
    return paid


def _by_insurer(decision: Standing) -> dict[str, int]:
    if not isinstance(decision, ClaimAdjudicated):
        return {}
    shares = {share.insurer: share.amount_fen for share in decision.pool_shares if share.amount_fen}
    return shares or ({NO_POOL: benefits(decision)} if benefits(decision) else {})


def _parts(of: Row, name: str, before: Mapping[str, int], after: Mapping[str, int]) -> list[Row]:
    return [
        {**of, name: each, "before_fen": before.get(each, 0), "after_fen": after.get(each, 0)}
        for each in dict.fromkeys((*before, *after))
    ]
