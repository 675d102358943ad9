"""What medical data looks at in a settlement: enough to ask the bureau for it."""

from libs.contracts.intake import ClaimCorrected, ClaimRegistered
from libs.contracts.views import View, Views


class HeardAmounts(View, frozen=True):
    """What the bureau's own amounts are held against."""

    total_fen: int
    fund_total_fen: int


class HeardSettlement(View, frozen=True):
    """A claim in its first revision."""

    person_id: str
    claim_id: str
    submission_id: str
    settlement: HeardAmounts
    identity: str

    @property
    def revision(self) -> int:
        """Which content of its claim it is."""
        return 1


class HeardCorrection(View, frozen=True):
    """A later revision."""

    person_id: str
    claim_id: str
    submission_id: str
    settlement: HeardAmounts
    identity: str
    revision: int


Filed = HeardSettlement | HeardCorrection

VIEWS = Views({ClaimRegistered: HeardSettlement, ClaimCorrected: HeardCorrection})
