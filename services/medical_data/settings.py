"""Settings of medical data."""

from datetime import timedelta

from pydantic import Field

from libs.interop.bureau import MAX_QUERIES
from libs.runtime.settings import ServiceSettings
from services.medical_data.domain.patience import Patience


class MedicalDataSettings(ServiceSettings):
    """The bureau and how much patience there is with it."""

    bureau_url: str = Field(description="base URL of the bureau's data platform")
    bureau_timeout_seconds: float = Field(
        default=5.0, gt=0, description="an answer that takes longer is none: most of a claim's budget is left"
    )
    lookups_per_request: int = Field(default=200, ge=1, le=MAX_QUERIES)
    lookups_in_flight: int = Field(
        default=2, ge=1, le=16, description="requests at once: one is read while the next is answered"
    )
    records_within_seconds: float = Field(
        default=15.0,
        gt=0,
        description="below adjudication's answer_seconds, so that fraud still scores in time",
    )
    records_attempts: int = Field(default=8, ge=1)
    first_pause_seconds: float = Field(default=0.25, gt=0)
    longest_pause_seconds: float = Field(default=5.0, gt=0)
    late_pause_seconds: float = Field(default=60.0, gt=0, description="between attempts after giving up")
    late_days: float = Field(
        default=30.0, gt=0, description="how long records are still looked for afterwards"
    )
    poll_seconds: float = Field(default=0.5, gt=0, description="how soon a pause that is over is noticed")

    def patience(self) -> Patience:
        """The budget of a claim."""
        return Patience(
            within=timedelta(seconds=self.records_within_seconds),
            attempts=self.records_attempts,
            first_pause=timedelta(seconds=self.first_pause_seconds),
            longest_pause=timedelta(seconds=self.longest_pause_seconds),
            late_pause=timedelta(seconds=self.late_pause_seconds),
            late_within=timedelta(days=self.late_days),
        )
