"""Who may see what of whose claims, as it was adopted; and what people have agreed to, and taken back."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from libs.contracts.event import Event, Model, PersonEvent

Participant = Literal["patient", "hospital", "insurer", "charity", "regulator", "operator"]
Scope = Literal["own", "of_the_hospital", "of_its_pool", "referred_to_it", "every"]
"""Of whose claims: the reader's own; treated there; of decisions whose pool it takes part in; referred to it; all."""

Purpose = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Recipient = Annotated[
    str,
    Field(
        pattern=r"^(hospital|insurer|charity|regulator|operator)(:[\w.@-]{1,64})?$",
        description="one participant, such as insurer:lead, or every one of a kind, such as charity",
    ),
]


class AccessRule(Model):
    """A kind of reader sees these fields of a view, of these claims; with `consent` only by the person's consent."""

    rule_id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")
    reader: Participant
    view: str
    claims: Scope
    fields: tuple[str, ...] = Field(min_length=1)
    consent: Purpose | None = Field(default=None, description="for which purpose; None: none is needed")


class AccessPolicyAdopted(Event):
    """An edition of the policy. It takes the place of the editions before it from its first day on."""

    edition: int = Field(ge=1)
    title: str
    effective_from: date = Field(description="first day in the city's time; may be a day that has passed")
    rules: tuple[AccessRule, ...]
    adopted_by: str = Field(description="id of the approver, never a name")
    adopted_at: datetime

    def shard_key(self) -> str:
        return "access-policy"

    def subject(self) -> str:
        return "access-policy"


class ConsentGiven(PersonEvent):
    """The person agrees that a recipient sees, for a purpose, what the policy grants by consent only."""

    consent_id: str
    purpose: Purpose
    recipient: Recipient
    given_at: datetime = Field(description="when the person said so, which may be before it was recorded")
    expires_on: date | None = Field(default=None, description="last day; None: until it is revoked")
    recorded_by: str = Field(description="id of who recorded it, never a name")


class ConsentRevoked(PersonEvent):
    """The consent holds no longer. What was read before was read with it, and stays on record."""

    consent_id: str
    purpose: Purpose
    recipient: Recipient
    reason: Literal["revoked", "erased"]
    revoked_at: datetime
    recorded_by: str
