"""History relived under a rule is the history of a city that had the rule from the start, to the byte."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from libs.benefits import Plan, load_plans
from libs.contracts import encode
from libs.contracts.adjudication import ClaimAdjudicated
from libs.contracts.fraud import ClaimScored, ReviewConcluded
from services.adjudication.domain.changed_rules import RuleInvalid, with_payer_order, with_shares
from services.adjudication.domain.difference import benefits
from services.adjudication.domain.fork import Happened, Rule, UnheardReviews, as_recorded, relive
from services.adjudication.domain.state import Person, initial
from tests.support.changed_plans import cheaper, dearer
from tests.support.city_history import CLOCKS, THRESHOLD, Told, decided, told_in_a_year

PLANS = load_plans()
CITY = ("weifang-2022", "anyang-2022", "demo-generic")
TOLD = told_in_a_year(11, CITY, people=40, claims=170)
Streams = Mapping[str, Sequence[Happened]]


def streams(told: Sequence[Told], plans: Mapping[str, Plan]) -> Streams:
    """The log of a city, by person."""
    found: dict[str, list[Happened]] = {}
    for at, event in decided(told, plans):
        found.setdefault(f"person-{event.shard_key()}", []).append(Happened(event, at))
    return found


RECORDED = streams(TOLD, PLANS)


def standing(people: Mapping[str, Person]) -> dict[str, bytes | None]:
    """Every claim's standing decision as bytes."""
    return {
        claim_id: encode(claim.standing) if claim.standing else None
        for person in people.values()
        for claim_id, claim in person.claims.items()
    }


def relived(rule: Rule, recorded: Streams = RECORDED) -> dict[str, Person]:
    return {stream_id: relive(initial(stream_id), history, rule) for stream_id, history in recorded.items()}


def as_it_was(recorded: Streams) -> dict[str, Person]:
    return {stream_id: as_recorded(initial(stream_id), history) for stream_id, history in recorded.items()}


def test_relived_under_its_own_rules_a_history_comes_out_as_recorded() -> None:
    assert standing(relived(Rule(PLANS, clocks=CLOCKS))) == standing(as_it_was(RECORDED))


@pytest.mark.parametrize(
    "changed",
    [
        {"weifang-2022": cheaper(PLANS["weifang-2022"])},
        {"anyang-2022": dearer(PLANS["anyang-2022"]), "demo-generic": cheaper(PLANS["demo-generic"])},
        {"weifang-2022": with_shares(PLANS["weifang-2022"], {"new": 3_333, "lead": 6_667})},
        {"demo-generic": with_payer_order(PLANS["demo-generic"], {"after": ("assistance",)})},
    ],
    ids=["lower deductible", "two plans", "other shares", "other order of payers"],
)
def test_a_fork_equals_a_city_that_had_the_plan_from_the_start(changed: dict[str, Plan]) -> None:
    plans = {**PLANS, **changed}
    clean = standing(as_it_was(streams(TOLD, plans)))
    assert standing(relived(Rule(plans, clocks=CLOCKS))) == clean
    assert clean != standing(as_it_was(RECORDED)), "the change changed nothing"


@pytest.mark.parametrize("threshold", [150, THRESHOLD, 900])
@pytest.mark.parametrize("unheard", ["waiting", "legitimate", "fraudulent"])
def test_a_fork_equals_a_city_that_had_the_threshold_from_the_start(
    threshold: int, unheard: UnheardReviews
) -> None:
    clean = standing(as_it_was(streams(told_with(threshold, unheard), PLANS)))
    rule = Rule(PLANS, fraud_threshold=threshold, unheard_reviews=unheard, clocks=CLOCKS)
    assert money(standing(relived(rule))) == money(clean)


def test_a_review_that_is_still_open_in_history_is_decided_too() -> None:
    recorded = streams([one for one in TOLD if not isinstance(one.heard, ReviewConcluded)], PLANS)
    open_in_history = waiting_for_review(as_it_was(recorded))
    assert open_in_history
    for threshold in (None, THRESHOLD):
        waits = Rule(PLANS, fraud_threshold=threshold, clocks=CLOCKS)
        assert waiting_for_review(relived(waits, recorded)) == open_in_history
        assert not waiting_for_review(relived(replace(waits, unheard_reviews="legitimate"), recorded))


