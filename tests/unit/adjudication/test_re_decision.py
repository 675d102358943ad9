"""A decision that was made is reversed and made anew when what it stands on changes, and stands when it does not."""

from datetime import date, timedelta
from typing import Any

from libs.benefits import Usage
from libs.contracts import Event
from libs.contracts.adjudication import (
    AdjudicationReversed,
    ClaimAdjudicated,
    ClaimDenied,
    ClaimPended,
    ClaimWithdrawalNoted,
    DecisionConfirmed,
)
from services.adjudication.domain.balances import sum_of
from services.adjudication.domain.commands import Heard
from tests.unit.adjudication.heard_events import (
    NOW,
    YUAN,
    a_settlement,
    a_visit,
    attached,
    corrected,
    covered,
    lapsed,
    registered,
    reviewed,
    scored,
    unavailable,
    withdrawn,
)
from tests.unit.adjudication.told_person import ToldPerson

JIEYANG = "jieyang-2023"


def in_month(month: int, year: int = 2026) -> dict[str, Any]:
    """A visit in a month, as a field of `registered`."""
    return {
        "visit": a_visit(admitted_on=date(year, month, 3), discharged_on=date(year, month, 9)),
    }


def arrives(told: ToldPerson, claim_id: str, month: int, *, year: int = 2026, **fields: Any) -> list[Event]:
    """A claim with all its facts; returns what follows from the last."""
    told.hears(registered(claim_id, **{**in_month(month, year), **fields}), attached(claim_id))
    return told.hears(scored(claim_id))


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_late_claim_takes_the_deductible_and_the_later_one_is_paid_the_difference() -> None:
    told = ToldPerson()
    told.hears(covered())
    arrives(told, "may", 5)
    before = told.adjudicated("may")
    followed = arrives(told, "march", 3)
    assert kinds(followed) == ["ScoreNoted", "ClaimAdjudicated", "AdjudicationReversed", "ClaimAdjudicated"]
    reversal = told.all(AdjudicationReversed)[0]
    after = told.adjudicated("may")
    assert (reversal.decision_id, reversal.replaced_by) == (before.decision_id, after.decision_id)
    assert (reversal.reason, reversal.caused_by_claim_id) == ("balances_changed", "march")
    assert reversal.plan_pays_fen == before.plan_pays_fen
    assert reversal.usage_released == before.usage_taken
    assert (after.number, after.supersedes) == (2, before.decision_id)
    assert after.plan_pays_fen > before.plan_pays_fen
    # Both claims have the same bill: the deductible has only changed places.
    assert told.adjudicated("march").plan_pays_fen == before.plan_pays_fen


def test_a_claim_that_comes_in_order_moves_nothing_before_it() -> None:
    told = ToldPerson()
    told.hears(covered())
    arrives(told, "march", 3)
    assert kinds(arrives(told, "may", 5)) == ["ScoreNoted", "ClaimAdjudicated"]


def test_a_correction_lets_the_decision_stand_until_its_facts_are_there() -> None:
    told = ToldPerson()
    told.hears(covered())
    arrives(told, "c1", 3)
    first = told.adjudicated()
    larger = a_settlement(total_fen=300_000 * YUAN)
    assert kinds(told.hears(corrected(settlement=larger, **in_month(3)))) == ["ClaimOpened"]
    assert told.standing() == {"c1": first.model_copy(update={"explanation": None})}
    assert kinds(told.hears(attached(revision=2))) == ["RecordsNoted"]
    followed = told.hears(scored(revision=2))
    assert kinds(followed) == ["ScoreNoted", "AdjudicationReversed", "ClaimAdjudicated"]
    assert told.all(AdjudicationReversed)[0].reason == "claim_corrected"
    assert told.adjudicated().bill_fen == 300_000 * YUAN


