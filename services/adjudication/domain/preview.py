"""What would follow from something that has not happened: decided by the same functions, recorded by nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.benefits import Case
from libs.contracts import Event
from libs.contracts.adjudication import ClaimOpened, ClaimWithdrawalNoted, RecordsNoted, ScoreNoted
from libs.contracts.one_stop import OneStopAmounts
from libs.contracts.settlement import FeeLine, Settlement, Visit
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.decision import case_for
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.following import what_follows
from services.adjudication.domain.state import Person

ASSUMED = ("records_available", "amounts_match", "score_clear")
"""What a dry run takes for granted; the real submission waits for the bureau and for fraud."""


@dataclass(frozen=True, slots=True)
class ProposedBill:
    """A bill as the hospital would file it."""

    visit: Visit
    settlement: Settlement
    lines: tuple[FeeLine, ...] = ()
    one_stop: OneStopAmounts | None = None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would follow, and the person as they would be then."""

    followed: Sequence[Event]
    person: Person


def if_filed(person: Person, claim_id: str, bill: ProposedBill, around: Circumstances) -> Foreseen:
    """What a new claim would lead to, or the correction of one that exists."""
    facts = _facts_of(person, claim_id, bill, around)
    followed = what_follows(person, facts, around)
    for event in (*facts, *followed):
        person = evolve(person, event)
    return Foreseen(followed, person)


def if_withdrawn(person: Person, claim_id: str, around: Circumstances) -> Sequence[Event]:
    """What the withdrawal of the claim would lead to."""
    withdrawal = ClaimWithdrawalNoted(
        person_id=person.person_id,
        claim_id=claim_id,
        reason="settlement_cancelled",
        withdrawn_at=around.now,
    )
    return what_follows(person, [withdrawal], around)


def case_of_claim(person: Person, claim_id: str, around: Circumstances) -> Case | None:
    """What the claim is evaluated on as things stand; None without a bill, or a coverage whose plan is known."""
    claim = person.claim(claim_id)
    if claim.bill is None:
        return None
    coverage = person.coverage_on(claim.bill.admitted_on)
    plan = around.plans.get(coverage.plan_id) if coverage else None
    if coverage is None or plan is None:
        return None
    return case_for(person, claim, claim.bill.opened(), coverage, plan)


def changed_facts(then: Case, now: Case) -> list[str]:
    """The names of the facts in which two cases differ, such as `member.pre_existing`, `bill.total_fen`, `used`."""
    before, after = then.model_dump(mode="json"), now.model_dump(mode="json")
    parts = [("member", before["member"], after["member"]), ("bill", before["bills"][0], after["bills"][0])]
    changed = [
        f"{part}.{name}"
        for part, was, is_now in parts
        for name in sorted(was.keys() | is_now.keys())
        if was.get(name) != is_now.get(name)
    ]
    return [*changed, *(["used"] if then.used != now.used else [])]


def _facts_of(
    person: Person, claim_id: str, bill: ProposedBill, around: Circumstances
) -> tuple[ClaimOpened, RecordsNoted, ScoreNoted]:
    revision = person.claim(claim_id).revision + 1
    about = {"person_id": person.person_id, "claim_id": claim_id, "revision": revision}
    return (
        ClaimOpened(
            **about,
            visit=bill.visit,
            settlement=bill.settlement,
            lines=bill.lines,
            received_at=around.now,
            answer_due_at=around.now + around.clocks.answer,
            one_stop=bill.one_stop,
        ),
        RecordsNoted(**about, available=True, settlement_matches=True),
        ScoreNoted(**about, score=0, outcome="clear", scored_at=around.now),
    )
