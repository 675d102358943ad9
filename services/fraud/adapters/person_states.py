"""The states of fraud's streams, one per person, and how they are kept in snapshots."""

from libs.eventlog import States
from libs.eventlog.snapshots import SnapshotPolicy, Snapshots
from libs.eventlog.state_codec import StateCodec
from services.fraud.domain.state import FOLD_VERSION, Person, evolve, initial

SOURCE = "fraud"

CODEC = StateCodec(Person)


def person_states(policy: SnapshotPolicy | None = None) -> States[Person]:
    """States of people, with snapshots when there is a policy for them."""
    snapshots = None if policy is None else Snapshots(CODEC, FOLD_VERSION, policy)
    return States(SOURCE, initial, evolve, snapshots=snapshots)
