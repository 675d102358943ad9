"""What operators do to a service is a fact too: every service publishes these in its own log."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

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


class ReplayEvent(Event):
    """What happens to one replay of history: a rebuild, a re-publication, a what-if."""

    replay_id: str

    def shard_key(self) -> str:
        return self.replay_id

    def subject(self) -> str:
        return f"replay-{self.replay_id}"


class ReplayPlanned(ReplayEvent):
    """An operator wants to replay history: what it will read and touch, and about how long it takes."""

    kind: Literal["what_if", "rebuild", "republish", "seed"]
    scope: dict[str, JsonValue] = Field(
        description="which events and under which changed rules, by name; no person"
    )
    reads_events: int = Field(ge=0)
    touches: tuple[str, ...] = Field(description="what it writes to; nothing else is within its reach")
    expected_seconds: int = Field(ge=0)
    requested_by: str = Field(description="the operator's id")
    needs_approval: bool = Field(description="it re-publishes: a second person has to agree")
    planned_at: datetime


class ReplayApproved(ReplayEvent):
    """A second person has agreed to the plan as it is recorded."""

    approved_by: str = Field(description="another operator's id")
    approved_at: datetime


class ReplayStarted(ReplayEvent):
    """The replay runs. Started again after it was killed, it goes on where it was."""

    started_by: str
    started_at: datetime
    resumed: bool = Field(default=False, description="a part of it was done before")


class ReplayFinished(ReplayEvent):
    """The replay has ended: what it has done."""

    outcome: Literal["completed", "failed", "cancelled"]
    counts: dict[str, int] = Field(description="events read, decisions made, messages published, ...")
    result_digest: str | None = Field(default=None, description="SHA-256 of the result, when it has one")
    finished_at: datetime


class ArchivingEvent(Event):
    """What happens to the bodies of closed claims: they lie in the archive, or in their log again."""

    archiving_id: str

    def shard_key(self) -> str:
        return self.archiving_id

    def subject(self) -> str:
        return f"archiving-{self.archiving_id}"


class ArchivingPlanned(ArchivingEvent):
    """An operator wants to put away the bodies of claims of which nothing was recorded since a moment."""

    before: datetime = Field(description="claims of which something was recorded since then stay")
    directory: str = Field(description="where the archive's files go")
    ends: dict[str, dict[str, int]] = Field(
        description="the last position of each shard of each log when this was planned; nothing behind it goes"
    )
    claims: int = Field(ge=0)
    events: dict[str, int] = Field(description="how many events' bodies go, by log")
    body_bytes: dict[str, int] = Field(description="their bytes, by log")
    stay: dict[str, int] = Field(description="how many claims stay, by what each waits for first")
    requested_by: str = Field(description="the operator's id")
    planned_at: datetime


class ArchivingApproved(ArchivingEvent):
    """A second person has agreed to the plan as it is recorded."""

    approved_by: str = Field(description="another operator's id")
    approved_at: datetime


class ArchivingWithdrawn(ArchivingEvent):
    """Nobody wants it any more. Nothing of it was put away, and nothing will be."""

    withdrawn_by: str = Field(description="an operator's id; whoever planned it may, too")
    withdrawn_at: datetime


class ArchivingStarted(ArchivingEvent):
    """It runs. Started again after it was killed, it goes on where it was."""

    started_by: str
    started_at: datetime
    resumed: bool = Field(default=False, description="a part of it was done before")


class ArchivingFinished(ArchivingEvent):
    """All that was planned and still closed is in the archive."""

    events: dict[str, int] = Field(description="events whose body lies in the archive since, by log")
    segments: dict[str, list[str]] = Field(description="SHA-256 of every file that was written, by log")
    finished_at: datetime


class BodiesRestored(ArchivingEvent):
    """Bodies were taken back from the archive into their logs, each after its hash was found to fit."""

    claims: tuple[str, ...] = Field(description="claims that were asked for; none: everything")
    events: dict[str, int] = Field(description="how many came back, by log")
    refused: dict[str, int] = Field(description="how many the archive could not give back, by log")
    restored_by: str = Field(description="the operator's id")
    restored_at: datetime


def amendments_of(event_id: object) -> str:
    """Subject and stream of everything that is proposed and decided about one event of a log."""
    return f"amendment-{event_id}"


class Amendment(Event):
    """About one recorded event of this log that somebody could not process. The event itself stays as it is.

    It is recorded in the event's own shard, so whoever reads the shard meets it after the event.
    """

    event_id: str
    shard: int = Field(ge=0)
    position: int = Field(ge=1)
    event_type: str
    about: str = Field(description="subject of the amended event, e.g. claim-<id>")
    event_hash: str = Field(description="hash of the event as recorded: what was looked at")
    ordered_by: str = Field(description="a key of the event's shard")
    why_digest: str = Field(
        description="SHA-256 of the stated reason; the text may name a person and stays in the service's table"
    )

    def shard_key(self) -> str:
        return self.ordered_by

    def subject(self) -> str:
        return amendments_of(self.event_id)


class PatchProposed(Amendment):
    """Somebody proposes with which body the event should be read. Another person has to approve it."""

    patched: dict[str, JsonValue] = Field(description="the whole body; personal fields stay sealed")
    patched_version: int = Field(ge=1, description="schema version of the body")
    proposed_by: str = Field(description="the operator's id")
    proposed_at: datetime


class EventPatched(Amendment):
    """Who could not process the event reads it with this body; who could has done so, and nothing changes there."""

    patched: dict[str, JsonValue] = Field(description="the whole body; personal fields stay sealed")
    patched_version: int = Field(ge=1, description="schema version of the body")
    proposed_by: str = Field(description="the operator's id")
    approved_by: str = Field(description="another operator's id")
    approved_at: datetime


class EventAnnulled(Amendment):
    """Who could not process the event passes it over; what others made of it stands."""

    annulled_by: str = Field(description="the operator's id")
    annulled_at: datetime
