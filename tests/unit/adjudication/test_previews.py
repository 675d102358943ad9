"""A correction shows its whole cascade before it is committed, and then does exactly that."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts import Event
from services.adjudication.domain.circumstances import Circumstances
from services.adjudication.domain.effect import changes_of
from services.adjudication.domain.grounds import changed_grounds, grounds_of
from services.adjudication.domain.preview import (
    ProposedBill,
    case_of_claim,
    changed_facts,
    if_filed,
    if_withdrawn,
)
from services.adjudication.entrypoints.shown import outcome_shown
from tests.unit.adjudication.heard_events import attached, corrected, scored, withdrawn
from tests.unit.adjudication.lives import PLANS, Bill, Life, any_bill, any_lives, as_it_came, fields_of
from tests.unit.adjudication.told_person import CLOCKS, ToldPerson


def around(told: ToldPerson) -> Circumstances:
    return Circumstances(told.now, CLOCKS, told.plans)


def amounts(events: Sequence[Event]) -> list[tuple[object, ...]]:
    """What a settlement's events come to, without the moments and reasons in which a preview differs."""
    return [
        (change.claim_id, change.before_fen, change.after_fen, change.decision and change.decision.bearings)
        for change in changes_of(events)
    ]


def live_claim(told: ToldPerson, rng: Random) -> str | None:
    standing = [claim_id for claim_id, claim in told.person.claims.items() if claim.standing]
    return rng.choice(standing) if standing else None


@given(any_lives, any_bill, st.sampled_from(PLANS), st.randoms(use_true_random=False))
def test_a_correction_does_what_its_preview_said(
    past: list[Life], bill: Bill, plan_id: str, rng: Random
) -> None:
    told = as_it_came(past, plan_id, rng)
    claim_id = live_claim(told, rng)
    if claim_id is None:
        return
    fields = fields_of(bill, plan_id)
    proposed = ProposedBill(fields["visit"], fields["settlement"], one_stop=fields["one_stop"])
    previewed = if_filed(told.person, claim_id, proposed, around(told))
    case = case_of_claim(previewed.person, claim_id, around(told))
    grounds = grounds_of(previewed.person, claim_id, around(told))
    foreseen = amounts(previewed.followed)
    recorded = len(told.log)
    revision = told.person.claim(claim_id).revision + 1
    told.hears(corrected(claim_id, revision, **fields), attached(claim_id, revision=revision))
    told.hears(scored(claim_id, revision=revision))
    assert amounts(told.log[recorded:]) == foreseen
    now = case_of_claim(told.person, claim_id, around(told))
    assert case is not None
    assert now is not None
    assert changed_facts(case, now) == []
    stands_on = grounds_of(told.person, claim_id, around(told))
    assert grounds is not None
    assert stands_on is not None
    assert changed_grounds(grounds, stands_on) == []
    outcome = outcome_shown(told.person.claim(claim_id))
    assert outcome_shown(previewed.person.claim(claim_id)) == outcome


@given(any_lives, st.sampled_from(PLANS), st.randoms(use_true_random=False))
def test_a_withdrawal_does_what_its_preview_said(past: list[Life], plan_id: str, rng: Random) -> None:
    told = as_it_came(past, plan_id, rng)
    claim_id = live_claim(told, rng)
    if claim_id is None:
        return
    foreseen = amounts(if_withdrawn(told.person, claim_id, around(told)))
    assert foreseen[0][:1] == (claim_id,) or len(foreseen) > 1
    followed = told.hears(withdrawn(claim_id))
    assert amounts(followed) == foreseen


@pytest.mark.parametrize(
    ("total_wan", "self_funded_wan", "names"),
    [(31, 0, ["bill.in_scope_fen", "bill.paid_fen", "bill.total_fen"])],
)
def test_the_facts_that_changed_since_a_dry_run_are_named(
    total_wan: int, self_funded_wan: int, names: list[str]
) -> None:
    told = as_it_came([Life("c0", (Bill(10, 30, 0),), undone=False)], "demo-generic", Random(1))
    then = case_of_claim(told.person, "c0", around(told))
    fields = fields_of(Bill(10, total_wan, self_funded_wan), "demo-generic")
    told.hears(corrected("c0", **fields), attached("c0", revision=2), scored("c0", revision=2))
    now = case_of_claim(told.person, "c0", around(told))
    assert then is not None
    assert now is not None
    assert changed_facts(then, now) == names
