"""What events say about a claim's row: every column has one source, so their order does not matter."""

from collections.abc import Sequence
from functools import reduce
from itertools import permutations

import pytest

from libs.contracts import ClaimEvent
from services.projections.claims.columns import COLUMNS, SUBSCRIPTIONS, Columns, columns_of, merged
from tests.unit.projections.told_claims import (
    Story,
    a_paid_claim,
    a_referral,
    a_rejected_payment,
    a_returned_payment,
)


def row_of(events: Sequence[ClaimEvent]) -> Columns:
    return reduce(merged, (columns_of(event) for event in events), {})


def told() -> list[ClaimEvent]:
    return [event for events in a_paid_claim().values() for event in events]


def test_every_subscribed_event_is_projected_into_known_columns() -> None:
    events = [*told(), a_rejected_payment(), a_returned_payment()]
    subscribed = {name for names in SUBSCRIPTIONS.values() for name in names}
    assert subscribed - {type(event).__name__ for event in events} == {"ClaimDenied"}
    assert {column for event in events for column in columns_of(event)} <= COLUMNS.keys()


@pytest.mark.parametrize(
    "order", list(permutations(["intake", "fraud", "adjudication", "payout", "charity"]))
)
def test_sources_in_any_order_give_the_same_row(order: tuple[str, ...]) -> None:
    story: Story = a_paid_claim()
    assert row_of([event for source in order for event in story[source]]) == row_of(
        [event for source in sorted(order) for event in story[source]]
    )


def test_hearing_everything_twice_gives_the_same_row() -> None:
    assert row_of([*told(), *told()]) == row_of(told())


def test_referrals_add_up_once_each_in_any_order() -> None:
    two = [a_referral("b-fund", hours=2), a_referral("a-fund")]
    expected = row_of(two)
    assert expected["programmes"] == "a-fund,b-fund"
    assert row_of(two[::-1]) == row_of([*two, *two]) == expected
