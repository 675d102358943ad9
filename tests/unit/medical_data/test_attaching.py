"""Given what was said of a claim, when the bureau answers or the budget ends, then records or their absence follow."""

from dataclasses import replace
from datetime import date
from functools import reduce

from libs.contracts import Event
from libs.contracts.medical_data import PriorStay, Provenance, RecordsAttached, RecordsUnavailable
from libs.testing.heard_events import NOW, PERSON, SEALED
from services.medical_data.domain.attaching import (
    Attach,
    BureauRecord,
    Claim,
    Command,
    GiveUp,
    decide,
    evolve,
    initial,
)

Answer = RecordsAttached | RecordsUnavailable
STAY = PriorStay(hospital_id="H1", admitted_on=date(2026, 1, 1), discharged_on=date(2026, 1, 5), related=True)
PROVENANCE = Provenance(source="bureau", fetched_at=NOW, as_of=NOW, response_digest="0" * 64)
GIVE_UP = GiveUp(PERSON, 1, "bureau_unreachable", 4, NOW)


def an_answer(total_fen: int = 150_000, fund_fen: int = 60_000, revision: int = 1) -> Attach:
    record = BureauRecord(
        total_fen=total_fen,
        fund_fen=fund_fen,
        as_of=NOW,
        chronic_benefit_since=date(2020, 3, 1),
        cyclic_treatment=True,
        deceased_on=None,
        prior_stays=(STAY,),
    )
    return Attach(PERSON, revision, record, PROVENANCE, 150_000, 60_000, SEALED)


def folded(*events: Event) -> Claim:
    return reduce(evolve, events, initial("claim-one"))


def run(*commands: Command) -> list[Event]:
    said: list[Event] = []
    for command in commands:
        said += decide(folded(*said), command)
    return said


def test_an_answer_becomes_records_with_their_provenance() -> None:
    (attached,) = run(an_answer())
    assert attached == RecordsAttached(
        person_id=PERSON,
        claim_id="one",
        provenance=PROVENANCE,
        bureau_total_fen=150_000,
        bureau_fund_fen=60_000,
        settlement_matches=True,
        chronic_benefit_since=date(2020, 3, 1),
        cyclic_treatment=True,
        prior_stays=(STAY,),
        records=SEALED,
    )


def test_a_fen_of_difference_in_total_or_funds_is_told() -> None:
    for answer in (an_answer(total_fen=150_001), an_answer(fund_fen=59_999)):
        (attached,) = run(answer)
        assert isinstance(attached, RecordsAttached)
        assert not attached.settlement_matches


def test_a_spent_budget_makes_the_records_unavailable_once() -> None:
    said = run(GIVE_UP, GIVE_UP)
    assert said == [
        RecordsUnavailable(
            person_id=PERSON, claim_id="one", reason="bureau_unreachable", attempts=4, given_up_at=NOW
        )
    ]


def test_records_that_come_late_are_attached_all_the_same() -> None:
    assert [type(event) for event in run(GIVE_UP, an_answer())] == [RecordsUnavailable, RecordsAttached]


def test_nothing_follows_records() -> None:
    assert [type(event) for event in run(an_answer(), an_answer(), GIVE_UP)] == [RecordsAttached]


def told(events: list[Event]) -> list[tuple[str, int]]:
    """What was said, of which revision."""
    return [(type(event).__name__, event.revision) for event in events if isinstance(event, Answer)]


def test_a_corrected_claim_is_answered_again_with_its_revision() -> None:
    said = run(an_answer(), an_answer(revision=2), an_answer(revision=2))
    assert told(said) == [("RecordsAttached", 1), ("RecordsAttached", 2)]


def test_of_each_revision_the_records_may_be_unavailable_once() -> None:
    again = replace(GIVE_UP, revision=2)
    assert told(run(an_answer(), again, again)) == [("RecordsAttached", 1), ("RecordsUnavailable", 2)]


def test_nothing_is_said_of_a_revision_once_something_was_said_of_a_newer_one() -> None:
    newer = replace(GIVE_UP, revision=2)
    assert told(run(newer, an_answer(revision=1), GIVE_UP)) == [("RecordsUnavailable", 2)]
    assert told(run(newer, an_answer(revision=2))) == [("RecordsUnavailable", 2), ("RecordsAttached", 2)]
    assert told(run(an_answer(revision=2), an_answer(revision=1))) == [("RecordsAttached", 2)]
