"""Who comes back after an erasure: not before the old key is gone, and readable then."""

from datetime import UTC, date, datetime

import pytest

from libs.contracts.enrolment import CoverageActivated
from services.enrolment.domain.commands import Activate, Command, CompleteErasure, Erase
from services.enrolment.domain.errors import ErasureUnderWay
from services.enrolment.domain.person import decide
from services.enrolment.domain.state import Person, Terms, evolve, initial

PERSON_ID = "p_" + "0" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ERASE = Erase(PERSON_ID, "operator:1", NOW)
COMPLETE = CompleteErasure(PERSON_ID, NOW)


def activate(identity_digest: str) -> Activate:
    terms = Terms(
        plan_id="demo-generic",
        tier=None,
        covered_from=date(2026, 1, 1),
        covered_to=date(2026, 12, 31),
        scheme="resident",
        pre_existing=False,
        pre_existing_reason=None,
        groups=(),
        continuous_years=1,
        claim_free_years=0,
        premium_fen=9_900,
        premium_payer="self",
    )
    return Activate(PERSON_ID, terms, "s1." + "0" * 32 + ".AAAA", identity_digest, NOW)


def given_commands(*commands: Command) -> Person:
    person = initial("")
    for command in commands:
        for event in decide(person, command):
            person = evolve(person, event)
    return person


@pytest.mark.parametrize("before", [(), (activate("old"),)], ids=["never covered", "covered before"])
def test_nobody_is_covered_under_a_key_that_is_about_to_be_destroyed(before: tuple[Command, ...]) -> None:
    with pytest.raises(ErasureUnderWay):
        decide(given_commands(*before, ERASE), activate("sealed under the old key"))


def test_who_comes_back_afterwards_is_covered_under_the_new_key() -> None:
    person = given_commands(activate("old"), ERASE, COMPLETE)
    (event,) = decide(person, activate("new"))
    assert isinstance(event, CoverageActivated)
    assert event.identity_digest == "new"
