"""Who may publish again, what, and where to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.contracts import Event
from libs.contracts.operations import ReplayPlanned
from services.operations.domain.republishing import (
    AlreadyOver,
    Belonging,
    LiveTopic,
    NeedsAnother,
    NotApproved,
    NoTopicName,
    Replay,
    ReplayUnknown,
    Scope,
    approve,
    demand_other_topic,
    evolve,
    finish,
    scope_of,
    start,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def a_plan(**changes: Any) -> ReplayPlanned:
    fields: dict[str, Any] = {
        "replay_id": "r1",
        "kind": "republish",
        "scope": {},
        "reads_events": 9,
        "touches": ("topic t",),
        "expected_seconds": 1,
        "requested_by": "li",
        "needs_approval": True,
        "planned_at": NOW,
    }
    return ReplayPlanned.model_validate(fields | changes)


def after(replay: Replay, events: list[Event]) -> Replay:
    for event in events:
        replay = evolve(replay, event)
    return replay


PLANNED = after(Replay(), [a_plan()])


def test_it_runs_when_a_second_person_has_approved_it_and_once_only() -> None:
    approved = after(PLANNED, approve(PLANNED, "r1", "wang", NOW))
    assert (PLANNED.status, approved.status) == ("planned", "approved")
    assert approve(approved, "r1", "wang", NOW) == []
    running = after(approved, start(approved, "r1", "li", NOW))
    (again,) = start(running, "r1", "li", NOW)
    assert again.model_dump()["resumed"] is True
    over = after(running, finish("r1", 9, 4, NOW))
    assert (running.status, over.status) == ("started", "finished")
    with pytest.raises(AlreadyOver):
        start(over, "r1", "li", NOW)
    with pytest.raises(AlreadyOver):
        approve(over, "r1", "zhao", NOW)


@pytest.mark.parametrize("same", ["li", " LI ", "Li"])
def test_who_planned_it_cannot_approve_it(same: str) -> None:
    with pytest.raises(NeedsAnother):
        approve(PLANNED, "r1", same, NOW)


def test_unapproved_or_unknown_it_does_not_run() -> None:
    with pytest.raises(NotApproved):
        start(PLANNED, "r1", "li", NOW)
    with pytest.raises(ReplayUnknown):
        start(Replay(), "r1", "li", NOW)
    with pytest.raises(ReplayUnknown):
        approve(Replay(), "r1", "wang", NOW)


@pytest.mark.parametrize("topic", ["huiji.intake.events", "huiji.ingress.settlements", "huiji.new"])
def test_a_live_topic_is_refused(topic: str) -> None:
    with pytest.raises(LiveTopic):
        demand_other_topic(topic)


@pytest.mark.parametrize("topic", ["", "a b", "..", "t" * 250, "bank/audit"])
def test_what_no_broker_takes_for_a_name_is_refused_before_anybody_approves_it(topic: str) -> None:
    with pytest.raises(NoTopicName):
        demand_other_topic(topic)


def test_a_scope_survives_its_event() -> None:
    scope = Scope(
        "payout",
        "t",
        frozenset({1}),
        frozenset({"A"}),
        "H1",
        frozenset({"p"}),
        NOW,
        NOW,
        {0: 3, 1: 5},
        {"intake": {1: 2}},
    )
    assert scope_of(scope.as_json()) == scope
    bare = Scope("payout", "t")
    assert scope_of(bare.as_json()) == bare
    assert scope.chosen() == {1: 5}
    assert replace(scope, shards=frozenset()).chosen() == {0: 3, 1: 5}


class Seen:
    """An event's envelope."""

    def __init__(self, type: str, seconds: int) -> None:
        self.shard, self.type, self.recorded_at = 0, type, NOW + timedelta(seconds=seconds)


def test_time_is_from_including_to_excluding() -> None:
    scope = Scope("payout", "t", types=frozenset({"A"}), since=NOW, until=NOW + timedelta(seconds=2))
    assert [scope.admits(Seen("A", second)) for second in (-1, 0, 1, 2)] == [False, True, True, False]
    assert not scope.admits(Seen("B", 1))


def test_an_event_belongs_to_what_its_claim_belongs_to() -> None:
    belonging = Belonging(Scope("payout", "t", hospital="H1", plans=frozenset({"p1"})))
    belonging.learn({"claim_id": "c1", "visit": {"hospital_id": "H1"}})
    assert not belonging.concerns({"claim_id": "c1"})
    belonging.learn({"claim_id": "c1", "hospital_id": "H1", "plan_id": "p1"})
    belonging.learn({"claim_id": "c2", "hospital_id": "H2", "plan_id": "p1"})
    assert belonging.concerns({"claim_id": "c1", "plan_id": None})
    assert not belonging.concerns({"claim_id": "c1", "plan_id": "p2"})
    assert not belonging.concerns({"claim_id": "c2"})
    assert not belonging.concerns({"person_id": "p"})