def test_facts_of_a_revision_may_come_before_the_correction_itself() -> None:
    told = ToldPerson()
    told.hears(covered())
    arrives(told, "c1", 3)
    told.hears(scored(revision=2), attached(revision=2))
    larger = a_settlement(total_fen=300_000 * YUAN)
    followed = told.hears(corrected(settlement=larger, **in_month(3)))
    assert kinds(followed) == ["ClaimOpened", "AdjudicationReversed", "ClaimAdjudicated"]


def test_facts_of_an_overtaken_revision_are_ignored() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(**in_month(3)), corrected(**in_month(3)), attached(revision=2))
    assert told.hears(attached(revision=1)) == []
    assert told.hears(scored(revision=1)) == []
    assert told.standing() == {}
    assert kinds(told.hears(scored(revision=2))) == ["ScoreNoted", "ClaimAdjudicated"]
    assert told.hears(scored(revision=1, scored_at=NOW + timedelta(days=9))) == []


def test_a_correction_that_changes_no_amount_confirms_the_decision() -> None:
    told = ToldPerson()
    told.hears(covered())
    arrives(told, "c1", 3)
    told.hears(corrected(**in_month(3)), attached(revision=2))
    followed = told.hears(scored(revision=2))
    assert kinds(followed) == ["ScoreNoted", "DecisionConfirmed"]
    assert told.person.claim("c1").due_at is None


def test_a_correction_to_another_month_moves_the_claim_in_the_order_of_service() -> None:
    told = ToldPerson()
    told.hears(covered())
    arrives(told, "c1", 3)
    arrives(told, "c2", 5)
    with_deductible = told.adjudicated("c1").plan_pays_fen
    without = told.adjudicated("c2").plan_pays_fen
    told.hears(corrected("c1", **in_month(7)), attached("c1", revision=2), scored("c1", revision=2))
    assert told.adjudicated("c2").plan_pays_fen == with_deductible
    assert told.adjudicated("c1").plan_pays_fen == without


def test_a_withdrawn_claim_gives_its_balances_back() -> None:
    told = ToldPerson()
    told.hears(covered())
    arrives(told, "c1", 3)
    arrives(told, "c2", 5)
    first = told.adjudicated("c1")
    followed = told.hears(withdrawn("c1"))
    assert kinds(followed) == [
        "ClaimWithdrawalNoted",
        "AdjudicationReversed",
        "AdjudicationReversed",
        "ClaimAdjudicated",
    ]
    void, moved = told.all(AdjudicationReversed)
    assert (void.claim_id, void.replaced_by, void.reason) == ("c1", None, "claim_withdrawn")
    assert (moved.claim_id, moved.caused_by_claim_id) == ("c2", "c1")
    assert told.adjudicated("c2").plan_pays_fen == first.plan_pays_fen
    assert told.standing().keys() == {"c2"}


def test_a_withdrawn_claim_hears_nothing_more() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(**in_month(3)), withdrawn())
    assert told.person.claim("c1").due_at is None
    late: list[Heard] = [attached(), scored(), reviewed("legitimate"), corrected(), withdrawn(), registered()]
    assert all(told.hears(heard) == [] for heard in late)
    assert len(told.all(ClaimWithdrawalNoted)) == 1


def test_a_decision_without_records_is_trued_up_when_they_come() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), unavailable(), scored())
    assert told.adjudicated().without_records
    followed = told.hears(attached())
    assert kinds(followed) == ["RecordsNoted", "DecisionConfirmed"]
    (confirmed,) = told.all(DecisionConfirmed)
    assert confirmed.with_records
    assert confirmed.decision_id == told.adjudicated().decision_id


def test_records_that_say_the_person_was_dead_reverse_what_was_decided_without_them() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), unavailable(), scored())
    followed = told.hears(attached(deceased_on=date(2026, 1, 5)))
    assert kinds(followed) == ["RecordsNoted", "AdjudicationReversed", "ClaimDenied"]
    assert told.all(AdjudicationReversed)[0].reason == "records_changed"
    assert told.denied().supersedes == told.adjudicated().decision_id


