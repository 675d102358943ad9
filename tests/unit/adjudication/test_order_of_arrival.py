"""Late, corrected, cancelled and shuffled claims end in the same liabilities as the same claims in order of service."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.adjudication.domain.reversal import same_outcome
from tests.unit.adjudication.lives import (
    PLANS,
    Bill,
    Cover,
    Life,
    any_cover,
    any_eventful_lives,
    any_lives,
    as_it_came,
    in_order_of_service,
)
from tests.unit.adjudication.told_person import ToldPerson


def assert_same_liabilities(one: ToldPerson, other: ToldPerson) -> None:
    """The standing decisions award and use the same."""
    here, there = one.standing(), other.standing()
    assert here.keys() == there.keys()
    for claim_id, decision in here.items():
        assert same_outcome(decision, there[claim_id]), (claim_id, decision, there[claim_id])


@settings(max_examples=150)
@given(any_lives, st.sampled_from(PLANS), st.randoms(use_true_random=False))
def test_whatever_order_and_corrections_the_liabilities_are_those_in_order_of_service(
    lives: list[Life], plan_id: str, rng: Random
) -> None:
    assert_same_liabilities(as_it_came(lives, plan_id, rng), in_order_of_service(lives, plan_id))


@settings(max_examples=150)
@given(any_eventful_lives, any_cover, st.sampled_from(PLANS), st.randoms(use_true_random=False))
def test_lapses_suspicions_and_rulings_in_whatever_order_end_as_in_order_of_service(
    lives: list[Life], cover: Cover, plan_id: str, rng: Random
) -> None:
    assert_same_liabilities(
        as_it_came(lives, plan_id, rng, cover), in_order_of_service(lives, plan_id, cover)
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_permutations_of_busy_years_end_the_same(seed: int) -> None:
    rng = Random(seed)
    for _ in range(500):
        lives = [
            Life(
                f"c{n}",
                tuple(
                    Bill(rng.randrange(730), rng.randint(40, 80), rng.randint(0, 30))
                    for _ in range(rng.choice((1, 1, 1, 2, 3)))
                ),
                rng.random() < 0.15,
            )
            for n in range(rng.randint(2, 7))
        ]
        plan_id = rng.choice(PLANS)
        assert_same_liabilities(as_it_came(lives, plan_id, rng), in_order_of_service(lives, plan_id))


def test_the_property_notices_a_claim_that_is_decided_on_balances_as_they_happen_to_be() -> None:
    """What a platform does that adds late claims on top: the sum may agree, the liabilities of each claim do not."""
    lives = [Life("early", (Bill(10, 30, 0),), undone=False), Life("late", (Bill(200, 30, 0),), undone=False)]
    in_order = in_order_of_service(lives, "demo-generic")
    swapped = in_order_of_service(
        [Life("early", (Bill(200, 30, 0),), undone=False), Life("late", (Bill(10, 30, 0),), undone=False)],
        "demo-generic",
    )
    with pytest.raises(AssertionError):
        assert_same_liabilities(in_order, swapped)
