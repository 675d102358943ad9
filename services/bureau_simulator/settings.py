"""What the simulated platform is told by its environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class BureauSettings(BaseSettings):
    """`HUIJI_…` variables. An outside system gets neither our database nor our broker."""

    model_config = SettingsConfigDict(env_prefix="HUIJI_", extra="ignore", frozen=True)

    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=1, le=65_535)
    bureau_seed: int = Field(default=1, description="decides what is derived: registrations, wrong amounts")
    bureau_capacity: int = Field(
        default=300_000, ge=1, description="settlements kept in memory, about a kilobyte each"
    )
    log_level: str = "INFO"
    stop_seconds: float = Field(default=5.0, gt=0)
