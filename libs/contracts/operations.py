"""What operators do to a service is a fact too: every service publishes these in its own log."""

from datetime import datetime

from pydantic import Field

from libs.contracts.event import Event


class ParkedDiscarded(Event):
    """An event that this service could not process was passed over for good, by a person's decision."""

    event_id: str
    source: str
    shard: int
    position: int
    event_type: str
    about: str = Field(description="subject of the discarded event, e.g. claim-<id>")
    reason: str = Field(description="machine code of why it was parked")
    discarded_by: str = Field(description="the operator's id")
    why_digest: str = Field(
        description="SHA-256 of the stated reason; the text may name a person and stays in the service's table"
    )
    discarded_at: datetime

    def shard_key(self) -> str:
        return self.about

    def subject(self) -> str:
        return f"parked-{self.event_id}"
