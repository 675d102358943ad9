"""Rulings among retries, corrections and withdrawals: no way around the second person, nothing left open."""

from typing import Any

import pytest

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated, ClaimPended
from libs.contracts.rulings import AppealConcluded, RuledFacts, RulingApproved, RulingProposed
from services.adjudication.domain.commands import RejectRuling
from services.adjudication.errors import AppealUnknown, AuthorityExceeded
from tests.unit.adjudication.heard_events import (
    YUAN,
    a_settlement,
    attached,
    corrected,
    covered,
    registered,
    reviewed,
    scored,
    withdrawn,
)
from tests.unit.adjudication.test_rulings_and_appeals import appeal, approve, conclude, pre_existing, propose
from tests.unit.adjudication.told_person import CLOCKS, ToldPerson

DENY: dict[str, Any] = {"outcome": "deny", "facts": RuledFacts(), "reason_code": "outside_cover"}
LIFT: dict[str, Any] = {"outcome": "lift", "facts": RuledFacts(), "reason_code": "clerical_error"}


def test_a_ruling_on_a_claim_that_nobody_can_decide_yet_is_measured_by_its_whole_bill() -> None:
    """Its effect of the moment is nothing; once the score is there, it would have moved 160,000 yuan alone."""
    told = ToldPerson()
    bill = a_settlement(total_fen=200_000 * YUAN, self_funded_fen=0, pool_fen=10_000 * YUAN)
    told.hears(covered(plan_id="jincheng", pre_existing=True), registered(settlement=bill), attached())
    told.does(propose(told))
    (proposed,) = told.all(RulingProposed)
    assert proposed.needs_second
    assert proposed.effect.largest_move_fen == 200_000 * YUAN
    with pytest.raises(AuthorityExceeded):
        told.does(approve(told, by="examiner-04", tier="examiner"))
    told.hears(scored(outcome="review"))
    with pytest.raises(AuthorityExceeded):
        told.does(approve(told, by="examiner-04", tier="examiner"))
    told.does(approve(told))
    told.hears(reviewed("legitimate"))
    assert len(told.decisions()) == 1


def test_a_ruling_that_was_replaced_does_not_come_back_by_a_retry() -> None:
    told = pre_existing(total_wan=3)
    told.does(propose(told))
    told.does(propose(told, ruling_id="r2", **DENY))
    assert told.does(propose(told)) == []
    assert told.person.claim("c1").standing == told.denied()


def test_a_lift_sent_twice_is_one_lift() -> None:
    told = pre_existing(total_wan=3)
    told.does(propose(told, **DENY))
    told.does(propose(told, ruling_id="r2", **LIFT))
    assert told.does(propose(told, ruling_id="r2", **LIFT)) == []
    assert told.does(approve(told, ruling_id="r2")) == []


def test_a_rejected_ruling_is_not_proposed_again_by_a_retry() -> None:
    told = pre_existing()
    told.does(propose(told))
    reject = RejectRuling("c1", "r1", "senior-01", "clerical_error", told.now, CLOCKS)
    told.does(reject)
    assert told.does(propose(told)) == []
    assert told.does(reject) == []
    assert not told.person.claim("c1").proposed


def test_words_about_amounts_are_about_the_revision_that_was_known_when_they_were_proposed() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(settlement_matches=False), scored())
    told.does(propose(told, facts=RuledFacts(amounts_confirmed=True), tier="director"))
    told.hears(corrected(settlement=a_settlement(total_fen=300_000 * YUAN)))
    told.hears(attached(settlement_matches=False, revision=2), scored(revision=2))
    told.does(approve(told, tier="director"))
    assert told.decisions() == []
    assert [reason.code for reason in told.all(ClaimPended)[-1].reasons] == ["settlement_differs"]


def test_an_appeal_against_a_denial_is_upheld_by_lifting_it() -> None:
    told = pre_existing(total_wan=3)
    told.does(propose(told, **DENY))
    told.does(appeal(told))
    told.does(propose(told, ruling_id="r2", appeal_id="a1", by="examiner-04", **LIFT))
    assert told.all(AdjudicationReversed)[-1].reason == "appeal_upheld"
    (concluded,) = told.does(conclude(told))
    assert isinstance(concluded, AppealConcluded)
    assert concluded.ruling_id == "r2"


def test_a_ruling_for_an_appeal_is_not_approved_after_the_appeal_was_rejected() -> None:
    told = pre_existing()
    told.does(appeal(told))
    told.does(propose(told, appeal_id="a1"))
    told.does(conclude(told, "rejected"))
    with pytest.raises(AppealUnknown):
        told.does(approve(told))
    assert told.all(RulingApproved) == []


def test_a_withdrawn_claim_leaves_no_appeal_and_no_proposal_open() -> None:
    """Otherwise its stay would never be lifted: nobody can ask anything of a withdrawn claim."""
    told = pre_existing()
    told.does(appeal(told, stays_payment=True))
    told.does(propose(told, appeal_id="a1"))
    followed = told.hears(withdrawn())
    # The stay ends after the decision: a payment must not slip out in between.
    assert [type(event).__name__ for event in followed] == [
        "ClaimWithdrawalNoted",
        "AdjudicationReversed",
        "AppealConcluded",
    ]
    (concluded,) = told.all(AppealConcluded)
    assert (concluded.appeal_id, concluded.outcome) == ("a1", "withdrawn")
    claim = told.person.claim("c1")
    assert not claim.appeals
    assert not claim.proposed


def test_a_lifted_denial_of_a_claim_without_facts_gets_a_clock() -> None:
    told = ToldPerson()
    told.hears(covered(), registered())
    told.does(propose(told, **DENY))
    assert told.person.claim("c1").due_at is None
    told.does(propose(told, ruling_id="r2", tier="director", **LIFT))
    told.does(approve(told, ruling_id="r2", tier="director"))
    assert told.pended_for()[-1] == ["score_missing"]
    assert told.person.claim("c1").due_at is not None
    told.hears(scored())
    assert isinstance(told.person.claim("c1").standing, ClaimAdjudicated)


def test_the_same_ruling_id_on_two_claims_are_two_rulings() -> None:
    told = pre_existing(total_wan=3)
    told.hears(registered("c2", settlement=a_settlement(10_000 * YUAN, 0, 2_000 * YUAN)))
    told.hears(attached("c2"), scored("c2"))
    told.does(propose(told))
    told.does(propose(told, claim_id="c2", **DENY))
    assert told.person.claim("c1").ruled.pre_existing is False
    assert told.person.claim("c2").is_denied_by_ruling
