"""Travelling through streams: what was known, what was in effect, and that both agree with the live fold."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs import contracts
from libs.contracts import Event
from libs.contracts.effect import effect_of
from libs.contracts.registry import PUBLISHED
from libs.contracts.sampling import sample_of
from libs.eventlog import Recorded, States
from libs.eventlog.travel import Moment, as_of, dated, known_from
from services.enrolment.domain import state as enrolment

NOON = datetime(2026, 6, 15, 4, tzinfo=UTC)
PERSON = "p_" + "a" * 32


def a_coverage(coverage_id: str, first: date, last: date) -> Event:
    drafted = sample_of(contracts.registry._BY_TYPE["CoverageActivated"])
    return drafted.model_copy(
        update={"coverage_id": coverage_id, "covered_from": first, "covered_to": last, "person_id": PERSON}
    )


def a_lapse(coverage_id: str, day: date) -> Event:
    drafted = sample_of(contracts.registry._BY_TYPE["CoverageLapsed"])
    return drafted.model_copy(update={"coverage_id": coverage_id, "lapsed_on": day, "person_id": PERSON})


def a_claim(claim_id: str, admitted_on: date, kind: str = "ClaimRegistered") -> Event:
    drafted: Any = sample_of(contracts.registry._BY_TYPE[kind])
    visit = drafted.visit.model_copy(update={"admitted_on": admitted_on, "discharged_on": admitted_on})
    corrected: Event = drafted.model_copy(update={"claim_id": claim_id, "visit": visit})
    return corrected


def recorded(events: Sequence[Event], times: Sequence[datetime], stream_id: str = "s") -> list[Recorded]:
    """The events as one stream, recorded at these times."""
    return [
        Recorded(
            "enrolment", 0, version, stream_id, version, UUID(int=version), contracts.event_type(event),
            event.schema_version, event.subject(), time, None, None, contracts.encode(event), b"",
        )
        for version, (event, time) in enumerate(zip(events, times, strict=True), start=1)
    ]  # fmt: skip


days = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@st.composite
def a_history(draw: st.DrawFn) -> list[Recorded]:
    """A person's coverages and lapses, recorded at times that race by up to a second."""
    events: list[Event] = []
    known: list[str] = []
    for number in range(draw(st.integers(1, 8))):
        lapses = draw(st.booleans())
        if known and lapses:
            events.append(a_lapse(known[draw(st.integers(0, len(known) - 1))], draw(days)))
        else:
            first = draw(days)
            known.append(f"c{number}")
            events.append(a_coverage(known[-1], first, first + timedelta(days=draw(st.integers(0, 400)))))
    jitter = draw(st.lists(st.integers(-999, 999), min_size=len(events), max_size=len(events)))
    times = [NOON + timedelta(hours=n, milliseconds=late) for n, late in enumerate(jitter)]
    # Two transactions that raced: the later version bears the earlier start.
    if len(times) > 1 and draw(st.booleans()):
        times[-1] = times[-2] - timedelta(milliseconds=draw(st.integers(0, 500)))
    return recorded(events, times)


def fold(events: Sequence[Recorded]) -> object:
    states = States("enrolment", enrolment.initial, enrolment.evolve)
    return states.fold(["s"], events)["s"].state


def folded(history: Sequence[Recorded], moment: Moment) -> object:
    return fold([one.recorded for one in as_of(history, moment)])


@given(a_history())
def test_known_now_is_the_live_state(history: list[Recorded]) -> None:
    assert folded(history, Moment()) == fold(history)
    assert folded(history, Moment(known_at=known_from(history)[-1])) == fold(history)


@given(a_history())
def test_each_recording_time_is_the_fold_of_the_prefix(history: list[Recorded]) -> None:
    for since in known_from(history):
        prefix = [event for event, known in zip(history, known_from(history), strict=True) if known <= since]
        assert prefix == history[: len(prefix)]
        assert folded(history, Moment(known_at=since)) == fold(prefix)
    before = min(event.recorded_at for event in history) - timedelta(microseconds=1)
    assert as_of(history, Moment(known_at=before)) == []


