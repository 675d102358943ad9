"""What intake is told beside the settings of every service."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from libs.runtime.settings import ServiceSettings
from services.intake.domain.admitting import BODY_SHARE


class IntakeSettings(ServiceSettings):
    """Settings of intake."""

    submissions_per_transaction: int = Field(
        default=200, ge=1, le=1_000, description="requests that arrive together and commit together"
    )
    waiting_submissions: int = Field(
        default=2_000,
        ge=1,
        description="taken in by HTTP and not answered yet; beyond it the answer is 503: a second or two of work",
    )
    submissions_per_hospital: int = Field(
        default=1_000,
        ge=1,
        description="of these one hospital's at most; beyond it the answer is 429, and others go on",
    )
    hospital_bounds_file: Path | None = Field(
        default=None, description="hospitals that may have more at once, or fewer (YAML); None: all the same"
    )
    hospital_callers_file: Path | None = Field(
        default=None,
        description="who may call for which hospitals, by hashes of tokens (YAML; read again when it changes); None:"
        " nobody is asked for a token, so keep the port behind a gateway that knows its hospitals",
    )
    body_bytes_in_hand: int = Field(
        default=64 * 1024 * 1024,
        ge=1,
        description="bodies that are read or waited for; a body beyond half of what is left of it gets 503. What is"
        " read of them takes some five times as much memory",
    )
    trials_at_once: int = Field(
        default=2, ge=1, description="database connections of dry runs: filing must find one"
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

    @model_validator(mode="after")
    def _the_largest_array_can_come(self) -> Self:
        if self.body_bytes_in_hand < BODY_SHARE * self.bulk_bytes:
            raise ValueError(f"body_bytes_in_hand must be at least {BODY_SHARE} times bulk_bytes")
        return self
