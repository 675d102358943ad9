"""What the projections are told beside the settings of every service."""

from pathlib import Path

from pydantic import Field

from libs.runtime.settings import ServiceSettings


class ProjectionsSettings(ServiceSettings):
    """Settings of the projections."""

    reader_file: Path | None = Field(
        default=None,
        description="who may read, as which participant; None: nobody's reading is limited or recorded",
    )
