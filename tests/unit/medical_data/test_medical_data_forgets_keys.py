"""An erased person's key leaves the process: when the erasure is heard, and again when the key is destroyed."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from libs.contracts.enrolment import ErasureCompleted
from libs.eventlog import States, UnitOfWork
from libs.privacy import KeyStore
from libs.testing.heard_events import PERSON
from libs.testing.recorded import a_recorded
from services.medical_data.domain.attaching import evolve, initial
from services.medical_data.domain.patience import Patience
from services.medical_data.use_cases.hear_events import SUBSCRIPTIONS, hear_events

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Forgetting:
    """Stands in for the key store: notes whom it is told to forget."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget(self, owner: str) -> None:
        self.forgotten.append(owner)


async def test_a_key_that_was_read_between_erasure_and_destruction_is_forgotten() -> None:
    keys = Forgetting()
    states = States("medical_data", initial, evolve)
    handle = hear_events(states, Patience(), cast("KeyStore", keys), lambda: None)
    # A completed erasure writes nothing, so it needs no connection.
    work = UnitOfWork(cast("Connection", None), NOW)
    await handle(work, [a_recorded("enrolment", ErasureCompleted(person_id=PERSON, completed_at=NOW))])
    assert keys.forgotten == []
    work.committed()
    assert keys.forgotten == [PERSON]
    assert "ErasureCompleted" in SUBSCRIPTIONS["enrolment"]
