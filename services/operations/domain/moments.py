"""Moments as operators write them."""

from datetime import UTC, date, datetime, time, timedelta

from libs.contracts.city_time import CITY_ZONE
from services.operations.domain.errors import OperationsError


class NotAMoment(OperationsError):
    """The text is not a moment."""

    code = "not_a_moment"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} is not a moment: 2026-03-31 (the end of that day), 2026-03-31T14:00 (Shanghai),"
            " 2026-03-31T06:00Z, or now"
        )


def parse_moment(text: str) -> datetime | None:
    """The moment in UTC; None for `now`: all that is recorded. A day means its end: what happened on it counts.

    Without a zone Shanghai's clock is meant. Raises NotAMoment.
    """
    if text == "now":
        return None
    try:
        if len(text) == len("2026-03-31"):
            day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(day, time.min, CITY_ZONE).astimezone(UTC) - timedelta(microseconds=1)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=CITY_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):  # the ends of the calendar have no neighbour in another zone
        raise NotAMoment(text) from None
