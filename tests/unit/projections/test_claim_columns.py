"""What events say about a claim's row and its parts: every column has one source, so their order does not matter."""

from collections.abc import Sequence
from functools import reduce
from itertools import permutations
from typing import Any

import pytest

from libs.contracts import ClaimEvent, Event, encode, event_type
from libs.contracts.adjudication import ClaimDenied
from libs.contracts.charity import ReferralRevised
from libs.contracts.payout import ClawbackNetted, UnpayableReduced
from libs.contracts.rulings import RulingRejected
from libs.contracts.sampling import sample_of
from services.projections.claims import parts
from services.projections.claims.columns import COLUMNS, Columns, columns_of, merged
from services.projections.claims.heard import HEARD
from services.projections.claims.heard_of_claims import Heard
from services.projections.claims.parts import PARTS
from services.projections.claims.subscriptions import SUBSCRIPTIONS
from tests.unit.payout.decisions import NOW
from tests.unit.projections.told_claims import (
    Story,
    a_one_stop_claim,
    a_paid_claim,
    a_redecided_claim,
    a_rejected_payment,
    a_returned_payment,
    a_review,
    a_withdrawn_claim,
    an_appeal_and_a_ruling,
    paying_again,
)


def heard(event: Event) -> Heard:
    """The event as the read model sees it."""
    seen: Heard = HEARD.decode(event_type(event), event.schema_version, encode(event))
    return seen


def row_of(events: Sequence[ClaimEvent]) -> Columns:
    return reduce(merged, (columns_of(heard(event)) for event in events), {})


def parts_of(events: Sequence[Event]) -> dict[str, dict[str, dict[str, Any]]]:
    return parts.parts_of(heard(event) for event in events)


def told() -> list[ClaimEvent]:
    return [event for events in a_paid_claim().values() for event in events]


STORIES = {
    "paid": a_paid_claim,
    "redecided": a_redecided_claim,
    "withdrawn": a_withdrawn_claim,
    "one_stop": a_one_stop_claim,
}


def test_every_subscribed_event_is_projected_into_known_columns() -> None:
    stories = [event for story in STORIES.values() for events in story().values() for event in events]
    people = [*an_appeal_and_a_ruling(ended=True), a_review("opened"), a_review("concluded")]
    money = [a_rejected_payment(), a_returned_payment(), paying_again("proposed"), paying_again("approved")]
    events = [*stories, *people, *money]
    subscribed = {name for names in SUBSCRIPTIONS.values() for name in names}
    samples = [
        sample_of(kind)
        for kind in (ClaimDenied, ClawbackNetted, ReferralRevised, RulingRejected, UnpayableReduced)
    ]
    not_told = {type(sample).__name__ for sample in samples}
    assert subscribed - {type(event).__name__ for event in events} == not_told
    assert {column for event in events for column in columns_of(heard(event))} <= COLUMNS.keys()
    for table, rows in parts_of([*events, *samples]).items():
        for row in rows.values():
            assert row.keys() <= {*PARTS[table], "claim_id", "person_id"}


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize(
    "order", list(permutations(["intake", "fraud", "adjudication", "payout", "charity"]))
)
def test_sources_in_any_order_give_the_same_row_and_parts(order: tuple[str, ...], name: str) -> None:
    story: Story = STORIES[name]()
    said = [event for source in order for event in story[source]]
    in_order = [event for source in sorted(order) for event in story[source]]
    assert row_of(said) == row_of(in_order)
    assert parts_of(said) == parts_of(in_order)


def test_hearing_everything_twice_gives_the_same_row() -> None:
    assert row_of([*told(), *told()]) == row_of(told())


def test_a_new_decision_takes_the_place_of_everything_that_the_one_before_said() -> None:
    row = row_of(a_redecided_claim()["adjudication"])
    assert (row["decision_id"], row["number"], row["plan_pays_fen"]) == ("d2", 2, 200_00)
    assert (row["without_records"], row["trued_up"], row["pending"]) == (False, None, False)
    assert row_of(a_withdrawn_claim()["adjudication"])["decision"] == "withdrawn"


def test_a_bill_is_the_newest_that_intake_accepted_and_came_in_with_the_first() -> None:
    story = a_redecided_claim()
    row = row_of([*story["adjudication"], *story["intake"]])
    assert row["bill_fen"] == 150_000_00
    assert row["received_at"] == NOW


def test_what_is_said_of_a_decision_adds_up_in_its_row() -> None:
    decisions = parts_of(a_redecided_claim()["adjudication"])["decision"]
    assert decisions["d1"]["reversal_reason"] == "claim_corrected"
    assert (decisions["d1"]["replaced_by"], decisions["d1"]["trued_up"]) == ("d2", True)
    assert "reversed_at" not in decisions["d2"]