@given(a_history(), days)
def test_what_is_in_effect_can_always_be_folded_and_only_grows(history: list[Recorded], day: date) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    earlier = as_of(history, Moment(at=at))
    later = as_of(history, Moment(at=at + timedelta(days=40)))
    assert {one.recorded.version for one in earlier} <= {one.recorded.version for one in later}
    fold([one.recorded for one in earlier])
    assert len(as_of(history, Moment(at=datetime(2100, 1, 1, tzinfo=UTC)))) == len(history)


@given(a_history(), days, st.integers(0, 10))
def test_both_questions_together_are_effect_among_what_was_known(
    history: list[Recorded], day: date, hours: int
) -> None:
    at, known_at = datetime(day.year, day.month, day.day, tzinfo=UTC), NOON + timedelta(hours=hours)
    known = [one.recorded for one in as_of(history, Moment(known_at=known_at))]
    assert as_of(history, Moment(at, known_at)) == as_of(known, Moment(at=at))


def test_a_late_claim_was_in_effect_last_month_and_not_known_then() -> None:
    history = recorded([a_claim("late", date(2026, 5, 10))], [NOON])
    last_month = datetime(2026, 5, 31, tzinfo=UTC)
    assert [one.event for one in as_of(history, Moment(at=last_month))] == [history[0].decode()]
    assert as_of(history, Moment(known_at=last_month)) == []
    assert as_of(history, Moment(at=last_month, known_at=last_month)) == []
    assert as_of(history, Moment(at=datetime(2026, 5, 9, tzinfo=UTC))) == []


def test_a_day_of_service_begins_at_midnight_in_the_city() -> None:
    (claim,) = dated(recorded([a_claim("c", date(2026, 5, 10))], [NOON]))
    assert claim.effective_from.astimezone(UTC) == datetime(2026, 5, 9, 16, tzinfo=UTC)


def test_a_correction_moves_the_day_of_service_only_for_who_knew_of_it() -> None:
    events = [a_claim("c", date(2026, 5, 10)), a_claim("c", date(2026, 3, 1), "ClaimCorrected")]
    history = recorded(events, [NOON, NOON + timedelta(days=1)])
    april = datetime(2026, 4, 1, tzinfo=UTC)
    assert len(as_of(history, Moment(at=april))) == 2
    assert as_of(history, Moment(at=april, known_at=NOON)) == []


def test_a_stream_that_does_not_say_the_day_of_service_is_told_it() -> None:
    score = sample_of(contracts.registry._BY_TYPE["ClaimScored"]).model_copy(update={"claim_id": "c"})
    history = recorded([score], [NOON])
    last_month = Moment(at=datetime(2026, 5, 31, tzinfo=UTC))
    assert as_of(history, last_month) == []
    assert len(as_of(history, last_month, {"c": date(2026, 5, 10)})) == 1


def test_an_act_is_not_in_effect_later_than_it_was_heard_of() -> None:
    settled: Any = sample_of(contracts.registry._BY_TYPE["PaymentSettled"])
    ahead = settled.model_copy(update={"booked_at": NOON + timedelta(days=5)})
    assert dated(recorded([ahead], [NOON]))[0].effective_from == NOON
    past = settled.model_copy(update={"booked_at": NOON - timedelta(days=5)})
    assert dated(recorded([past], [NOON]))[0].effective_from == NOON - timedelta(days=5)


def test_a_lapse_never_takes_effect_before_its_coverage() -> None:
    events = [a_coverage("c", date(2026, 7, 1), date(2026, 12, 31)), a_lapse("c", date(2026, 6, 1))]
    first, second = dated(recorded(events, [NOON, NOON]))
    assert second.effective_from == first.effective_from


@pytest.mark.parametrize(
    "kind", [kind for kinds in PUBLISHED.values() for kind in kinds], ids=lambda kind: kind.__name__
)
def test_every_published_event_has_an_effect(kind: type[Event]) -> None:
    event = sample_of(kind)
    (one,) = dated([replace(recorded([event], [NOON])[0], source="any")])
    assert one.effective_from.tzinfo is not None
    assert effect_of(event).matter
