"""An erased person's key leaves the process: when the erasure is heard, and again when the key is destroyed."""

from typing import TYPE_CHECKING, cast

from libs.contracts.enrolment import ErasureCompleted
from libs.eventlog import States, UnitOfWork
from libs.eventlog.stage import Stage
from libs.testing.recorded import a_recorded
from services.payout.domain.account import evolve, initial
from services.payout.domain.payments import decide
from services.payout.use_cases.hear_events import SUBSCRIPTIONS, hear_events
from tests.unit.payout.decisions import NOW, PERSON

if TYPE_CHECKING:
    from libs.eventlog.database import Connection

NO_CONNECTION = cast("Connection", None)
"""A completed erasure writes nothing: the account went with PersonErased, and who came back since keeps theirs."""


async def test_a_key_that_was_read_between_erasure_and_destruction_is_forgotten() -> None:
    forgotten: list[str] = []
    stage = Stage(States("payout", initial, evolve), decide)
    handle = hear_events(stage, forgotten.append, *[lambda: None] * 3)
    work = UnitOfWork(NO_CONNECTION, NOW)
    await handle(work, [a_recorded("enrolment", ErasureCompleted(person_id=PERSON, completed_at=NOW))])
    assert forgotten == []
    work.committed()
    assert forgotten == [PERSON]
    assert "ErasureCompleted" in SUBSCRIPTIONS["enrolment"]
