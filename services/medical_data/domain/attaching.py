"""What becomes of a claim's look-up: of each revision records once, at most one "unavailable" before them.

decide(state, command) -> events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from libs.contracts import Event
from libs.contracts.medical_data import PriorStay, Provenance, RecordsAttached, RecordsUnavailable


@dataclass(frozen=True, slots=True)
class BureauRecord:
    """What the bureau said of one settlement, read and checked. Amounts in fen."""

    total_fen: int
    fund_fen: int
    as_of: datetime
    chronic_benefit_since: date | None
    cyclic_treatment: bool
    deceased_on: date | None
    prior_stays: tuple[PriorStay, ...]


class Claim(Struct, frozen=True):
    """A claim's look-up so far: the newest revision of which each was said, 0 for none."""

    claim_id: str
    unavailable: int = 0
    attached: int = 0

    def answered(self, revision: int) -> bool:
        """Whether something was said of this revision, or of a newer one."""
        return revision <= max(self.unavailable, self.attached)


@dataclass(frozen=True, slots=True)
class Attach:
    """The bureau answered. `sealed` is the whole answer under the person's key, amounts are the hospital's."""

    person_id: str
    revision: int
    record: BureauRecord
    provenance: Provenance
    hospital_total_fen: int
    hospital_fund_fen: int
    sealed: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The budget is spent."""

    person_id: str
    revision: int
    reason: str
    attempts: int
    now: datetime


Command = Attach | GiveUp


def initial(stream_id: str) -> Claim:
    """The state of a claim's stream before its first event."""
    return Claim(claim_id=stream_id.removeprefix("claim-"))


def evolve(claim: Claim, event: Event) -> Claim:
    """The state after `event`."""
    match event:
        case RecordsAttached():
            return replace(claim, attached=event.revision)
        case RecordsUnavailable():
            return replace(claim, unavailable=event.revision)
        case _:
            raise AssertionError(f"not an event of medical data: {type(event).__name__}")


def decide(claim: Claim, command: Command) -> Sequence[Event]:
    """Records that arrive after "unavailable" are attached all the same; nothing follows records, and nothing is said
    of a revision once something was said of a newer one.
    """
    match command:
        case Attach(revision=revision):
            if revision <= claim.attached or revision < claim.unavailable:
                return []
            return [_attached(claim, command)]
        case GiveUp():
            if claim.answered(command.revision):
                return []
            return [
                RecordsUnavailable(
                    person_id=command.person_id,
                    claim_id=claim.claim_id,
                    revision=command.revision,
                    reason=command.reason,
                    attempts=command.attempts,
                    given_up_at=command.now,
                )
            ]
        case _:
            assert_never(command)


def _attached(claim: Claim, command: Attach) -> RecordsAttached:
    record = command.record
    hospital = (command.hospital_total_fen, command.hospital_fund_fen)
    return RecordsAttached(
        person_id=command.person_id,
        claim_id=claim.claim_id,
        revision=command.revision,
        provenance=command.provenance,
        bureau_total_fen=record.total_fen,
        bureau_fund_fen=record.fund_fen,
        settlement_matches=hospital == (record.total_fen, record.fund_fen),
        chronic_benefit_since=record.chronic_benefit_since,
        cyclic_treatment=record.cyclic_treatment,
        deceased_on=record.deceased_on,
        prior_stays=record.prior_stays,
        records=command.sealed,
    )
