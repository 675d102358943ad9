"""The collector does not walk states (`gc=False`): whatever a state lets go must be freed without it."""

import gc

from libs.contracts import encode, event_type
from services.adjudication.domain.evolving import evolve
from services.adjudication.domain.kept import FiledBill
from services.adjudication.domain.noted import read_for_state
from services.adjudication.domain.state import Person, initial
from tests.unit.adjudication.heard_events import PERSON, attached, covered, registered, scored
from tests.unit.adjudication.told_person import ToldPerson


def bills_alive() -> int:
    return sum(isinstance(thing, FiledBill) for thing in gc.get_objects())


def test_a_replay_that_is_let_go_leaves_no_bill_behind() -> None:
    told = ToldPerson()
    told.hears(covered(), registered(), attached(), scored())
    recorded = [(event_type(event), event.schema_version, encode(event)) for event in told.log]

    def replayed() -> Person:
        person = initial(f"person-{PERSON}")
        for event in recorded:
            person = evolve(person, read_for_state(*event))
        return person

    assert replayed() == told.person
    assert len(told.decisions()) == 1
    gc.disable()
    try:
        before = bills_alive()
        replayed()
        assert bills_alive() == before
    finally:
        gc.enable()
