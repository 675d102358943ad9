"""What enrolment is told beside the settings of every service."""

from pydantic import Field

from libs.runtime.settings import ServiceSettings


class EnrolmentSettings(ServiceSettings):
    """Settings of enrolment."""

    commands_per_transaction: int = Field(
        default=500, ge=1, le=1_000, description="people whose commands commit together"
    )
    waiting_commands: int = Field(
        default=5_000,
        ge=1,
        description="beyond it the answer is 503: some seconds of work, and bounded memory",
    )
    bulk_items: int = Field(default=1_000, ge=1, le=10_000, description="coverages in one array")
    bulk_bytes: int = Field(default=8 * 1024 * 1024, ge=1, description="size of a body")
    largest_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1, description="that of the largest array")
