"""What is decided in, beside the person's facts."""

from dataclasses import dataclass
from datetime import datetime

from services.adjudication.domain.commands import Clocks
from services.adjudication.domain.decision import PlanBook


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The moment, the clocks and the plans in force."""

    now: datetime
    clocks: Clocks
    plans: PlanBook
