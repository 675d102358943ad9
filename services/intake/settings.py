"""What intake is told beside the settings of every service."""

from pydantic import Field

from libs.runtime.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """Settings of intake."""

    submissions_per_transaction: int = Field(
        default=200, ge=1, le=1_000, description="requests that arrive together and commit together"
    )
    waiting_submissions: int = Field(
        default=2_000,
        ge=1,
        description="beyond it the answer is 503: a second or two of work, and bounded memory",
    )
    bulk_items: int = Field(default=1_000, ge=1, le=10_000, description="settlements in one array")
    bulk_bytes: int = Field(default=16 * 1024 * 1024, ge=1, description="size of one array")
    largest_body_bytes: int = Field(default=16 * 1024 * 1024, ge=1, description="that of the largest array")
    ingress_accepts_plain: bool = Field(
        default=False,
        description="take unencrypted JSON from the ingress topic: for tests only, a topic keeps personal data"
        " readable for days and erasing a person cannot reach it",
    )
    estimate_seconds: float = Field(
        default=1.0,
        gt=0,
        description="how long a dry run waits for what adjudication would pay; beyond it the amount is not known",
    )
    estimates_in_flight: int = Field(
        default=16, ge=1, description="connections to adjudication: dry runs must not crowd out claims"
    )
    unknown_person_days: int = Field(
        default=90,
        ge=1,
        description="how long the original of a refusal is kept when nobody can tell whose it is: no erasure finds it",
    )
