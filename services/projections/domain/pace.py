"""How much a rebuild rests, so that live traffic keeps its latency."""

from dataclasses import dataclass

LONGEST_REST_SECONDS = 5.0
REST_PER_WORK_WHEN_LIVE_LAGS = 9.0
"""A tenth of its speed, not a stop: a live service that is down lags for ever, and may be waiting for this rebuild."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`events_per_second`: at most so many, None for as many as can be. `lag_events`: live may be so far behind."""

    events_per_second: float | None
    lag_events: int

    def rest_seconds(self, worked_seconds: float, events: int, live_lag_events: int) -> float:
        """The rest after a batch of `events` that took `worked_seconds`, while live is `live_lag_events` behind."""
        by_rate = events / self.events_per_second - worked_seconds if self.events_per_second else 0.0
        by_lag = worked_seconds * REST_PER_WORK_WHEN_LIVE_LAGS if live_lag_events > self.lag_events else 0.0
        return max(0.0, by_rate, min(by_lag, LONGEST_REST_SECONDS))

    def shared_by(self, processes: int) -> "Pace":
        """The pace of one of several processes."""
        rate = self.events_per_second
        return Pace(rate / processes if rate else None, self.lag_events)
