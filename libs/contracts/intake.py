"""What intake publishes: a discharge became a claim, or was refused at the edge."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from libs.contracts.event import ClaimEvent, Event, Model, PersonId, Sealed
from libs.contracts.one_stop import OneStopAmounts
from libs.contracts.settlement import FeeLine, Settlement, Visit

Channel = Literal["settlement_http", "fhir_http", "settlement_topic", "hl7v2_mllp"]
FiledBy = Annotated[
    str | None,
    Field(
        description="id of the caller whose token was shown by HTTP, which speaks for the hospital; None: the topic's"
        " key has proved the hospital, or the deployment asks nobody for a token"
    ),
]


class FiledSettlement(ClaimEvent):
    """What a hospital's settlement says, as accepted at the edge."""

    submission_id: str = Field(
        description="hospital's own id of the settlement (setl_id), unique per hospital"
    )
    submission_digest: str = Field(
        description="keyed hash of the submission's canonical content, without transport: personal data is in it"
    )
    channel: Channel
    received_at: datetime
    visit: Visit
    settlement: Settlement
    lines: tuple[FeeLine, ...] = ()
    invoice_digest: str | None = Field(default=None, description="keyed hash of the invoice number")
    identity: Sealed = Field(description="{name, id_number, phone} as JSON")
    medical: Sealed = Field(description="{diagnoses: [{code, name, main}], procedures, note} as JSON")
    main_diagnosis_chapter: str | None = Field(
        default=None, description="ICD-10 chapter, roman numeral: not identifying"
    )
    one_stop: OneStopAmounts | None = Field(
        default=None, description="what the insurance centre has computed and settled of the plan itself"
    )
    filed_by: FiledBy = None


class ClaimRegistered(FiledSettlement):
    """A discharge with its settlement was accepted and is a claim now: its revision 1."""


class ClaimCorrected(FiledSettlement):
    """The hospital has replaced the settlement of a claim; seals have the contexts of ClaimRegistered."""

    revision: int = Field(
        ge=2, description="2 for the first correction; facts about the claim name the revision"
    )


class ClaimWithdrawn(ClaimEvent):
    """The hospital has undone the settlement (national 2305, a cancelled Claim, an A13): the claim is void for good."""

    reason: Literal["settlement_cancelled", "discharge_cancelled", "entered_in_error"]
    channel: Channel
    received_at: datetime
    filed_by: FiledBy = None


class RefusalReason(Model):
    """One thing wrong with a submission, in the words of the caller's protocol."""

    code: str
    location: str = Field(description="JSON pointer, FHIRPath or HL7 location")
    sentence: str = Field(description="what is wrong and what would be right; no personal data")


class SubmissionRefused(Event):
    """A submission could not become a claim. The original is kept, sealed, so that nothing is lost."""

    refusal_id: str
    person_id: PersonId | None = Field(description="None when no identity number could be read")
    hospital_id: str | None
    submission_id: str | None
    channel: Channel
    received_at: datetime
    reasons: tuple[RefusalReason, ...]
    original: Sealed
    filed_by: FiledBy = None

    def shard_key(self) -> str:
        return self.person_id or self.refusal_id

    def subject(self) -> str:
        return f"refusal-{self.refusal_id}"
