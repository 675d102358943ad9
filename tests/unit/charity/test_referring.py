"""Given a person's year, when a claim is decided, then what passes a threshold is referred, and no need twice."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts import Event
from libs.contracts.adjudication import AdjudicationReversed
from libs.contracts.charity import (
    BurdenNoted,
    BurdenWithdrawn,
    GroupsNoted,
    ReferralMade,
    ReferralRevised,
    ReferralWithdrawn,
)
from libs.testing.heard_events import (
    NOW,
    PERSON,
    a_claim_adjudicated,
    a_claim_denied,
    a_coverage_activated,
)
from services.charity.domain.programme import Programme
from services.charity.domain.referring import (
    Command,
    NoteDecision,
    NoteGroups,
    NoteWithdrawal,
    decide,
)
from services.charity.domain.state import Person, evolve, initial


def a_programme(programme_id: str = "relief", order: int = 1, **changes: Any) -> Programme:
    """Half of what passes 10,000 yuan, up to 20,000 yuan, for everyone."""
    values: dict[str, Any] = {
        "name": {"zh": "救助", "en": "Relief"},
        "valid_from": date(2020, 1, 1),
        "threshold_fen": 1_000_000,
        "share_bp": 5_000,
        "cap_fen": 2_000_000,
        "source": {"kind": "assumption", "text": "a test"},
        "digest": "d" * 64,
    }
    return Programme.model_validate({"id": programme_id, "order": order, **values, **changes})


def decided(claim_id: str, burden_fen: int, **changes: Any) -> NoteDecision:
    return NoteDecision(a_claim_adjudicated(claim_id, patient_bears_fen=burden_fen, **changes), NOW)


def a_reversal(claim_id: str, decision_id: str = "") -> AdjudicationReversed:
    """The claim is withdrawn."""
    return AdjudicationReversed(
        person_id=PERSON,
        claim_id=claim_id,
        decision_id=decision_id or f"decision-of-{claim_id}",
        number=1,
        replaced_by=None,
        reason="claim_withdrawn",
        hospital_id="H1",
        plan_id="demo-generic",
        benefit_year="2026-01-01",
        plan_pays_fen=60_000,
        cash_benefits_fen=0,
        usage_released={},
        pool_shares=(),
        received_at=NOW,
        reversed_at=NOW,
    )


def run(programmes: Sequence[Programme], *commands: Command) -> list[Event]:
    """The log after the commands."""
    said: list[Event] = []
    for command in commands:
        said += decide(folded(said), command, programmes)
    return said


def folded(events: Iterable[Event]) -> Person:
    return reduce(evolve, events, initial(f"person-{PERSON}"))


def referrals(events: Iterable[Event]) -> list[ReferralMade]:
    return [event for event in events if isinstance(event, ReferralMade)]


def aids(events: Iterable[Event]) -> list[tuple[str, int]]:
    return [(referral.programme_id, referral.suggested_aid_fen) for referral in referrals(events)]


def test_a_burden_is_noted_and_below_the_threshold_that_is_all() -> None:
    said = run([a_programme()], decided("one", 1_000_000))
    assert said == [
        BurdenNoted(
            person_id=PERSON,
            claim_id="one",
            decision_id="decision-of-one",
            year=2026,
            claim_burden_fen=1_000_000,
            burden_fen=1_000_000,
        )
    ]


def test_what_passes_the_threshold_is_referred() -> None:
    (referral,) = referrals(run([a_programme()], decided("one", 1_000_002)))
    assert referral.suggested_aid_fen == 1
    assert (referral.remaining_burden_fen, referral.threshold_fen) == (1_000_002, 1_000_000)
    assert (referral.programme_digest, referral.decision_id) == ("d" * 64, "decision-of-one")


def test_burdens_of_a_year_add_up() -> None:
    said = run([a_programme()], decided("one", 800_000), decided("two", 400_000))
    assert [event.burden_fen for event in said if isinstance(event, BurdenNoted)] == [800_000, 1_200_000]
    assert aids(said) == [("relief", 100_000)]


def test_each_year_begins_anew() -> None:
    said = run(
        [a_programme()],
        decided("one", 900_000, service_date=date(2025, 12, 31)),
        decided("two", 900_000, service_date=date(2026, 1, 1)),
    )
    assert referrals(said) == []


def test_a_need_that_was_referred_is_not_referred_again() -> None:
    said = run([a_programme()], decided("one", 3_000_000), decided("two", 400_000))
    assert aids(said) == [("relief", 1_000_000), ("relief", 200_000)]
    assert [referral.aid_suggested_before_fen for referral in referrals(said)] == [0, 1_000_000]


def test_the_cap_counts_over_the_year() -> None:
    said = run([a_programme()], decided("one", 4_000_000), decided("two", 9_000_000), decided("three", 1))
    assert aids(said) == [("relief", 1_500_000), ("relief", 500_000)]


def test_what_one_programme_takes_the_next_does_not_see() -> None:
    second = a_programme("second", 2, share_bp=10_000, cap_fen=9_000_000)
    said = run([a_programme(), second], decided("one", 3_000_000))
    assert aids(said) == [("relief", 1_000_000), ("second", 1_000_000)]


def test_aid_too_small_for_a_referral_waits_for_more() -> None:
    programme = a_programme(smallest_aid_fen=50_000)
    said = run([programme], decided("one", 1_099_998), decided("two", 2))
    assert aids(said) == [("relief", 50_000)]
    assert referrals(said)[0].claim_id == "two"


def test_a_programme_for_a_group_is_for_its_people_while_they_are_covered() -> None:
    programme = a_programme(groups=("poverty",))
    poor = NoteGroups(a_coverage_activated(groups=("poverty",)))
    outside = decided("early", 2_000_000, service_date=date(2025, 12, 31))
    assert aids(run([programme], decided("one", 2_000_000))) == []
    assert aids(run([programme], poor, decided("one", 2_000_000))) == [("relief", 500_000)]
    assert aids(run([programme], poor, outside)) == []


def test_a_programme_is_asked_only_while_it_is_valid() -> None:
    ended = a_programme(valid_to=date(2026, 4, 30))
    on_its_last_day = decided("one", 2_000_000, service_date=date(2026, 4, 30))
    a_day_later = decided("one", 2_000_000, service_date=date(2026, 5, 1))
    assert aids(run([ended], on_its_last_day)) == [("relief", 500_000)]
    assert aids(run([ended], a_day_later)) == []


def test_the_same_decision_twice_changes_nothing() -> None:
    said = run([a_programme()], decided("one", 3_000_000))
    assert decide(folded(said), decided("one", 3_000_000), [a_programme()]) == []


def test_a_new_decision_of_a_claim_replaces_its_burden() -> None:
    again = decided("one", 3_400_000, decision_id="decision-2-of-one")
    said = run([a_programme()], decided("one", 3_000_000), again)
    assert [event.burden_fen for event in said if isinstance(event, BurdenNoted)] == [3_000_000, 3_400_000]
    assert aids(said) == [("relief", 1_000_000), ("relief", 200_000)]


def test_a_denial_leaves_a_burden() -> None:
    denied = NoteDecision(a_claim_denied("one", reason="no_coverage", patient_bears_fen=2_000_000), NOW)
    assert aids(run([a_programme()], denied)) == [("relief", 500_000)]


@pytest.mark.parametrize("reason", ["fraudulent", "after_death", "settlement_differs"])
def test_a_bill_that_is_not_owed_or_not_known_is_no_need(reason: Any) -> None:
    denied = NoteDecision(a_claim_denied("one", reason=reason, patient_bears_fen=2_000_000), NOW)
    (noted,) = run([a_programme()], denied)
    assert isinstance(noted, BurdenNoted)
    assert noted.claim_burden_fen == 0


def test_a_coverages_groups_are_noted_once() -> None:
    command = NoteGroups(a_coverage_activated(groups=("poverty",)))
    assert [type(event) for event in run([], command, command)] == [GroupsNoted]


DECISIONS = st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 5_000_000)), min_size=1, max_size=12)
STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-1, 4_000_000), st.sampled_from([2025, 2026])), max_size=14
)
_LOWERED = BurdenWithdrawn | ReferralRevised | ReferralWithdrawn
PROGRAMMES = [
    a_programme(),
    a_programme("second", 2, threshold_fen=0, share_bp=10_000, cap_fen=10**9),
    a_programme("third", 3, threshold_fen=200_000, share_bp=7_000, cap_fen=10**6),
]


@given(STEPS)
def test_whatever_is_decided_anew_or_withdrawn_no_more_aid_is_asked_for_than_terms_and_burden_give(
    steps: list[tuple[str, int, int]],
) -> None:
    """Also when a programme is no more: it is asked for nothing beyond the burden."""
    said: list[Event] = []
    burdens: dict[tuple[int, str], int] = {}
    for number, (claim_id, burden, year) in enumerate(steps):
        burdens = {key: fen for key, fen in burdens.items() if key[1] != claim_id}
        programmes = PROGRAMMES if number < 9 else PROGRAMMES[1:]
        if burden < 0:
            command: Command = NoteWithdrawal(a_reversal(claim_id), NOW)
        else:
            burdens[year, claim_id] = burden
            command = decided(
                claim_id, burden, decision_id=f"d{number}", number=number + 1, service_date=date(year, 3, 1)
            )
        followed = decide(folded(said), command, programmes)
        said += followed
        person = folded(said)
        assert decide(person, command, programmes) == []
        for known in (2025, 2026):
            found = person.year(known)
            total = sum(fen for key, fen in burdens.items() if key[0] == known)
            assert found.burden_fen == total
            assert sum(found.suggested_fen.values()) <= total
            if any(isinstance(event, _LOWERED) and event.year == known for event in followed):
                left = total
                for programme in programmes:
                    by_this = found.suggested_fen.get(programme.id, 0)
                    assert by_this <= programme.aid_for(left)
                    left -= by_this


def test_a_lower_burden_takes_back_the_newest_referral_first() -> None:
    less = decided("two", 200_000, decision_id="decision-2-of-two", number=2)
    said = run([a_programme()], decided("one", 3_000_000), decided("two", 800_000), less)
    (revised,) = [event for event in said if isinstance(event, ReferralRevised)]
    assert (revised.claim_id, revised.decision_id) == ("two", "decision-2-of-two")
    assert (revised.suggested_aid_before_fen, revised.suggested_aid_fen) == (400_000, 100_000)
    assert revised.remaining_burden_fen == 3_200_000


def test_a_withdrawn_claims_referral_is_withdrawn_and_its_burden_gone() -> None:
    gone = NoteWithdrawal(a_reversal("one"), NOW)
    said = run([a_programme()], decided("one", 3_000_000), gone)
    lifted, withdrawn = said[-2:]
    assert isinstance(lifted, BurdenWithdrawn)
    assert (lifted.decision_id, lifted.burden_fen) == ("decision-of-one", 0)
    assert isinstance(withdrawn, ReferralWithdrawn)
    assert (withdrawn.reason, withdrawn.suggested_aid_before_fen) == ("claim_withdrawn", 1_000_000)
    assert decide(folded(said), gone, [a_programme()]) == []


def test_a_claim_corrected_into_another_year_is_a_burden_of_that_year_alone() -> None:
    moved = decided("one", 3_000_000, decision_id="d2", number=2, service_date=date(2025, 12, 31))
    said = run([a_programme()], decided("one", 3_000_000), moved)
    assert [type(event) for event in said[2:]] == [
        BurdenWithdrawn,
        ReferralWithdrawn,
        BurdenNoted,
        ReferralMade,
    ]
    assert [event.year for event in said[2:]] == [2026, 2026, 2025, 2025]  # type: ignore[attr-defined]


@given(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=10))
def test_one_by_one_or_at_once_a_programme_is_asked_for_the_same(burdens: list[int]) -> None:
    programme = a_programme()
    one_by_one = run([programme], *(decided(f"c{i}", fen) for i, fen in enumerate(burdens)))
    at_once = run([programme], decided("all", sum(burdens)))
    assert sum(fen for _, fen in aids(one_by_one)) == sum(fen for _, fen in aids(at_once))


@given(DECISIONS)
def test_a_decision_is_referred_to_a_programme_at_most_once(found: list[tuple[str, int]]) -> None:
    commands = [decided(c, fen, decision_id=f"d{number % 7}") for number, (c, fen) in enumerate(found)]
    ids = [referral.referral_id for referral in referrals(run([a_programme()], *commands))]
    assert len(ids) == len(set(ids))