def waiting_for_review(people: Mapping[str, Person]) -> set[str]:
    return {
        claim_id
        for person in people.values()
        for claim_id, claim in person.claims.items()
        if any(reason.code == "fraud_review" for reason in claim.pended)
    }


def told_with(threshold: int, unheard: UnheardReviews) -> list[Told]:
    """What a city with this threshold would have heard: reviews for those from it on, and for nobody else."""
    concluded = {
        (one.heard.claim_id, one.heard.revision) for one in TOLD if isinstance(one.heard, ReviewConcluded)
    }
    told: list[Told] = []
    asks: dict[tuple[str, int], bool] = {}
    for one in TOLD:
        match one.heard:
            case ClaimScored() as score:
                review = score.score >= threshold
                asks[score.claim_id, score.revision] = review
                outcome = "review" if review else "clear"
                told.append(replace(one, heard=score.model_copy(update={"outcome": outcome})))
                unheard_of = (score.claim_id, score.revision) not in concluded
                if review and unheard_of and unheard != "waiting":
                    told.append(Told(one.at, verdict(score, unheard)))
            case ReviewConcluded() as review_concluded:
                if asks[review_concluded.claim_id, review_concluded.revision]:
                    told.append(one)
            case _:
                told.append(one)
    return told


def verdict(score: ClaimScored, said: UnheardReviews) -> ReviewConcluded:
    return ReviewConcluded.model_validate(
        {
            "person_id": score.person_id,
            "claim_id": score.claim_id,
            "revision": score.revision,
            "review_id": "r",
            "verdict": said,
            "reviewer": "reviewer-7",
            "reason_code": "checked",
            "concluded_at": score.scored_at,
        }
    )


def money(decisions: Mapping[str, bytes | None]) -> dict[str, object]:
    """What was decided about money; when is left out: a verdict that nobody gave has no moment of its own."""
    import orjson

    kept = (
        "bearings",
        "plan_pays_fen",
        "cash_benefits_fen",
        "liabilities",
        "usage_taken",
        "reason",
        "pool_shares",
    )
    found: dict[str, object] = {}
    for claim_id, body in decisions.items():
        decision = orjson.loads(body) if body else {}
        found[claim_id] = {name: decision.get(name) for name in kept}
    return found


def test_the_pool_pays_the_sum_of_what_claims_differ_by() -> None:
    plans = {**PLANS, "weifang-2022": cheaper(PLANS["weifang-2022"])}
    before, after = as_it_was(RECORDED), relived(Rule(plans, clocks=CLOCKS))
    by_claim = sum(
        benefits(after[stream_id].claim(claim_id).standing) - benefits(claim.standing)
        for stream_id, person in before.items()
        for claim_id, claim in person.claims.items()
    )
    assert by_claim == pool(after) - pool(before) > 0


def pool(people: Mapping[str, Person]) -> int:
    """What the insurers bear by their shares, which is all that plans with a pool pay."""
    decisions = [
        claim.standing
        for person in people.values()
        for claim in person.claims.values()
        if isinstance(claim.standing, ClaimAdjudicated)
    ]
    shared = sum(share.amount_fen for decision in decisions for share in decision.pool_shares)
    assert shared == sum(benefits(decision) for decision in decisions if decision.pool_shares)
    return shared + sum(benefits(decision) for decision in decisions if not decision.pool_shares)


def test_shares_that_are_no_whole_and_payers_in_two_places_are_refused() -> None:
    plan = PLANS["weifang-2022"]
    with pytest.raises(RuleInvalid, match="sum to 100%"):
        with_shares(plan, {"a": 6_000, "b": 3_000})
    with pytest.raises(RuleInvalid, match="each payer once"):
        with_payer_order(plan, {"before": ("basic",), "after": ("basic",)})
    with pytest.raises(RuleInvalid, match="before, beside or after"):
        with_payer_order(plan, {"behind": ("basic",)})
