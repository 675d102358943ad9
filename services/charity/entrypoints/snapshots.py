"""This service's snapshots: `check` or `rebuild`, as `huiji snapshots` and `huiji verify` start it."""

from libs.eventlog.snapshots import SnapshotPolicy
from libs.proof.snapshot_tool import run_snapshot_tool
from libs.runtime.collector import tune_collector
from services.charity.adapters.person_states import SOURCE, person_states

if __name__ == "__main__":
    tune_collector()
    run_snapshot_tool(SOURCE, person_states(SnapshotPolicy(every=1)))
