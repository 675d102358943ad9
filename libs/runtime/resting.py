"""How long to rest after a batch, so that a little work gathers into one.

A transaction costs the same for one event as for dozens. Without rest a machine at half its rate spent all of itself on
small batches: at 80 claims a second each cost three times what it costs at full load, and waited twice as long as now.
The rest follows from how long the batch took by itself, whatever was in it, so it grows exactly when processors are
short and batches small: a larger batch would not be cheaper by the event. A lone event waits for none, and neither does
what follows a full batch.
"""

RESTS_PER_BATCH = 3
EVENTS_LIKE_A_BATCH = 10
"""What so many events take is what a batch takes that has none."""
LEAST_REST_SECONDS = 0.05
"""The events of one request come by several partitions within milliseconds."""
LONGEST_REST_SECONDS = 0.25
UNHURRIED_REST_SECONDS = 0.2
"""The least rest of those on whom no payment waits: read models and referrals."""


def resting_seconds(took_seconds: float, events: int, least_seconds: float = LEAST_REST_SECONDS) -> float:
    """The rest after a batch that took so long for so many events and was not full."""
    by_itself = took_seconds * EVENTS_LIKE_A_BATCH / (EVENTS_LIKE_A_BATCH + events)
    return min(LONGEST_REST_SECONDS, max(least_seconds, RESTS_PER_BATCH * by_itself))
