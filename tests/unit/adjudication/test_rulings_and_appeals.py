"""People rule on facts within their authority, a second person agrees above it, and appeals end in a recalculation."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimPended
from libs.contracts.rulings import (
    AppealConcluded,
    AppealOpened,
    Evidence,
    RuledFacts,
    RulingApproved,
    RulingProposed,
    RulingRejected,
)
from services.adjudication.adapters.authority_file import AuthorityFileUnusable, read_authority
from services.adjudication.domain.commands import (
    ApproveRuling,
    ConcludeAppeal,
    OpenAppeal,
    PassDeadline,
    ProposeRuling,
    RejectRuling,
    TakeNote,
)
from services.adjudication.domain.effect import changes_of
from services.adjudication.errors import (
    AppealOpen,
    AppealUnknown,
    AuthorityExceeded,
    ClaimUnknown,
    NothingToAppeal,
    RulingTaken,
    RulingUnknown,
    SecondPersonNeeded,
    TierUnknown,
    UpheldWithoutRuling,
)
from tests.unit.adjudication.heard_events import (
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
from tests.unit.adjudication.told_person import CLOCKS, ToldPerson

AUTHORITY = read_authority()
SCAN = Evidence(kind="pathology_report", sha256="ab" * 32)


def propose(told: ToldPerson, **fields: object) -> ProposeRuling:
    """An examiner finds that the condition did not exist before the cover."""
    command = ProposeRuling(
        claim_id="c1",
        ruling_id="r1",
        outcome="facts",
        facts=RuledFacts(pre_existing=False),
        reason_code="records_found",
        evidence=(SCAN,),
        appeal_id=None,
        by="examiner-03",
        tier="examiner",
        authority=AUTHORITY,
        now=told.now,
        clocks=CLOCKS,
    )
    return replace(command, **fields)  # type: ignore[arg-type]


def approve(told: ToldPerson, **fields: object) -> ApproveRuling:
    command = ApproveRuling("c1", "r1", "senior-01", "senior", AUTHORITY, told.now, CLOCKS)
    return replace(command, **fields)  # type: ignore[arg-type]


def appeal(told: ToldPerson, **fields: object) -> OpenAppeal:
    command = OpenAppeal("c1", "a1", "patient", "facts", (SCAN,), False, AUTHORITY, told.now, CLOCKS)
    return replace(command, **fields)  # type: ignore[arg-type]


def conclude(told: ToldPerson, outcome: str = "upheld", appeal_id: str = "a1") -> ConcludeAppeal:
    return ConcludeAppeal("c1", appeal_id, outcome, "senior-01", told.now, CLOCKS)  # type: ignore[arg-type]


def pre_existing(total_wan: int = 20) -> ToldPerson:
    """A decided claim of somebody whom enrolment took for ill before the cover."""
    told = ToldPerson()
    bill = a_settlement(total_fen=total_wan * 10_000 * YUAN, self_funded_fen=0, pool_fen=10_000 * YUAN)
    told.hears(
        covered(plan_id="jincheng", pre_existing=True), registered(settlement=bill), attached(), scored()
    )
    return told


def test_a_small_ruling_is_one_persons_and_decides_at_once() -> None:
    told = pre_existing(total_wan=3)
    before = told.adjudicated()
    followed = told.does(propose(told))
    assert [type(event) for event in followed] == [
        RulingProposed,
        RulingApproved,
        AdjudicationReversed,
        ClaimAdjudicated,
    ]
    (proposed,) = told.all(RulingProposed)
    difference_fen = told.adjudicated().plan_pays_fen - before.plan_pays_fen
    assert difference_fen > 0
    assert proposed.effect.difference_fen == proposed.effect.largest_move_fen == difference_fen
    assert not proposed.needs_second
    assert told.all(AdjudicationReversed)[0].reason == "decided_by_person"
    assert told.does(propose(told)) == []


def test_a_large_ruling_waits_for_a_second_person_with_the_authority() -> None:
    told = pre_existing()
    before = told.adjudicated()
    assert [type(event) for event in told.does(propose(told))] == [RulingProposed]
    assert told.adjudicated() == before
    with pytest.raises(SecondPersonNeeded):
        told.does(approve(told, by="examiner-03"))
    with pytest.raises(AuthorityExceeded):
        told.does(approve(told, tier="examiner"))
    with pytest.raises(TierUnknown):
        told.does(approve(told, tier="king"))
    followed = told.does(approve(told))
    assert [type(event) for event in followed] == [RulingApproved, AdjudicationReversed, ClaimAdjudicated]
    assert told.adjudicated().plan_pays_fen > before.plan_pays_fen
    assert told.does(approve(told)) == []


def test_the_effect_shown_before_is_what_happens() -> None:
    told = pre_existing()
    told.does(propose(told))
    followed = told.does(approve(told))
    (change,) = changes_of(followed)
    assert told.all(RulingProposed)[0].effect.difference_fen == change.difference_fen
    assert change.after_fen == told.adjudicated().plan_pays_fen


def test_a_ruling_that_is_rejected_changes_nothing_and_cannot_be_approved() -> None:
    told = pre_existing()
    told.does(propose(told))
    reject = RejectRuling("c1", "r1", "senior-01", "clerical_error", told.now, CLOCKS)
    assert [type(event) for event in told.does(reject)] == [RulingRejected]
    with pytest.raises(RulingUnknown):
        told.does(approve(told))
    assert len(told.decisions()) == 1


def test_the_same_id_with_other_words_is_refused() -> None:
    told = pre_existing()
    told.does(propose(told))
    with pytest.raises(RulingTaken):
        told.does(propose(told, facts=RuledFacts(pre_existing=True)))


def test_a_denial_by_ruling_stands_until_it_is_lifted() -> None:
    told = pre_existing(total_wan=3)
    paid = told.adjudicated().plan_pays_fen
    none = RuledFacts()
    told.does(propose(told, outcome="deny", facts=none, reason_code="not_medically_necessary"))
    assert told.denied().reason == "ruled"
    told.hears(
        covered(coverage_id="cov-2", plan_id="jincheng", pre_existing=True, covered_from=date(2026, 1, 2))
    )
    assert told.person.claim("c1").standing == told.denied()
    told.does(propose(told, ruling_id="r2", outcome="lift", facts=none, reason_code="clerical_error"))
    assert told.adjudicated().plan_pays_fen == paid


def test_words_about_the_hospitals_amounts_end_with_the_revision_they_were_said_of() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(settlement_matches=False), scored())
    assert told.decisions() == []
    confirmed = RuledFacts(amounts_confirmed=True)
    told.does(propose(told, facts=confirmed, by="senior-01", tier="director"))
    told.does(approve(told, by="director-02", tier="director"))
    assert len(told.decisions()) == 1
    told.hears(corrected(settlement=a_settlement(total_fen=300_000 * YUAN)))
    told.hears(attached(settlement_matches=False, revision=2), scored(revision=2))
    assert [reason.code for reason in told.all(ClaimPended)[-1].reasons] == ["settlement_differs"]


def test_a_cleared_suspicion_decides_without_the_reviewer() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored(outcome="review"))
    told.does(propose(told, facts=RuledFacts(suspicion_cleared=True), tier="director"))
    told.does(approve(told, tier="director"))
    assert len(told.decisions()) == 1


def test_a_ruling_moves_the_claims_that_stand_on_it_and_its_authority_counts_the_whole_cascade() -> None:
    told = ToldPerson()
    bill = a_settlement(total_fen=30_000 * YUAN, self_funded_fen=0, pool_fen=15_000 * YUAN)
    told.hears(covered())
    for claim_id, month in (("c1", 3), ("c2", 5)):
        visit = a_visit(admitted_on=date(2026, month, 1), discharged_on=date(2026, month, 3))
        told.hears(registered(claim_id, settlement=bill, visit=visit), attached(claim_id), scored(claim_id))
    told.does(propose(told, outcome="deny", facts=RuledFacts(), reason_code="outside_cover"))
    told.does(approve(told))
    (proposed,) = told.all(RulingProposed)
    assert proposed.effect.claims_moved == 2
    assert {change.claim_id for change in changes_of(told.log[-5:])} == {"c1", "c2"}


def test_nobody_rules_on_a_claim_that_is_not_there() -> None:
    told = pre_existing()
    with pytest.raises(ClaimUnknown):
        told.does(propose(told, claim_id="c9"))
    told.hears(withdrawn())
    with pytest.raises(ClaimUnknown):
        told.does(propose(told))


def test_an_appeal_is_upheld_by_a_ruling_made_for_it_and_ends_in_a_recalculation() -> None:
    told = pre_existing()
    (opened,) = told.does(appeal(told, stays_payment=True))
    assert isinstance(opened, AppealOpened)
    assert (opened.level, opened.decision_id) == (1, told.adjudicated().decision_id)
    assert opened.due_at == told.now + timedelta(days=10)
    with pytest.raises(UpheldWithoutRuling):
        told.does(conclude(told))
    told.does(propose(told, appeal_id="a1"))
    told.does(approve(told))
    assert told.all(AdjudicationReversed)[0].reason == "appeal_upheld"
    (concluded,) = told.does(conclude(told))
    assert isinstance(concluded, AppealConcluded)
    assert concluded.ruling_id == "r1"
    assert told.does(conclude(told)) == []


def test_a_rejected_appeal_can_be_taken_to_the_next_level() -> None:
    told = pre_existing()
    told.does(appeal(told))
    with pytest.raises(AppealOpen):
        told.does(appeal(told, appeal_id="a2"))
    assert told.does(appeal(told)) == []
    told.does(conclude(told, "rejected"))
    (second,) = told.does(appeal(told, appeal_id="a2"))
    assert isinstance(second, AppealOpened)
    assert second.level == 2
    assert second.due_at == told.now + timedelta(days=15)


def test_an_appeal_needs_a_decision_and_an_answer_an_appeal() -> None:
    told = ToldPerson()
    told.hears(covered(), registered())
    with pytest.raises(NothingToAppeal):
        told.does(appeal(told))
    with pytest.raises(AppealUnknown):
        told.does(conclude(told))
    with pytest.raises(AppealUnknown):
        told.does(propose(told, appeal_id="a1"))


def test_each_pend_reason_keeps_the_clock_of_its_owner() -> None:
    told = ToldPerson()
    clocks = replace(CLOCKS, by_owner={"operator": timedelta(hours=8), "hospital": timedelta(hours=20)})
    for heard in (covered(), registered(), attached(settlement_matches=False), scored(outcome="review")):
        told.does(TakeNote(heard, told.now, clocks))
    (pended,) = told.all(ClaimPended)
    due = {reason.code: reason.due_at for reason in pended.reasons}
    start = told.now
    assert due == {
        "fraud_review": start + timedelta(hours=8),
        "settlement_differs": start + timedelta(hours=20),
    }
    assert pended.due_at == start + timedelta(hours=8)
    # The operator is reminded with a new clock; the hospital's goes on.
    told.now = pended.due_at
    told.does(PassDeadline("c1", pended.due_at, told.now, clocks))
    again = told.all(ClaimPended)[-1]
    assert {reason.code: (reason.since, reason.due_at) for reason in again.reasons} == {
        "fraud_review": (start, start + timedelta(hours=16)),
        "settlement_differs": (start, start + timedelta(hours=20)),
    }
    told.now = start + timedelta(hours=16)
    told.does(PassDeadline("c1", told.now, told.now, clocks))
    told.now = start + timedelta(hours=20)
    told.does(PassDeadline("c1", told.now, told.now, clocks))
    assert told.denied().reason == "settlement_differs"


def test_an_authority_file_with_a_fault_names_it(tmp_path: Path) -> None:
    file = tmp_path / "authority.yaml"
    file.write_text(
        "{format: huiji-authority/1, second_person_above_yuan: many, tiers: [], appeals: {answer_within_days: [1]}}"
    )
    with pytest.raises(AuthorityFileUnusable, match=r"second_person_above_yuan.*tiers"):
        read_authority(file)
