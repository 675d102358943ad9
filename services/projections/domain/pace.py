"""How much a rebuild rests, so that live traffic keeps its latency."""

from dataclasses import dataclass

LONGEST_REST_SECONDS = 5.0
REST_PER_WORK_WHEN_LIVE_WORKS = 19.0
"""A twentieth of its speed while events come in: at a tenth the median claim took a quarter longer."""
SLOWEST_EVENTS_PER_SECOND = 2_000
"""But not so slow that live, on a machine with nothing to spare, runs away: at half its rate it writes 1,500."""
PAGE_EVENTS_WHEN_LIVE_WORKS = 500
"""What it works at a time then must not be felt either."""
REST_PER_WORK_WHEN_LIVE_LAGS = 39.0
"""Slower still, not a stop: a live service that is down lags for ever, and may be waiting for this rebuild."""


@dataclass(frozen=True, slots=True)
class LiveTraffic:
    """How many events live is behind its logs, and whether any came in lately."""

    lag_events: int = 0
    works: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """`events_per_second`: at most so many, None for as many as can be. `lag_events`: live may be so far behind.

    Without `yields` it does not rest for live: live is held meanwhile, and waits for it. `processes` share what work
    there may be.
    """

    events_per_second: float | None
    lag_events: int
    yields: bool = True
    processes: int = 1

    def rest_seconds(self, worked_seconds: float, events: int, live: LiveTraffic) -> float:
        """The rest after a batch of `events` that took `worked_seconds`."""
        by_rate = events / self.events_per_second - worked_seconds if self.events_per_second else 0.0
        per_work, longest = 0.0, LONGEST_REST_SECONDS
        if self.yields and live.lag_events > self.lag_events:
            per_work = REST_PER_WORK_WHEN_LIVE_LAGS
        elif self.yields and live.works:
            per_work = REST_PER_WORK_WHEN_LIVE_WORKS
            longest = min(longest, events * self.processes / SLOWEST_EVENTS_PER_SECOND - worked_seconds)
        if per_work:
            per_work = (1 + per_work) * self.processes - 1
        return max(0.0, by_rate, min(worked_seconds * per_work, longest))

    def shared_by(self, processes: int) -> "Pace":
        """The pace of one of several processes."""
        rate = self.events_per_second
        return Pace(rate / processes if rate else None, self.lag_events, self.yields, processes)
