"""What enrolment publishes: who is covered, from when, with which status; and who was erased."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from libs.contracts.event import Fen, PersonEvent, Sealed
from libs.contracts.settlement import Scheme


class CoverageActivated(PersonEvent):
    """A person is covered by a plan for a period. Status is frozen here, as the plans demand."""

    coverage_id: str
    plan_id: str
    tier: str | None = Field(default=None, description="tier of the plan; None: the plan's first")
    covered_from: date
    covered_to: date = Field(description="last day, inclusive")
    enrolled_at: datetime
    scheme: Scheme
    pre_existing: bool = Field(description="as the plan's own rule decided at enrolment")
    pre_existing_reason: str | None = Field(
        default=None, description="the plan's own words for the rule that was met, never the person's illness"
    )
    pre_existing_classes: tuple[str, ...] = Field(
        default=(), description="classes the plan treats differently, such as severe"
    )
    status_source: Literal["stated", "rule"] = Field(
        default="stated", description="rule: determined by the plan's rule from evidence that was not kept"
    )
    groups: tuple[str, ...] = Field(default=(), description="poverty and other groups that change terms")
    continuous_years: int = Field(default=1, ge=1)
    claim_free_years: int = Field(default=0, ge=0)
    premium_fen: Fen
    premium_payer: Literal["self", "family_account", "government", "charity"]
    identity: Sealed = Field(description="{name, id_number, phone, account, account_bank} as JSON")
    identity_digest: str | None = Field(
        default=None,
        description="hash of the identity under the person's own key: tells a changed account from a repeat, and"
        " nothing once the key is destroyed",
    )


class CoverageLapsed(PersonEvent):
    """A coverage ended before its last day."""

    coverage_id: str
    lapsed_on: date
    reason: str


class PersonErased(PersonEvent):
    """The person is to be forgotten: their key is destroyed next, and nothing more may be kept of them in clear.

    Until ErasureCompleted the key may still open: who reads personal fields forgets the key at both events.
    """

    erased_at: datetime
    requested_by: str = Field(description="id of who asked, never a name")


class ErasureCompleted(PersonEvent):
    """The person's key is destroyed: every field sealed under it is noise from now on, everywhere."""

    completed_at: datetime
