"""What the services that keep snapshots fold the samples of their published events to, event after event."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from libs.contracts import decode
from libs.contracts.golden import read_golden
from libs.contracts.schemas import Contract
from libs.eventlog import Recorded, States
from libs.eventlog.snapshots import SnapshotPolicy
from services.adjudication.adapters.person_states import person_states as people_of_adjudication
from services.charity.adapters.person_states import person_states as people_of_charity
from services.fraud.adapters.person_states import person_states as people_of_fraud
from services.payout.adapters.account_states import account_states as accounts_of_payout

_NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
EVERY_EVENT = SnapshotPolicy(every=1)


@dataclass(frozen=True)
class Telling:
    """A service's states, and the types of a person's stream in an order in which they can have happened."""

    source: str
    states: States[Any]
    in_order: str

    @property
    def order(self) -> list[str]:
        return self.in_order.split()

    def events(self) -> list[Recorded]:
        """The samples of all versions of these types, as one stream."""
        told = [(contract, body) for name in self.order for contract, body in _samples(self.source, name)]
        return [_recorded(contract, body, version) for version, (contract, body) in enumerate(told, 1)]

    def kept(self) -> Iterator[bytes]:
        """The bytes of the state after each event."""
        assert self.states.snapshots is not None
        for upto in range(1, len(events := self.events()) + 1):
            loaded = self.states.fold(["person-p"], events[:upto])["person-p"]
            yield self.states.snapshots.draft("person-p", loaded.version, loaded.state).state


TELLINGS: Mapping[str, Telling] = {
    one.source: one
    for one in (
        Telling(
            "adjudication",
            people_of_adjudication(EVERY_EVENT),
            """CoverageNoted ClaimOpened RecordsNoted ScoreNoted ClaimPended ReviewNoted ClaimDeadlinePassed
            ClaimAdjudicated RulingProposed AppealOpened AppealOverdue RulingApproved AppealConcluded
            AdjudicationReversed RulingProposed RulingRejected ClaimDenied DecisionConfirmed OneStopDifferenceFound
            OneStopDifferenceAnswered OneStopDifferenceEnded PreauthorisationRequested PreauthorisationPended
            PreauthorisationRefused PreauthorisationGranted ReservationConverted ReservationExpired
            ReservationReleased CoverageEndNoted ClaimWithdrawalNoted""",
        ),
        Telling(
            "payout",
            accounts_of_payout(EVERY_EVENT),
            """PaymentHeld PaymentInstructed PaymentRejected PayAgainProposed PayAgainApproved PaymentSettled
            PaymentReturned UnpayableReduced EntitlementRevised ClawbackRaised ClawbackNetted ClawbackRepaid
            ClawbackWrittenOff PaymentsStayed StayLifted PaymentCancelled DeskSettlementBooked""",
        ),
        Telling(
            "fraud",
            people_of_fraud(EVERY_EVENT),
            """CoverageStartNoted ClaimFactsNoted RecordFactsNoted ClaimScored ReviewOpened ReviewConcluded
            ClaimFactsWithdrawn""",
        ),
        Telling(
            "charity",
            people_of_charity(EVERY_EVENT),
            "GroupsNoted BurdenNoted ReferralMade ReferralRevised ReferralWithdrawn BurdenWithdrawn",
        ),
    )
}

#: Of a service's published events those that are in streams of others: insurers' and payment files.
_OTHER_STREAMS = re.compile(r"Insurer|PaymentFile")


def untold(telling: Telling) -> set[str]:
    """Types of a person's stream that the order leaves out. What every service publishes is about operators' acts."""
    published = {contract.type for contract in read_golden() if contract.context == telling.source}
    everywhere = {contract.type for contract in read_golden() if contract.context == "enrolment"}
    return {name for name in published - everywhere if not _OTHER_STREAMS.search(name)} - set(telling.order)


def _samples(source: str, name: str) -> list[tuple[Contract, bytes]]:
    return [(one, body) for one, body in read_golden().items() if (one.context, one.type) == (source, name)]


def _recorded(contract: Contract, body: bytes, version: int) -> Recorded:
    subject = decode(contract.type, contract.version, body).subject()
    return Recorded(
        contract.context, 0, version, "person-p", version, UUID(int=version), contract.type, contract.version,
        subject, _NOON, None, None, body, bytes(32),
    )  # fmt: skip
