"""How long to rest after a batch, so that a little work gathers into one.

A transaction costs the same for one event as for dozens. Without rest a machine at half its rate spent all of itself on
small batches: at 80 claims a second each cost three times what it costs at full load, and waited twice as long as now.
The rest follows from how long the batch took, so it grows exactly when processors are short; a lone event waits for
none, and neither does what follows a full batch.
"""

RESTS_PER_BATCH = 3
LEAST_REST_SECONDS = 0.05
"""The events of one request come by several partitions within milliseconds."""
LONGEST_REST_SECONDS = 0.25
UNHURRIED_REST_SECONDS = 0.2
"""The least rest of those on whom no payment waits: read models and referrals."""


def resting_seconds(took_seconds: float, least_seconds: float = LEAST_REST_SECONDS) -> float:
    """The rest after a batch that took so long and was not full."""
    return min(LONGEST_REST_SECONDS, max(least_seconds, RESTS_PER_BATCH * took_seconds))
