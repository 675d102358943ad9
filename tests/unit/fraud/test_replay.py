"""Whatever arrives in whatever order, the log alone gives every score again, from the features to the reasons."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from libs import contracts
from libs.contracts import ClaimEvent, Event
from libs.contracts.fraud import ClaimFactsWithdrawn, ClaimScored, ReviewOpened
from libs.contracts.intake import FiledSettlement
from libs.contracts.medical_data import PriorStay
from libs.contracts.settlement import Visit
from libs.testing.heard_events import (
    NOW,
    PERSON,
    a_claim_corrected,
    a_claim_registered,
    a_claim_withdrawn,
    a_coverage_activated,
    a_visit,
    records_attached,
    records_unavailable,
)
from services.fraud.adapters.rules_file import read_rules
from services.fraud.domain.commands import Command, NoteClaim, NoteCoverage, NoteRecords, NoteWithdrawal
from services.fraud.domain.features import Features, features_of
from services.fraud.domain.scoring import decide
from services.fraud.domain.state import Person, evolve, initial

RULES = read_rules()
WITHIN = timedelta(hours=48)
CLAIMS = [f"claim-{number}" for number in range(6)]
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
HOSPITALS = st.sampled_from(["H1", "H2"])


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    """Stays and outpatient visits close enough to meet each other."""
    kind = draw(st.sampled_from(["inpatient", "inpatient", "outpatient"]))
    return a_visit(draw(DAYS), draw(st.integers(0, 12)), hospital_id=draw(HOSPITALS), kind=kind)


@st.composite
def prior_stays(draw: st.DrawFn) -> PriorStay:
    """A stay that only the bureau knows."""
    begins = draw(DAYS)
    ends = begins + timedelta(days=draw(st.integers(0, 9)))
    return PriorStay(
        hospital_id=draw(HOSPITALS), admitted_on=begins, discharged_on=ends, related=draw(st.booleans())
    )


@st.composite
def commands(draw: st.DrawFn) -> Command:
    """Anything that fraud can hear of a person."""
    claim_id = draw(st.sampled_from(CLAIMS))
    revision = draw(st.integers(1, 3))
    match draw(st.integers(0, 4)):
        case 0:
            chapter = draw(st.sampled_from(["II", "IX", "XV", None]))
            claim: FiledSettlement = (
                a_claim_registered(claim_id, visit=draw(visits()), main_diagnosis_chapter=chapter)
                if revision == 1
                else a_claim_corrected(
                    claim_id, revision, visit=draw(visits()), main_diagnosis_chapter=chapter
                )
            )
            return NoteClaim(claim, draw(st.none() | st.just("other")), NOW, WITHIN)
        case 1:
            records = records_attached(
                claim_id,
                revision=revision,
                cyclic_treatment=draw(st.booleans()),
                deceased_on=draw(st.none() | DAYS),
                prior_stays=tuple(draw(st.lists(prior_stays(), max_size=3))),
            )
            return NoteRecords(records, NOW, WITHIN)
        case 2:
            return NoteRecords(records_unavailable(claim_id, revision), NOW, WITHIN)
        case 3:
            return NoteWithdrawal(a_claim_withdrawn(claim_id), NOW, WITHIN)
        case _:
            first = draw(st.integers(1, 2))
            return NoteCoverage(
                a_coverage_activated(f"coverage-{first}", covered_from=draw(DAYS), continuous_years=first)
            )


def said_of(heard: Sequence[Command]) -> list[Event]:
    """The log after the commands, as it is read back from its bytes."""
    person, said = initial(f"person-{PERSON}"), list[Event]()
    for command in heard:
        for event in decide(person, command, RULES):
            person = evolve(person, event)
            said.append(event)
    return [contracts.decode(contracts.event_type(e), e.schema_version, contracts.encode(e)) for e in said]


@given(st.lists(commands(), max_size=40))
def test_features_and_scores_are_equal_when_the_log_is_replayed(heard: list[Command]) -> None:
    person = initial(f"person-{PERSON}")
    for event in said_of(heard):
        if isinstance(event, ClaimScored):
            features = features_of(person, event.claim_id)
            assert features.as_json() == event.features
            found = RULES.score(Features(**event.features))  # type: ignore[arg-type]
            assert (found.score, found.outcome, found.reasons) == (event.score, event.outcome, event.reasons)
        person = evolve(person, event)


@given(st.lists(commands(), max_size=40))
def test_a_claim_that_is_announced_again_changes_nothing(heard: list[Command]) -> None:
    said = said_of(heard)
    person: Person = initial(f"person-{PERSON}")
    for event in said:
        person = evolve(person, event)
    known = {claim_id for claim_id, claim in person.claims.items() if claim.facts is not None}
    for command in heard:
        if isinstance(command, NoteClaim) and command.filed.claim_id in known:
            assert decide(person, command, RULES) == []


@given(st.lists(commands(), max_size=40))
def test_a_review_follows_a_score_that_demands_it_and_there_is_one_per_revision(heard: list[Command]) -> None:
    said = said_of(heard)
    reviewed = [(event.claim_id, event.revision) for event in said if isinstance(event, ReviewOpened)]
    demanded = {
        (e.claim_id, e.revision) for e in said if isinstance(e, ClaimScored) and e.outcome == "review"
    }
    assert len(reviewed) == len(set(reviewed))
    assert set(reviewed) == demanded


@given(st.lists(commands(), max_size=40))
def test_after_a_withdrawal_nothing_more_is_said_of_the_claim(heard: list[Command]) -> None:
    withdrawn: set[str] = set()
    for event in said_of(heard):
        assert not (isinstance(event, ClaimEvent) and event.claim_id in withdrawn)
        if isinstance(event, ClaimFactsWithdrawn):
            withdrawn.add(event.claim_id)


@given(st.lists(commands(), max_size=40))
def test_scores_go_from_revision_to_revision(heard: list[Command]) -> None:
    scored: dict[str, int] = {}
    for event in said_of(heard):
        if isinstance(event, ClaimScored):
            assert scored.get(event.claim_id, 1) <= event.revision
            scored[event.claim_id] = event.revision
