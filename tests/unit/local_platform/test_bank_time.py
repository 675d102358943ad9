"""The simulated bank settles at once whatever day it is started."""

from datetime import date, datetime, timedelta

import pytest

from libs.local_platform.mock_bank import settling_at_once

_A_WEEK = [date(2026, 11, 16) + timedelta(days=number) for number in range(7)]


@pytest.mark.parametrize("today", _A_WEEK, ids=lambda day: day.strftime("%A"))
def test_the_bank_opens_on_a_monday_that_is_ahead_of_us_by_less_than_eight_days(today: date) -> None:
    options = settling_at_once(today)
    opens = datetime.fromisoformat(options[options.index("--clock") + 1])
    assert opens.strftime("%A %H:%M") == "Monday 00:00"
    assert today < opens.date() <= today + timedelta(days=7)
