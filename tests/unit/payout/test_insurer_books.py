"""Each insurer of a pool bears its part of every decision, gives it back with every reversal, and can recompute it."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from libs.benefits import plan_of, pool_shares
from libs.contracts import Event
from libs.contracts.adjudication import PoolShare
from libs.contracts.insurers import InsurerPartBorne, InsurerPartReleased, InsurerStatementClosed
from libs.proof.insurer_stream import InsurerCheck
from services.payout.domain.errors import NothingToState, SettledInFuture, StatementDiffers, StatementUnknown
from services.payout.domain.insurer import (
    Award,
    CloseStatement,
    InsurerBooks,
    InsurerCommand,
    Reversal,
    SettleStatement,
    decide,
    evolve,
    initial,
    shared_by,
)
from tests.unit.payout.decisions import NOW, a_decision, a_reversal

PLAN = plan_of("demo-generic")
"""Its co-insurer B is followed by C on 2022-07-01."""


def an_award(number: int = 1, day: date = date(2022, 6, 30), awarded_fen: int = 100_01) -> Award:
    """Decision `number` of claim c1."""
    shares = tuple(
        PoolShare(insurer=part.insurer, share_bp=part.share_bp, amount_fen=part.amount_fen)
        for part in pool_shares(PLAN, day, awarded_fen)
    )
    decision = a_decision(
        f"d{number}", number=number, service_date=day, plan_pays_fen=awarded_fen, pool_shares=shares
    )
    shared = shared_by(decision)
    assert isinstance(shared, Award)
    return shared


def a_release(award: Award, replaced_by: str | None = None) -> Reversal:
    reversal = a_reversal(
        award.decision_id,
        number=award.number,
        replaced_by=replaced_by,
        plan_pays_fen=award.awarded_fen,
        pool_shares=[PoolShare(**asdict(share)) for share in award.shares],
    )
    shared = shared_by(reversal)
    assert isinstance(shared, Reversal)
    return shared


@dataclass
class Insurers:
    """The books and streams of all insurers of the pool."""

    books: dict[str, InsurerBooks] = field(default_factory=dict)
    streams: dict[str, list[Event]] = field(default_factory=dict)

    def tell(self, insurer: str, command: InsurerCommand) -> None:
        books = self.books.get(insurer, initial(f"insurer-{insurer}"))
        for event in decide(books, command):
            books = evolve(books, event)
            self.streams.setdefault(insurer, []).append(event)
        self.books[insurer] = books

    def tell_all(self, about: Award | Reversal) -> None:
        for share in about.shares:
            self.tell(share.insurer, about)

    def bears(self, insurer: str) -> int:
        return self.books[insurer].plans[PLAN.id].bears_fen


def test_each_insurer_is_told_the_whole_decision_and_its_own_part_of_it() -> None:
    insurers = Insurers()
    insurers.tell_all(an_award(awarded_fen=100_01))
    assert {name: insurers.bears(name) for name in insurers.books} == {
        "lead": 50_01,  # 5000.5 fen: the fen left over goes to the largest remainder
        "coinsurer-a": 30_00,
        "coinsurer-b": 20_00,
    }
    (told,) = insurers.streams["coinsurer-b"]
    assert isinstance(told, InsurerPartBorne)
    assert (told.awarded_fen, told.part_fen, told.sequence) == (100_01, 20_00, 1)
    assert [share.insurer for share in told.shares] == ["lead", "coinsurer-a", "coinsurer-b"]


def test_a_decision_made_anew_after_the_shares_changed_leaves_the_one_and_falls_on_the_other() -> None:
    insurers = Insurers()
    before = an_award(1, date(2022, 6, 30))
    insurers.tell_all(before)
    insurers.tell_all(a_release(before, "d2"))
    insurers.tell_all(an_award(2, date(2022, 7, 1)))
    assert (insurers.bears("coinsurer-b"), insurers.bears("coinsurer-c")) == (0, 20_00)
    released = insurers.streams["coinsurer-b"][-1]
    assert isinstance(released, InsurerPartReleased)
    assert released.replaced_by == "d2"


def test_what_no_pool_bears_is_told_nobody() -> None:
    assert shared_by(a_decision()) is None
    nothing = tuple(PoolShare(insurer=name, share_bp=5_000, amount_fen=0) for name in ("a", "b"))
    assert shared_by(a_decision(plan_pays_fen=0, pool_shares=nothing)) is None


def test_a_statement_asks_for_what_came_since_the_last_one_and_is_settled_once() -> None:
    insurers = Insurers()
    award = an_award()
    insurers.tell_all(award)
    insurers.tell("lead", CloseStatement(PLAN.id, "staff-1", NOW))
    first = insurers.streams["lead"][-1]
    assert isinstance(first, InsurerStatementClosed)
    assert (first.due_fen, first.through_sequence) == (50_01, 1)
    assert sum(posting.amount_fen for posting in first.postings) == 0
    with pytest.raises(NothingToState):
        insurers.tell("lead", CloseStatement(PLAN.id, "staff-1", NOW))
    insurers.tell_all(a_release(award))
    insurers.tell("lead", CloseStatement(PLAN.id, "staff-1", NOW))
    second = insurers.streams["lead"][-1]
    assert isinstance(second, InsurerStatementClosed)
    assert (second.due_fen, second.bears_fen) == (-50_01, 0)
    with pytest.raises(SettledInFuture):
        insurers.tell("lead", SettleStatement(first.statement_id, "T-1", date(2026, 3, 3), "staff-2", NOW))
    settling = SettleStatement(first.statement_id, "T-1", date(2026, 3, 1), "staff-2", NOW)
    insurers.tell("lead", settling)
    told = len(insurers.streams["lead"])
    insurers.tell("lead", settling)
    assert len(insurers.streams["lead"]) == told
    with pytest.raises(StatementDiffers):
        insurers.tell("lead", SettleStatement(first.statement_id, "T-2", date(2026, 3, 1), "staff-2", NOW))
    with pytest.raises(StatementUnknown):
        insurers.tell("lead", SettleStatement("none", "T-2", date(2026, 3, 1), "staff-2", NOW))


@given(st.integers(0, 2**32))
def test_whatever_is_decided_and_reversed_the_parts_sum_to_the_pool_and_every_insurer_recomputes_its_own(
    seed: int,
) -> None:
    choice = random.Random(seed)
    insurers, borne_fen = Insurers(), 0
    standing: list[Award] = []
    for number in range(1, choice.randint(2, 25)):
        if standing and choice.random() < 0.4:
            gone = standing.pop(choice.randrange(len(standing)))
            insurers.tell_all(a_release(gone))
            borne_fen -= gone.awarded_fen
        else:
            day = date(2022, 6, 1) + timedelta(days=choice.randrange(60))
            award = an_award(number, day, choice.randint(1, 100_000))
            insurers.tell_all(award)
            standing.append(award)
            borne_fen += award.awarded_fen
        if choice.random() < 0.2:
            _state(insurers, choice.choice(sorted(insurers.books)))
    assert sum(insurers.bears(name) for name in insurers.books) == borne_fen
    for name in insurers.books:
        _state(insurers, name)
        check = InsurerCheck({PLAN.id: PLAN})
        assert check.walk(insurers.streams[name]) == []
        totals = check.totals[PLAN.id]
        assert totals.bears_fen == totals.stated_fen == insurers.bears(name)
        # A topic that was lost may be told the end first, and everything again.
        told = [*insurers.streams[name][-1:], *insurers.streams[name]]
        assert InsurerCheck().walk(told) == []


def _state(insurers: Insurers, name: str) -> None:
    bearing = insurers.books[name].plans[PLAN.id]
    if bearing.borne_fen or bearing.released_fen:
        insurers.tell(name, CloseStatement(PLAN.id, "staff-1", NOW))


@pytest.mark.parametrize(
    ("place", "change", "rule"),
    [
        (0, {"part_fen": 50_00}, "own_part"),
        (0, {"awarded_fen": 100_02}, "parts"),
        (0, {"bears_fen": 50_02}, "balance"),
        (0, {"service_date": date(2022, 7, 1)}, "plan_shares"),
        (0, {"sequence": 9}, "no_hole"),
        (0, {"sequence": 2}, "told_alike"),
        (1, {"part_fen": 1}, "same_part"),
        (1, {"decision_id": "another"}, "was_borne"),
        (1, {"insurer": "coinsurer-a"}, "one_insurer"),
        (2, {"due_fen": 1}, "due"),
        (2, {"borne_fen": 1}, "stated_borne"),
        (2, {"released_fen": 1}, "stated_released"),
        (2, {"bears_fen": 1}, "balance"),
        (2, {"through_sequence": 1}, "stated_through"),
        (3, {"amount_fen": 1}, "settled"),
        (3, {"statement_id": "another"}, "was_stated"),
    ],
)
def test_an_insurer_notices_what_was_changed(place: int, change: dict[str, Any], rule: str) -> None:
    insurers = Insurers()
    award = an_award()
    insurers.tell_all(award)
    insurers.tell_all(a_release(award))
    insurers.tell("lead", CloseStatement(PLAN.id, "staff-1", NOW))
    closed = insurers.streams["lead"][-1]
    assert isinstance(closed, InsurerStatementClosed)
    insurers.tell("lead", SettleStatement(closed.statement_id, "T-1", date(2026, 3, 1), "staff-2", NOW))
    stream = insurers.streams["lead"]
    changed = [event.model_copy(update=change) if i == place else event for i, event in enumerate(stream)]
    assert rule in {fault.rule for fault in InsurerCheck({PLAN.id: PLAN}).walk(changed)}
