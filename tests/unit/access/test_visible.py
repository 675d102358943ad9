"""Who may see what, at a moment and as known at another: as brute force finds it, and as people would expect."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from libs.access import Facts, Known, Reader, visible
from libs.access.visible import Consent
from libs.contracts.access import AccessPolicyAdopted, AccessRule, ConsentGiven, ConsentRevoked
from tests.unit.access import stories
from tests.unit.access.stories import PERSON, START, seen_by_brute_force

LEAD = Reader("insurer", "lead")
CLAIM = Facts(PERSON, "H1", frozenset({"lead"}), frozenset())


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def a_policy(edition: int, known: int, effective: int, *rules: AccessRule) -> Known[AccessPolicyAdopted]:
    adopted = AccessPolicyAdopted(
        edition=edition,
        title="t",
        effective_from=day(effective).date(),
        rules=rules,
        adopted_by="op-2",
        adopted_at=day(known),
    )
    return Known(adopted, day(known), day(effective))


def a_rule(
    consent: str | None = "claim_detail", *, reader: str = "insurer", claims: str = "of_its_pool"
) -> AccessRule:
    rule = {
        "rule_id": "detail",
        "reader": reader,
        "view": "claim_status",
        "claims": claims,
        "fields": ["bill_fen"],
    }
    return AccessRule.model_validate(rule | {"consent": consent})


def a_consent(given: int = 1, revoked: tuple[int, int] | None = None) -> list[Known[Consent]]:
    """Given on a day; revoked: known from, in effect from."""
    about = {"person_id": PERSON, "consent_id": "c", "purpose": "claim_detail", "recipient": "insurer:lead"}
    said = ConsentGiven.model_validate(about | {"given_at": day(given), "recorded_by": "d"})
    found: list[Known[Consent]] = [Known(said, day(given), day(given))]
    if revoked is not None:
        known, since = revoked
        ended = {"reason": "revoked", "revoked_at": day(since), "recorded_by": "d"}
        found.append(Known(ConsentRevoked.model_validate(about | ended), day(known), day(since)))
    return found


def sees(
    policies: Sequence[Known[AccessPolicyAdopted]],
    consents: Sequence[Known[Consent]],
    at: int,
    known_at: int | None = None,
    reader: Reader = LEAD,
) -> bool:
    found = visible(policies, consents, CLAIM, reader, day(at), day(at if known_at is None else known_at))
    return "claim_status" in found


@given(stories.policies(), stories.consents(), stories.facts, stories.readers, stories.hours, stories.hours)
def test_it_is_what_brute_force_finds(
    policies: list[Known[AccessPolicyAdopted]],
    consents: list[Known[ConsentGiven] | Known[ConsentRevoked]],
    facts: Facts,
    reader: Reader,
    at: datetime,
    known_at: datetime,
) -> None:
    found = visible(policies, consents, facts, reader, at, known_at)
    by_hand = seen_by_brute_force([*policies, *consents], facts, reader, at, known_at)
    assert {view: set(sight.fields) for view, sight in found.items()} == by_hand


@given(stories.policies(), stories.consents(), stories.facts, stories.readers, stories.hours, stories.hours)
def test_what_becomes_known_later_changes_no_answer_about_what_was_known(
    policies: list[Known[AccessPolicyAdopted]],
    consents: list[Known[ConsentGiven] | Known[ConsentRevoked]],
    facts: Facts,
    reader: Reader,
    at: datetime,
    known_at: datetime,
) -> None:
    then = visible(
        [one for one in policies if one.known_from <= known_at],
        [one for one in consents if one.known_from <= known_at],
        facts,
        reader,
        at,
        known_at,
    )
    assert visible(policies, consents, facts, reader, at, known_at) == then


def test_without_a_policy_nobody_sees_anything() -> None:
    assert visible([], a_consent(), CLAIM, LEAD, day(9), day(9)) == {}


def test_a_revoked_consent_hides_from_then_on_and_not_before() -> None:
    policies, consents = [a_policy(1, 0, 0, a_rule())], a_consent(given=2, revoked=(5, 5))
    assert [sees(policies, consents, at) for at in (1, 2, 4, 5, 9)] == [False, True, True, False, False]


def test_a_revocation_learnt_late_makes_no_earlier_read_unlawful_and_is_seen_as_one_that_should_not_have_been() -> (
    None
):
    policies, consents = [a_policy(1, 0, 0, a_rule())], a_consent(given=1, revoked=(8, 4))
    assert sees(policies, consents, at=6), "on day 6 nobody knew"
    assert not sees(policies, consents, at=6, known_at=9), "by what is known on day 9 it had ended on day 4"


def test_an_edition_counts_from_its_first_day_also_when_it_was_adopted_later() -> None:
    strict, generous = a_rule(), a_rule(consent=None)
    policies = [a_policy(1, 0, 0, strict), a_policy(2, 7, 3, generous)]
    assert [sees(policies, [], at) for at in (2, 5, 7)] == [False, False, True]
    assert [sees(policies, [], at, known_at=9) for at in (2, 3, 5)] == [False, True, True]


@pytest.mark.parametrize(
    "reader", [Reader("insurer", "coinsurer-b"), Reader("hospital", "lead"), Reader("charity", "lead")]
)
def test_another_reader_sees_nothing_by_it(reader: Reader) -> None:
    assert not sees([a_policy(1, 0, 0, a_rule())], a_consent(), at=9, reader=reader)


def test_what_was_seen_names_the_edition_the_rule_and_the_consent() -> None:
    found = visible([a_policy(1, 0, 0, a_rule())], a_consent(), CLAIM, LEAD, day(3), day(3))
    sight = found["claim_status"]
    assert (sight.edition, sight.rules, sight.consents) == (1, ("detail",), ("c",))
    assert sight.fields == {"bill_fen"}
