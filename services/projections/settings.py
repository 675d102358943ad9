"""What the projections are told beside the settings of every service."""

from pathlib import Path

from pydantic import Field

from libs.runtime.settings import ServiceSettings


class ProjectionsSettings(ServiceSettings):
    """Settings of the projections."""

    # A claim's events come from six services within moments: the more of them meet in a batch, the fewer times its row
    # is written. Measured over 2,600 claims: 0.30 ms of processor time a claim with 500, 0.25 with 2,000.
    batch_size: int = Field(default=2_000, ge=1, le=5_000, description="events per transaction")
    reader_file: Path | None = Field(
        default=None,
        description="who may read, as which participant; None: nobody's reading is limited or recorded",
    )
