"""Sources are heard in any order: what is said of a revision that is not known yet takes nothing from the known one."""

from datetime import date
from typing import Any

from libs.contracts.adjudication import ClaimPended
from tests.unit.adjudication.heard_events import (
    NOW,
    YUAN,
    a_settlement,
    a_visit,
    attached,
    corrected,
    covered,
    registered,
    reviewed,
    scored,
)
from tests.unit.adjudication.told_person import ToldPerson


def in_month(month: int) -> dict[str, Any]:
    return {"visit": a_visit(admitted_on=date(2026, month, 3), discharged_on=date(2026, month, 9))}


def test_a_bill_that_differs_is_not_paid_because_the_next_bills_records_came_first() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(settlement_matches=False), scored())
    assert told.hears(attached(revision=2)) != []
    told.hears(scored(revision=2))
    assert told.decisions() == []
    told.hears(corrected(settlement=a_settlement(total_fen=190_000 * YUAN)))
    assert [decision.bill_fen for decision in told.decisions()] == [190_000 * YUAN]


def test_a_decided_claim_does_not_wait_for_a_score_that_it_has() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), scored())
    told.clock_rings()
    told.hears(scored(revision=2), attached(revision=2))
    assert told.all(ClaimPended) == []
    assert len(told.decisions()) == 1


def test_a_verdict_on_the_bill_counts_although_one_on_the_next_bill_came_first() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored(outcome="review"))
    told.hears(reviewed("legitimate", revision=2), reviewed("fraudulent", revision=1))
    assert told.denied().reason == "fraudulent"


def test_a_claim_decided_without_records_after_a_pend_follows_its_balances() -> None:
    """Its clock has rung and its pend is over: it waits for nothing, so it must not count as still arriving."""
    told = ToldPerson()
    told.hears(covered(), registered(**in_month(5)), scored(outcome="review"))
    told.clock_rings()
    told.hears(reviewed("legitimate"))
    before = told.adjudicated()
    told.hears(registered("c0", **in_month(3)), attached("c0"), scored("c0"))
    assert told.adjudicated().plan_pays_fen > before.plan_pays_fen


def test_facts_of_an_overtaken_bill_are_not_kept() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored(), corrected(received_at=NOW))
    claim = told.person.claim("c1")
    assert (claim.records, claim.scores, claim.reviews) == ({}, {}, {})
    assert told.hears(attached(revision=1)) == []
    assert told.hears(reviewed("fraudulent", revision=1)) == []
