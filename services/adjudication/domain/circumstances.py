"""What is decided in, beside the person's facts."""

from datetime import datetime

import msgspec

from services.adjudication.domain.commands import Clocks
from services.adjudication.domain.decision import PlanBook


class Circumstances(msgspec.Struct, frozen=True):
    """The moment, the clocks and the plans in force."""

    now: datetime
    clocks: Clocks
    plans: PlanBook