def test_amounts_that_turn_out_to_differ_pend_and_the_decision_stands_until_the_time_is_over() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), unavailable(), scored())
    assert kinds(told.hears(attached(settlement_matches=False))) == ["RecordsNoted", "ClaimPended"]
    assert told.standing().keys() == {"c1"}
    followed = told.clock_rings()
    assert kinds(followed) == ["ClaimDeadlinePassed", "AdjudicationReversed", "ClaimDenied"]
    assert told.denied().reason == "settlement_differs"


def test_a_late_review_reverses_only_when_its_verdict_is_fraud() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored())
    later = NOW + timedelta(days=1)
    assert kinds(told.hears(scored(outcome="review", scored_at=later))) == ["ScoreNoted", "ClaimPended"]
    assert kinds(told.hears(reviewed("fraudulent"))) == ["ReviewNoted", "AdjudicationReversed", "ClaimDenied"]
    legitimate = ToldPerson()
    legitimate.hears(covered(), registered(), attached(), scored())
    legitimate.hears(scored(outcome="review", scored_at=later))
    assert kinds(legitimate.hears(reviewed("legitimate"))) == ["ReviewNoted", "DecisionConfirmed"]


def test_a_lapse_before_the_stay_pends_a_paid_claim_and_then_takes_the_decision_back() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored())
    assert kinds(told.hears(lapsed(date(2026, 1, 31)))) == ["CoverageEndNoted", "ClaimPended"]
    told.clock_rings()
    assert [type(one) for one in told.log[-2:]] == [AdjudicationReversed, ClaimDenied]


def _loyal(told: ToldPerson, year: int, claim_free_years: int) -> None:
    told.hears(
        covered(
            coverage_id=f"cov-{year}",
            plan_id=JIEYANG,
            covered_from=date(year, 1, 1),
            covered_to=date(year, 12, 31),
            continuous_years=3,
            claim_free_years=claim_free_years,
        )
    )


def test_a_late_claim_of_last_year_ends_claim_free_years_and_raises_this_years_deductible() -> None:
    told = ToldPerson()
    _loyal(told, 2025, claim_free_years=1)
    _loyal(told, 2026, claim_free_years=2)
    arrives(told, "this year", 4)
    loyal = told.adjudicated("this year")
    followed = arrives(told, "last year", 11, year=2025)
    assert kinds(followed) == ["ScoreNoted", "ClaimAdjudicated", "AdjudicationReversed", "ClaimAdjudicated"]
    (reversal,) = told.all(AdjudicationReversed)
    assert (reversal.reason, reversal.caused_by_claim_id) == ("claim_free_years_changed", "last year")
    assert told.adjudicated("this year").plan_pays_fen < loyal.plan_pays_fen
    told.hears(withdrawn("last year"))
    assert told.adjudicated("this year").plan_pays_fen == loyal.plan_pays_fen


def test_the_next_claim_is_decided_on_the_sum_of_what_standing_decisions_took() -> None:
    told = ToldPerson()
    told.hears(covered())
    for claim_id, month in (("c3", 9), ("c1", 3), ("c2", 5), ("c4", 12)):
        arrives(told, claim_id, month)
    last = told.adjudicated("c4")
    taken = sum_of(
        decision.usage_taken
        for decision in told.standing().values()
        if isinstance(decision, ClaimAdjudicated)
    )
    assert taken == Usage.model_validate(last.usage_after)


def test_a_claim_that_cannot_be_evaluated_any_more_keeps_its_decision_and_goes_to_an_operator() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored())
    broken = a_visit(admitted_on=date(2026, 2, 20), discharged_on=date(2026, 2, 10))
    told.hears(corrected(visit=broken), attached(revision=2), scored(revision=2))
    assert [reason.code for reason in told.all(ClaimPended)[-1].reasons] == ["not_evaluable"]
    assert isinstance(told.standing()["c1"], ClaimAdjudicated)
