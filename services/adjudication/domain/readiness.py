"""Whether a claim can be decided, what it waits for, and what its owners' silence leads to."""

from collections.abc import Sequence

import msgspec

from libs.contracts.adjudication import ClaimDenied, PendReason
from services.adjudication.domain.decision import DenialReason, PlanBook
from services.adjudication.domain.kept import KeptCoverage
from services.adjudication.domain.state import Claim, Person


class Readiness(msgspec.Struct, frozen=True):
    """What can be done with a claim now: nothing (`arriving`), deny, pend for reasons, or evaluate."""

    arriving: bool = False
    reasons: tuple[PendReason, ...] = ()
    denial: DenialReason | None = None
    coverage: KeptCoverage | None = None


def readiness_of(person: Person, claim: Claim, plans: PlanBook) -> Readiness:
    """Looks at the facts of the claim's newest revision."""
    assert claim.bill is not None
    records, _, review = claim.facts
    coverage = person.coverage_on(claim.bill.admitted_on)
    if claim.has_outgrown_its_ruling:
        # A person rules anew, on facts or a denial alike: until then the decision before the correction stands.
        return Readiness(reasons=(PendReason(code="ruling_outgrown", owner="operator"),), coverage=coverage)
    if claim.is_denied_by_ruling:
        return Readiness(denial="ruled", coverage=coverage)
    if _is_arriving(claim):
        return Readiness(arriving=True)
    reasons = _what_is_missing(claim, coverage, plans)
    denial = _denial_after_waiting(claim, reasons)
    if denial is not None or reasons:
        return Readiness(reasons=tuple(reasons), denial=denial, coverage=coverage)
    if review is not None and review.verdict == "fraudulent" and not claim.ruled.suspicion_cleared:
        denial = "fraudulent"
    elif records is not None and records.deceased_on and records.deceased_on < claim.bill.admitted_on:
        denial = "after_death"
    return Readiness(denial=denial, coverage=coverage)


def _is_arriving(claim: Claim) -> bool:
    """Records and score are under way, whatever else is missing: sources may be heard in any order. Only while a clock
    runs: who waits without one (its denial was lifted, it was decided in their absence) might wait for ever."""
    records, score, _ = claim.facts
    arrived = records is not None and score is not None
    return not arrived and not claim.deadline_passed and not claim.pended and claim.due_at is not None


def _what_is_missing(claim: Claim, coverage: KeptCoverage | None, plans: PlanBook) -> list[PendReason]:
    """Why the claim cannot be decided now. The bureau's records are not among it: past its deadline a claim is
    decided without them."""
    records, score, review = claim.facts
    reasons: list[PendReason] = []
    if score is None:
        reasons.append(PendReason(code="score_missing", owner="fraud"))
    elif score.outcome == "review" and review is None and not claim.ruled.suspicion_cleared:
        reasons.append(PendReason(code="fraud_review", owner="operator"))
    if records and records.settlement_matches is False and not claim.ruled.amounts_confirmed:
        reasons.append(PendReason(code="settlement_differs", owner="hospital"))
    if coverage is None:
        reasons.append(PendReason(code="coverage_unknown", owner="enrolment"))
    elif coverage.plan_id not in plans:
        reasons.append(PendReason(code="plan_unknown", owner="operator"))
    return reasons


def _denial_after_waiting(claim: Claim, reasons: Sequence[PendReason]) -> DenialReason | None:
    """What the claim is denied for once those who had to provide something have let their time pass.

    Our own people and services get no such deadline: a claim waits for them. A denial stands while its reason does.
    """
    codes = {reason.code for reason in reasons}
    was = claim.standing.reason if isinstance(claim.standing, ClaimDenied) else None
    overdue = overdue_codes(claim)
    if "settlement_differs" in codes and ("settlement_differs" in overdue or was == "settlement_differs"):
        return "settlement_differs"
    waited = "coverage_unknown" in overdue or was == "no_coverage"
    return "no_coverage" if codes == {"coverage_unknown"} and waited else None


def overdue_codes(claim: Claim) -> set[str]:
    """The reasons whose owners' time was over when the claim's clock last rang."""
    if not claim.deadline_passed or claim.due_at is None:
        return set()
    rung_at = claim.due_at
    return {reason.code for reason in claim.pended if reason.due_at is None or reason.due_at <= rung_at}
