"""What a hospital asks for beside filing a settlement: to replace one that it has filed, or to undo it.

X12 knows the same three as claim frequency 1 (original), 7 (replacement) and 8 (void).
"""

from dataclasses import dataclass
from typing import Literal

from libs.interop.submission import Submission

WithdrawalReason = Literal["settlement_cancelled", "discharge_cancelled", "entered_in_error"]


@dataclass(frozen=True, slots=True)
class Correction:
    """The settlement of this name has this content now.

    `based_on` is the revision that the sender corrects, where it says so: it is refused when there is a newer one.
    """

    submission: Submission
    based_on: int | None = None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The settlement is undone (national 2305, a cancelled Claim). `based_on` as for a correction."""

    hospital_id: str
    submission_id: str
    reason: WithdrawalReason = "settlement_cancelled"
    based_on: int | None = None


Request = Submission | Correction | Cancellation
"""All that a sender can ask for. A bare Submission asks to become a claim."""
