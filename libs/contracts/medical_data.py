"""What medical_data publishes: the bureau's answer about a claim, with provenance, or that none came."""

from datetime import date, datetime

from pydantic import Field

from libs.contracts.event import ClaimEvent, Fen, Model, Sealed


class Provenance(Model):
    """Where an answer came from and how fresh it is."""

    source: str
    fetched_at: datetime
    as_of: datetime = Field(description="the bureau's own time of the record")
    response_digest: str = Field(
        description="SHA-256 of the answer about this claim as canonical JSON, which the sealed records hold"
    )


class PriorStay(Model):
    """An earlier admission that the bureau knows of."""

    hospital_id: str
    admitted_on: date
    discharged_on: date
    related: bool = Field(description="same diagnosis category as the claim's")


class RecordsAttached(ClaimEvent):
    """The bureau's records for the claim."""

    revision: int = Field(default=1, ge=1, description="the claim's revision that was asked about")
    provenance: Provenance
    bureau_total_fen: Fen
    bureau_fund_fen: Fen
    settlement_matches: bool = Field(description="the hospital's amounts equal the bureau's")
    chronic_benefit_since: date | None = Field(
        default=None, description="earliest registration for a chronic benefit"
    )
    cyclic_treatment: bool = Field(
        default=False, description="chemo-, radio- or dialysis cycle: readmission is planned"
    )
    deceased_on: date | None = None
    prior_stays: tuple[PriorStay, ...] = ()
    records: Sealed = Field(description="the medical content of the answer as JSON")


class RecordsUnavailable(ClaimEvent):
    """The bureau gave no usable answer in time; the claim goes on without it.

    RecordsAttached may follow later, when the bureau answers after all.
    """

    revision: int = Field(default=1, ge=1, description="the claim's revision that was asked about")
    reason: str = Field(description="machine code of the last failure")
    attempts: int = Field(ge=0, description="0: the question could not be asked at all")
    given_up_at: datetime
