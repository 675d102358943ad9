"""A person's stream: given what happened, when a command comes, then these events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts import Event
from libs.contracts.enrolment import CoverageActivated, CoverageLapsed, ErasureCompleted, PersonErased
from services.enrolment.domain.commands import (
    Activate,
    Command,
    CompleteErasure,
    Erase,
    Lapse,
    coverage_id_of,
)
from services.enrolment.domain.errors import (
    AlreadyLapsed,
    CoverageOverlaps,
    CoverageTermsDiffer,
    CoverageUnknown,
    EnrolmentError,
    LapseOutsidePeriod,
)
from services.enrolment.domain.person import decide
from services.enrolment.domain.state import Person, Terms, evolve, initial

PERSON_ID = "p_" + "0" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEAL = "s1." + "0" * 32 + ".AAAA"


def terms(**changes: Any) -> Terms:
    values: dict[str, Any] = {
        "plan_id": "demo-generic",
        "tier": None,
        "covered_from": date(2026, 1, 1),
        "covered_to": date(2026, 12, 31),
        "scheme": "resident",
        "pre_existing": False,
        "pre_existing_reason": None,
        "groups": (),
        "continuous_years": 1,
        "claim_free_years": 0,
        "premium_fen": 9_900,
        "premium_payer": "self",
    }
    return Terms(**(values | changes))


def activate(identity_digest: str = "i1", **changes: Any) -> Activate:
    return Activate(PERSON_ID, terms(**changes), SEAL, identity_digest, NOW)


def lapse(lapsed_on: date = date(2026, 6, 30), reason: str = "withdrawn", **changes: Any) -> Lapse:
    return Lapse(PERSON_ID, coverage_id_of(PERSON_ID, terms(**changes)), lapsed_on, reason)


ERASE = Erase(PERSON_ID, "operator:1", NOW)
COMPLETE = CompleteErasure(PERSON_ID, NOW)


def given_commands(*commands: Command) -> Person:
    person = initial("")
    for command in commands:
        for event in decide(person, command):
            person = evolve(person, event)
    return person


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def test_a_first_coverage_is_activated() -> None:
    (event,) = decide(initial(""), activate())
    assert isinstance(event, CoverageActivated)
    assert (event.coverage_id, event.premium_fen) == (coverage_id_of(PERSON_ID, terms()), 9_900)


def test_the_same_coverage_again_changes_nothing() -> None:
    assert decide(given_commands(activate()), activate()) == ()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"premium_fen": 1}, "premium_fen"),
        ({"pre_existing": True}, "pre_existing"),
        ({"groups": ("poverty",)}, "groups"),
        ({"scheme": "employee"}, "scheme"),
        ({"tier": "silver"}, "tier"),
        ({"identity_digest": "i2"}, "person"),
    ],
)
def test_other_terms_or_another_identity_for_the_same_days_are_a_conflict_that_names_them(
    changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(CoverageTermsDiffer, match=named):
        decide(given_commands(activate()), activate(**changes))


@pytest.mark.parametrize(
    ("covered_from", "covered_to"),
    [
        (date(2026, 12, 31), date(2027, 12, 30)),
        (date(2025, 2, 1), date(2026, 1, 1)),
        (date(2026, 3, 1), date(2026, 4, 1)),
        (date(2025, 1, 1), date(2027, 1, 1)),
    ],
)
def test_overlapping_days_of_one_plan_are_a_conflict(covered_from: date, covered_to: date) -> None:
    with pytest.raises(CoverageOverlaps):
        decide(given_commands(activate()), activate(covered_from=covered_from, covered_to=covered_to))


def test_the_next_year_and_another_plan_do_not_overlap() -> None:
    person = given_commands(activate())
    next_year = activate(covered_from=date(2027, 1, 1), covered_to=date(2027, 12, 31))
    assert kinds(decide(person, next_year)) == [CoverageActivated]
    assert kinds(decide(person, activate(plan_id="zibo-2022"))) == [CoverageActivated]


def test_a_coverage_lapses_once() -> None:
    person = given_commands(activate())
    assert kinds(decide(person, lapse())) == [CoverageLapsed]
    lapsed = given_commands(activate(), lapse())
    assert decide(lapsed, lapse()) == ()
    with pytest.raises(AlreadyLapsed):
        decide(lapsed, lapse(lapsed_on=date(2026, 7, 1)))


def test_after_a_lapse_the_rest_of_the_year_is_free_and_the_lapsed_coverage_stays_lapsed() -> None:
    person = given_commands(activate(), lapse())
    assert kinds(decide(person, activate(covered_from=date(2026, 7, 1)))) == [CoverageActivated]
    assert decide(person, activate()) == ()


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2027, 1, 1)])
def test_a_coverage_lapses_within_its_days_only(day: date) -> None:
    with pytest.raises(LapseOutsidePeriod):
        decide(given_commands(activate()), lapse(lapsed_on=day))


def test_what_is_not_recorded_cannot_lapse() -> None:
    with pytest.raises(CoverageUnknown):
        decide(initial(""), lapse())


def test_an_erasure_is_recorded_once_until_it_is_complete() -> None:
    assert kinds(decide(initial(""), ERASE)) == [PersonErased]
    pending = given_commands(activate(), ERASE)
    assert decide(pending, ERASE) == ()
    assert kinds(decide(pending, COMPLETE)) == [ErasureCompleted]
    complete = given_commands(activate(), ERASE, COMPLETE)
    assert decide(complete, COMPLETE) == ()
    assert kinds(decide(complete, ERASE)) == [PersonErased]


def test_who_was_erased_and_comes_back_gives_their_name_anew() -> None:
    person = given_commands(activate(), ERASE, COMPLETE)
    (event,) = decide(person, activate(identity_digest="i2"))
    assert isinstance(event, CoverageActivated)
    assert event.coverage_id == coverage_id_of(PERSON_ID, terms())
    assert evolve(person, event).coverages[event.coverage_id].readable


def test_who_comes_back_must_still_agree_with_the_recorded_terms() -> None:
    with pytest.raises(CoverageTermsDiffer, match="premium_fen"):
        decide(given_commands(activate(), ERASE, COMPLETE), activate(premium_fen=1))


def test_refusals_name_no_person() -> None:
    with pytest.raises(EnrolmentError) as caught:
        decide(given_commands(activate()), activate(premium_fen=1))
    assert PERSON_ID not in str(caught.value)
    assert SEAL not in str(caught.value)


_COMMANDS = st.one_of(
    st.builds(
        lambda month, months, premium, digest: activate(
            digest,
            covered_from=date(2026, month, 1),
            covered_to=date(2026, min(12, month + months), 28),
            premium_fen=premium,
        ),
        st.integers(1, 12),
        st.integers(0, 5),
        st.sampled_from((1, 2)),
        st.sampled_from(("i1", "i2")),
    ),
    st.builds(lambda month: lapse(date(2026, month, 15)), st.integers(1, 12)),
    st.just(ERASE),
    st.just(COMPLETE),
)


@given(st.lists(_COMMANDS, max_size=25))
def test_whatever_comes_twice_happens_once_and_no_day_is_covered_twice(commands: list[Command]) -> None:
    person = initial("")
    for command in commands:
        try:
            events = decide(person, command)
        except EnrolmentError:
            continue
        for event in events:
            person = evolve(person, event)
        assert decide(person, command) == () or isinstance(command, Erase | CompleteErasure)
        periods = [
            (coverage.terms.covered_from, coverage.lapsed_on or coverage.terms.covered_to)
            for coverage in person.coverages.values()
        ]
        periods.sort()
        assert all(earlier[1] < later[0] for earlier, later in pairwise(periods))


def test_terms_name_what_differs() -> None:
    assert terms().differing(replace(terms(), premium_fen=0, tier="gold")) == ("tier", "premium_fen")
