"""Whom a claim has to do with, from its own events."""

from collections.abc import Iterable

from libs.access import Facts, facts_of
from libs.contracts import ClaimEvent, encode, event_type
from libs.contracts.adjudication import PoolShare
from tests.unit.payout.decisions import PERSON
from tests.unit.projections.told_claims import a_paid_claim, a_withdrawn_claim, the_decision


def facts(events: Iterable[ClaimEvent]) -> Facts:
    return facts_of((event_type(event), encode(event)) for event in events)


def test_a_claim_has_to_do_with_its_patient_its_hospital_its_pool_and_whom_it_is_referred_to() -> None:
    story = a_paid_claim()
    shares = (PoolShare(insurer="lead", share_bp=10_000, amount_fen=600_00),)
    decision = the_decision().model_copy(update={"pool_shares": shares})
    found = facts([*story["intake"], *story["adjudication"], decision, *story["charity"]])
    assert found.person_id == PERSON
    assert found.hospital_id is not None
    assert found.insurers == {"lead"}
    assert len(found.programmes) == 2


def test_a_referral_that_is_withdrawn_is_over() -> None:
    events = [event for told in a_withdrawn_claim().values() for event in told]
    assert facts(events).programmes == frozenset()


def test_of_a_claim_that_nobody_has_told_there_are_no_facts() -> None:
    assert facts([]) == Facts()
