"""The states of adjudication's streams, one per person, and how they are kept in snapshots."""

from libs.contracts import Event
from libs.eventlog import Recorded, States
from libs.eventlog.snapshots import SnapshotPolicy, Snapshots
from libs.eventlog.state_codec import Form, StateCodec
from services.adjudication.domain.evolving import FOLD_VERSION, evolve
from services.adjudication.domain.kept import StandingDecision
from services.adjudication.domain.noted import Noted, read_for_state
from services.adjudication.domain.state import Person, initial

SOURCE = "adjudication"

CODEC = StateCodec(
    Person,
    {StandingDecision: Form(StandingDecision.recorded, lambda recorded: StandingDecision(*recorded))},
)


def person_states(policy: SnapshotPolicy | None = None) -> States[Person]:
    """States of people, with snapshots when there is a policy for them."""
    snapshots = None if policy is None else Snapshots(CODEC, FOLD_VERSION, policy)
    return States(SOURCE, initial, evolve, read=_read, snapshots=snapshots)


def _read(recorded: Recorded) -> Event | Noted:
    return read_for_state(recorded.type, recorded.schema_version, recorded.body)
