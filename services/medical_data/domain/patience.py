"""How often and how long a claim's records are asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """The budget of a claim.

    It waits `within` at most, or `attempts` failed ones, with pauses that double from `first_pause` to
    `longest_pause`. Afterwards it is asked for every `late_pause` until `late_within` has passed.
    """

    within: timedelta = timedelta(seconds=15)
    attempts: int = 8
    first_pause: timedelta = timedelta(milliseconds=250)
    longest_pause: timedelta = timedelta(seconds=5)
    late_pause: timedelta = timedelta(minutes=1)
    late_within: timedelta = timedelta(days=30)

    def pause_after(self, attempts: int, *, late: bool) -> timedelta:
        """How long to wait after so many failed attempts."""
        if late:
            return self.late_pause
        # The exponent is bounded so that the product stays a timedelta whatever the number of attempts.
        doubled: int = 2 ** min(attempts - 1, 20)
        return min(self.longest_pause, self.first_pause * doubled)

    def is_spent(self, attempts: int) -> bool:
        """True when no further attempt is made within the budget."""
        return attempts >= self.attempts

    def ends_at(self, now: datetime) -> datetime:
        """When the budget of a claim that arrives now ends."""
        return now + self.within

    def late_ends_at(self, now: datetime) -> datetime:
        """Until when a claim that is given up now is still asked for."""
        return now + self.late_within
