"""A ruling reaches as far as the authority of who ruled, nobody answers an appeal against themselves, clocks remind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.contracts.adjudication import ClaimPended
from libs.contracts.rulings import AppealOverdue, RuledFacts, RulingApproved
from libs.contracts.settlement import Settlement
from services.adjudication.domain.commands import PassDeadline
from services.adjudication.errors import OwnRuling
from tests.unit.adjudication.heard_events import (
    YUAN,
    a_settlement,
    attached,
    corrected,
    covered,
    registered,
    scored,
)
from tests.unit.adjudication.test_rulings_and_appeals import appeal, approve, conclude, propose
from tests.unit.adjudication.told_person import CLOCKS, ToldPerson

SELF = {"by": "examiner-03", "tier": "examiner"}
OTHER = {"by": "examiner-04", "tier": "examiner"}


def told_of(total_yuan: int) -> ToldPerson:
    """A decided claim of somebody whom enrolment took for ill before the cover."""
    told = ToldPerson()
    told.hears(covered(plan_id="jincheng", pre_existing=True), registered(settlement=bill(total_yuan)))
    told.hears(attached(), scored())
    return told


def bill(total_yuan: int) -> Settlement:
    return a_settlement(total_fen=total_yuan * YUAN, self_funded_fen=0, pool_fen=10_000 * YUAN)


def corrects(told: ToldPerson, total_yuan: int, revision: int = 2) -> None:
    told.hears(
        corrected("c1", revision, settlement=bill(total_yuan)),
        attached(revision=revision),
        scored(revision=revision),
    )


def test_a_ruling_says_up_to_which_bill_it_was_within_authority() -> None:
    told = told_of(30_000)
    told.does(propose(told))
    (approved,) = told.all(RulingApproved)
    effect = told.person.claim("c1").approved["r1"].effect
    # One person may decide 10,000 yuan: what the effect leaves of it, the bill may grow by.
    assert approved.bill_up_to_fen == (30_000 + 10_000) * YUAN - effect.largest_move_fen


def test_a_ruling_stays_in_force_for_a_bill_that_grows_within_the_authority() -> None:
    told = told_of(30_000)
    told.does(propose(told))
    corrects(told, 31_000)
    assert told.person.claim("c1").pended == ()
    assert told.adjudicated().bill_fen == 31_000 * YUAN


@pytest.mark.parametrize(
    "said", [{}, {"outcome": "deny", "facts": RuledFacts(), "reason_code": "outside_cover"}]
)
def test_a_bill_that_outgrows_the_ruling_waits_for_a_person_and_the_decision_stands(
    said: dict[str, object],
) -> None:
    told = told_of(30_000)
    told.does(propose(told, **said))
    before = told.standing()["c1"]
    corrects(told, 90_000)
    pended = told.all(ClaimPended)[-1]
    assert [(reason.code, reason.owner) for reason in pended.reasons] == [("ruling_outgrown", "operator")]
    assert pended.due_at == pended.pended_at + CLOCKS.pended
    assert told.standing()["c1"] == before
    # The same ruling again is above one person's authority now; the second person's word decides.
    told.does(propose(told, ruling_id="r2", **said))
    assert told.standing()["c1"] == before
    told.does(approve(told, ruling_id="r2"))
    assert told.person.claim("c1").is_settled
    assert told.standing()["c1"].bill_fen == 90_000 * YUAN


def test_a_ruling_that_is_lifted_lets_the_corrected_bill_go() -> None:
    told = told_of(30_000)
    told.does(propose(told))
    corrects(told, 90_000)
    told.does(propose(told, ruling_id="r2", outcome="lift", facts=RuledFacts()))
    if "r2" in told.person.claim("c1").proposed:
        told.does(approve(told, ruling_id="r2"))
    assert told.person.claim("c1").is_settled


def test_who_ruled_neither_answers_the_appeal_against_it_nor_rules_on_it() -> None:
    told = told_of(30_000)
    told.does(propose(told, **SELF))
    told.does(appeal(told))
    with pytest.raises(OwnRuling):
        told.does(replace(conclude(told, "rejected"), by_staff="examiner-03"))
    lift = {"outcome": "lift", "facts": RuledFacts(), "ruling_id": "r2", "appeal_id": "a1"}
    with pytest.raises(OwnRuling):
        told.does(propose(told, **lift, **SELF))
    told.does(propose(told, **lift, **OTHER))
    told.does(replace(conclude(told, "upheld"), by_staff="examiner-04"))
    # Whoever lifted it has ruled as well: the next level is for others.
    told.does(appeal(told, appeal_id="a2"))
    with pytest.raises(OwnRuling):
        told.does(replace(conclude(told, "rejected", "a2"), by_staff="examiner-04"))
    told.does(replace(conclude(told, "rejected", "a2"), by_staff="examiner-03"))


def test_the_second_person_of_a_ruling_is_bound_as_the_first() -> None:
    told = told_of(200_000)
    told.does(propose(told, **SELF))
    told.does(approve(told))
    told.does(appeal(told))
    for ruler in ("examiner-03", "senior-01"):
        with pytest.raises(OwnRuling):
            told.does(replace(conclude(told, "rejected"), by_staff=ruler))
    told.does(propose(told, ruling_id="r2", outcome="lift", facts=RuledFacts(), appeal_id="a1", **OTHER))
    with pytest.raises(OwnRuling):
        told.does(approve(told, ruling_id="r2"))
    told.does(approve(told, ruling_id="r2", by="senior-02"))


def test_an_appeal_that_nobody_answers_in_its_time_is_noted_once() -> None:
    told = told_of(30_000)
    (opened,) = told.does(appeal(told))
    due_at = opened.due_at  # type: ignore[attr-defined]
    early = PassDeadline("c1", due_at, due_at - timedelta(seconds=1), CLOCKS, "appeal")
    assert told.does(early) == []
    (overdue,) = told.does(replace(early, now=due_at))
    assert isinstance(overdue, AppealOverdue)
    assert (overdue.appeal_id, overdue.level) == ("a1", 1)
    assert told.does(replace(early, now=due_at)) == []
    assert told.person.claim("c1").appeals_overdue == {"a1"}
    told.does(conclude(told, "rejected"))
    assert told.does(replace(early, now=due_at)) == []
