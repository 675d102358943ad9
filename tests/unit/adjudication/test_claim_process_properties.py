"""Properties over random lives of a person: money is conserved, and the log alone re-derives everything."""

from datetime import timedelta
from functools import reduce

from hypothesis import example, given
from hypothesis import strategies as st

from libs.contracts import Event, encode, event_type
from libs.contracts.adjudication import AdjudicationReversed
from libs.contracts.settlement import Settlement
from services.adjudication.domain.commands import Command, Heard
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.noted import Noted, read_for_state
from services.adjudication.domain.process import decide
from services.adjudication.domain.state import initial
from tests.unit.adjudication.heard_events import (
    NOW,
    PERSON,
    attached,
    covered,
    registered,
    reviewed,
    scored,
    unavailable,
)
from tests.unit.adjudication.told_person import PLANS, ToldPerson, folded

_amounts = st.integers(0, 80_000_000)


@st.composite
def settlements(draw: st.DrawFn) -> Settlement:
    """Any settlement whose national identities hold."""
    buckets = {
        name: draw(_amounts)
        for name in ("self_funded_fen", "over_limit_fen", "first_pay_fen", "in_scope_fen")
    }
    left = total = sum(buckets.values())
    paid = {}
    for payer in draw(st.permutations(_PAYERS)):
        paid[payer] = draw(st.integers(0, left))
        left -= paid[payer]
    funds = sum(fen for name, fen in paid.items() if name != "hospital_borne_fen")
    return Settlement(
        total_fen=total,
        **buckets,
        **paid,
        fund_total_fen=funds,
        personal_total_fen=left,
        personal_cash_fen=left,
    )


_PAYERS = (
    "pool_fen",
    "civil_servant_fen",
    "enterprise_fen",
    "resident_critical_illness_fen",
    "employee_large_amount_fen",
    "assistance_fen",
    "other_fund_fen",
    "hospital_borne_fen",
)
_PLAN_IDS = sorted(PLANS)


_ASSISTED = Settlement(
    total_fen=5,
    in_scope_fen=5,
    self_funded_fen=0,
    assistance_fen=1,
    fund_total_fen=1,
    personal_total_fen=4,
    personal_cash_fen=4,
)


@given(settlements(), st.sampled_from(_PLAN_IDS), st.booleans())
@example(_ASSISTED, "basic-knee-2012", False)  # a payer after the plan relieves the patient
def test_who_bears_what_sums_to_the_bill_under_every_plan(
    settlement: Settlement, plan_id: str, fraudulent: bool
) -> None:
    assert settlement.broken_identities() == []
    told = ToldPerson()
    told.hears(covered(plan_id=plan_id), registered(settlement=settlement), attached())
    told.hears(scored(outcome="review"), reviewed("fraudulent" if fraudulent else "legitimate"))
    (decision,) = told.decisions()
    assert (
        sum(bearing.amount_fen for bearing in decision.bearings) == decision.bill_fen == settlement.total_fen
    )
    if not fraudulent:
        by_plan = sum(bearing.amount_fen for bearing in decision.bearings if bearing.bearer == "plan")
        assert by_plan == told.adjudicated().plan_pays_fen


def things_heard(claim_id: str) -> st.SearchStrategy[Heard]:
    said: list[Heard] = [
        covered(),
        covered(coverage_id="cov-2", plan_id="huhuibao-2025"),
        registered(claim_id),
        attached(claim_id),
        attached(claim_id, settlement_matches=False),
        unavailable(claim_id),
        scored(claim_id),
        scored(claim_id, outcome="review", scored_at=NOW + timedelta(seconds=1)),
        reviewed("legitimate", claim_id),
        reviewed("fraudulent", claim_id),
    ]
    return st.sampled_from(said)


_LIVES = st.lists(
    st.one_of(things_heard("c1"), things_heard("c2"), st.sampled_from(["c1 rings", "c2 rings"])), max_size=25
)


@given(_LIVES)
def test_the_log_alone_re_derives_the_state_and_every_decision(life: list[Heard | str]) -> None:
    told = ToldPerson()
    for step in life:
        if not isinstance(step, str):
            told.hears(step)
        elif told.person.claim(step[:2]).due_at is not None:
            told.clock_rings(step[:2])
    assert folded(initial(f"person-{PERSON}"), told.log) == told.person
    assert reduce(evolve, map(_as_read_back, told.log), initial(f"person-{PERSON}")) == told.person
    numbers = [(decision.claim_id, decision.number) for decision in told.decisions()]
    assert len(numbers) == len(set(numbers))
    reversed_ids = [reversal.decision_id for reversal in told.all(AdjudicationReversed)]
    superseded = [decision.supersedes for decision in told.decisions() if decision.supersedes]
    assert reversed_ids == superseded
    # The same commands on a state that is folded anew from the log each time, as after a restart.
    again = ToldPerson()
    for command in told.commands:
        again.person = folded(initial(f"person-{PERSON}"), again.log)
        again.does(command)
    assert again.log == told.log
    assert all(decide(told.person, command, PLANS) == [] for command in _heard_about_decided(told))


def _as_read_back(event: Event) -> Event | Noted:
    """As far as the state looks at what was recorded."""
    return read_for_state(event_type(event), event.schema_version, encode(event))


def _heard_about_decided(told: ToldPerson) -> list[Command]:
    decided = {decision.claim_id for decision in told.decisions()}
    return [
        command
        for command in told.commands
        if getattr(getattr(command, "heard", command), "claim_id", None) in decided
    ]
