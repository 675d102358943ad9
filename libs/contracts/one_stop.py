"""What an insurance centre has computed and settled of a supplementary plan itself (一站式), and how it compares.

Codes and shapes are those of a provincial feed: `apply_claim_mode` 3 is the hospital's desk, 4 to 6 are the centre's
own reimbursement. Of these modes the plan's amount comes from the centre; ours is evaluated beside it.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from libs.contracts.event import ClaimEvent, Fen, Model

OneStopMode = Literal["one_stop", "centre_local", "centre_in_province", "centre_cross_province"]


class OneStopLiability(Model):
    """One of the plan's liabilities as the centre settled it."""

    code: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,40}$",
        description="the centre's code, such as SBNYL, or the plan's own id of the liability",
    )
    deductible_fen: Fen = Field(description="what the deductible took of this bill")
    pays_fen: Fen


class OneStopAmounts(Model):
    """What the centre has settled of the plan. The person owed so much less: it is paid, and the centre is owed it."""

    plan_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    mode: OneStopMode = Field(description="apply_claim_mode 3, 4, 5, 6")
    reference: str = Field(
        pattern=r"^[!-~]{1,64}$", description="the centre's own id of it; names nobody, it stands in clear"
    )
    liabilities: tuple[OneStopLiability, ...]
    total_fen: Fen = Field(description="settClaSumamt; the sum of the liabilities")
    settled_at: datetime


class ComparedLiability(Model):
    """One liability as the centre settled it and as our evaluation of the same bill has it."""

    liability_id: str
    centre_deductible_fen: Fen
    own_deductible_fen: Fen
    centre_pays_fen: Fen
    own_pays_fen: Fen


class OneStopDecided(Model):
    """How a decision came by its amounts when the centre had settled some.

    `centre`: they were taken. `own`: the centre settled nothing although the plan pays, so our own are decided.
    """

    taken: Literal["centre", "own"]
    mode: OneStopMode
    reference: str
    centre_fen: Fen
    own_fen: Fen = Field(description="our own evaluation of the bill, on the same balances")
    liabilities: tuple[ComparedLiability, ...]


DifferenceCause = Literal[
    "earlier_claims",
    "deductible",
    "payment",
    "only_the_centre_pays",
    "only_the_plan_pays",
    "fed_nothing",
    "denied",
    "unmatched",
]


AnswerReason = Literal[
    "centre_is_right",
    "rounding",
    "not_worth_pursuing",
    "centre_knew_less",
    "wrong_deductible",
    "wrong_ratio",
    "wrong_person_status",
    "not_covered",
    "other",
]


class OneStopDifferenceFound(ClaimEvent):
    """The centre's amounts and ours differ by more than the plan tolerates: an operator has to look.

    A later one of the same claim takes the place of this one.
    """

    difference_id: str
    decision_id: str | None = Field(
        description="the decision that was made with it; None: the amounts fit no plan of the person, the claim waits"
    )
    plan_id: str | None
    hospital_id: str
    mode: OneStopMode
    reference: str
    taken: Literal["centre", "own", "none"] = Field(
        description="whose amounts are decided; none: denied, or waiting"
    )
    centre_fen: Fen
    own_fen: Fen
    tolerance_fen: Fen
    liabilities: tuple[ComparedLiability, ...]
    causes: tuple[DifferenceCause, ...] = Field(description="what explains it, as far as can be told")
    found_at: datetime


class OneStopDifferenceEnded(ClaimEvent):
    """The difference is there no longer, or is another now: nobody need look at this one."""

    difference_id: str
    reason: Literal["amounts_agree", "another_difference", "claim_corrected", "claim_withdrawn"]
    ended_at: datetime


class OneStopDifferenceAnswered(ClaimEvent):
    """A person has answered a difference: it may stay, or the centre is asked to correct it.

    The centre corrects by a correction of the claim, which ends the difference.
    """

    difference_id: str
    outcome: Literal["accepted", "disputed"]
    reason: AnswerReason
    answered_by: str = Field(description="id of the member of staff, never a name")
    answered_at: datetime
