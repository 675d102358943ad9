"""Whatever happens to a person: a state that was kept at any event and read back goes on as the fold from the first."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.contracts import Event, encode, event_type
from libs.eventlog.state_codec import StateCodec
from libs.proof.state_difference import difference
from services.adjudication.adapters.person_states import CODEC as PEOPLE
from services.adjudication.domain.evolving import evolve as evolve_person
from services.adjudication.domain.noted import read_for_state
from services.adjudication.domain.state import Claim, Person
from services.adjudication.domain.state import initial as initial_person
from services.fraud.adapters.person_states import CODEC as SCORED
from services.fraud.domain.commands import Command
from services.fraud.domain.state import evolve as evolve_scored
from services.fraud.domain.state import initial as initial_scored
from services.payout.adapters.account_states import CODEC as ACCOUNTS
from services.payout.domain.account import evolve as evolve_account
from services.payout.domain.account import initial as initial_account
from tests.unit.adjudication.lives import PLANS, any_eventful_lives, as_it_came
from tests.unit.adjudication.lives import Life as LifeOfClaim
from tests.unit.fraud.test_replay import commands, said_of
from tests.unit.payout.test_redecided_payments_properties import Life, Step, steps

cuts = st.integers(1, 12)


def goes_on_alike(
    codec: StateCodec[Any],
    evolve: Callable[[Any, Any], Any],
    initial: Any,
    events: Sequence[Event],
    every: int,
    read: Callable[[Event], Any] = lambda event: event,
) -> None:
    """With a state that is kept and read back after every so many events, and one that is folded of what is read."""
    kept = folded = initial
    for number, event in enumerate(events, 1):
        kept, folded = evolve(kept, event), evolve(folded, read(event))
        if number % every == 0:
            kept = codec.decode(codec.encode(kept))
            assert difference(kept, folded) is None
    assert difference(kept, folded) is None


@settings(max_examples=40)
@given(any_eventful_lives, st.sampled_from(PLANS), st.integers(), cuts)
def test_in_adjudication(lives: list[LifeOfClaim], plan_id: str, seed: int, every: int) -> None:
    told = as_it_came(lives, plan_id, Random(seed))
    goes_on_alike(
        PEOPLE, evolve_person, initial_person("person-p"), told.log, every,
        lambda event: read_for_state(event_type(event), event.schema_version, encode(event)),
    )  # fmt: skip


@settings(max_examples=60)
@given(st.lists(steps, max_size=40), cuts)
def test_in_payout(taken: list[Step], every: int) -> None:
    life = Life()
    for step in taken:
        life.take(step)
    goes_on_alike(ACCOUNTS, evolve_account, initial_account("person-p"), life.log, every)


@settings(max_examples=30)
@given(st.lists(commands(), max_size=40), cuts)
def test_in_fraud(heard: list[Command], every: int) -> None:
    goes_on_alike(SCORED, evolve_scored, initial_scored("person-p"), said_of(heard), every)


def a_person(**claims: Claim) -> Person:
    return replace(initial_person("person-p"), claims=claims)


def test_a_difference_is_a_path_of_names_and_no_values() -> None:
    one = a_person(c1=Claim(centre_fen=5, rejected={}), c2=Claim())
    assert difference(one, a_person(c1=Claim(centre_fen=5), c2=Claim())) is None
    assert difference(one, a_person(c1=Claim(centre_fen=6), c2=Claim())) == "claims.c1.centre_fen"
    assert difference(one, a_person(c1=Claim(centre_fen=5))) == "claims.c2"
    assert difference(Claim(pended=()), Claim(records={})) is None


def test_mappings_in_another_order_differ() -> None:
    """What came last, of rulings for one, is found by its place."""
    forth, back = a_person(c1=Claim(), c2=Claim()), a_person(c2=Claim(), c1=Claim())
    same: Mapping[str, Claim] = forth.claims
    assert same == back.claims
    assert difference(forth, back) == "claims.order"
