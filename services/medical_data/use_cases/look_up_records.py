"""Claims that are due are asked for in one batch; what came back is recorded, what did not is tried again later.

Three steps, so that no transaction waits for the bureau: lease, ask, record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from libs.contracts.medical_data import Provenance
from libs.eventlog import EventLog
from libs.eventlog.stage import Instruction, Stage
from libs.interop.bureau import SettlementQuery
from libs.privacy import DataKey, KeyDestroyed, KeyStore, PrivacyError, key_id_of, seal_json, unseal_json
from services.medical_data.adapters import lookups
from services.medical_data.adapters.bureau import Answered, Bureau
from services.medical_data.adapters.lookups import Failure, Lookup
from services.medical_data.domain.attaching import Attach, Claim, Command
from services.medical_data.domain.patience import Patience
from services.medical_data.errors import IdentityUnreadable, MedicalDataError

logger = structlog.get_logger(__name__)

IDENTITY = "ClaimRegistered.identity"
RECORDS = "RecordsAttached.records"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A usable answer with the whole of it sealed."""

    answered: Answered
    sealed: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Gone:
    """The person was erased: there is no key to ask or to keep an answer with."""


Outcome = Fetched | Gone | MedicalDataError


class LookUpRecords:
    """The use case with what it needs. `lease_seconds` is longer than the bureau may take to answer."""

    def __init__(
        self,
        log: EventLog,
        stage: Stage[Claim, Command],
        keys: KeyStore,
        bureau: Bureau,
        patience: Patience,
        *,
        batch_size: int,
        lease_seconds: float,
    ) -> None:
        self._log = log
        self._stage = stage
        self._keys = keys
        self._bureau = bureau
        self._patience = patience
        self._batch_size = batch_size
        self._lease = timedelta(seconds=lease_seconds)

    async def __call__(self) -> int:
        """One batch; returns how many claims were asked for."""
        lease = self._log.new_id()
        now = self._log.clock()
        async with self._log.pool.acquire() as connection:
            due = await lookups.take_due(connection, now, lease, now + self._lease, self._batch_size)
        if due:
            await self._record(lease, due, await self._ask(due))
        return len(due)

    async def _ask(self, due: Sequence[Lookup]) -> dict[str, Outcome]:
        """The outcome by claim. Identity numbers live only in here."""
        outcomes: dict[str, Outcome] = {}
        asked: list[tuple[Lookup, SettlementQuery]] = []
        for lookup, opened in zip(due, await self._identity_numbers(due), strict=True):
            if isinstance(opened, str):
                asked.append((lookup, SettlementQuery(lookup.submission_id, opened)))
            else:
                outcomes[lookup.claim_id] = opened
        if not asked:
            return outcomes
        try:
            answers = await self._bureau.look_up([query for _, query in asked])
        except MedicalDataError as error:
            logger.warning("bureau_look_up_failed", code=error.code, claims=len(asked), detail=str(error))
            return outcomes | {lookup.claim_id: error for lookup, _ in asked}
        answered = [(lookup, answer) for (lookup, _), answer in zip(asked, answers, strict=True)]
        return outcomes | await self._sealed(answered)

    async def _identity_numbers(self, due: Sequence[Lookup]) -> list[str | Gone | IdentityUnreadable]:
        openings = await self._keys.open({_key_id(lookup) for lookup in due})
        return [_identity_number(lookup, openings[_key_id(lookup)]) for lookup in due]

    async def _sealed(
        self, answered: Sequence[tuple[Lookup, Answered | MedicalDataError]]
    ) -> dict[str, Outcome]:
        """Answers are sealed under the key that the question came with, never under a newer one.

        A person who was erased while the bureau was asked has no such key any more, and must not get a new one
        for the sake of an answer.
        """
        openings = await self._keys.open({_key_id(lookup) for lookup, _ in answered})
        fetched_at = self._log.clock()
        outcomes: dict[str, Outcome] = {}
        for lookup, answer in answered:
            key = openings[_key_id(lookup)]
            if isinstance(answer, MedicalDataError):
                outcomes[lookup.claim_id] = answer
            elif isinstance(key, DataKey):
                sealed = seal_json(key, answer.document, RECORDS)
                outcomes[lookup.claim_id] = Fetched(answer, sealed, fetched_at)
            else:
                outcomes[lookup.claim_id] = Gone()
        return outcomes

    async def _record(self, lease: UUID, due: Sequence[Lookup], outcomes: dict[str, Outcome]) -> None:
        async with self._log.transaction() as work:
            answered = [claim_id for claim_id, outcome in outcomes.items() if isinstance(outcome, Fetched)]
            ours = await lookups.take_leased(work.connection, list(outcomes), answered, lease)
            instructions: list[Instruction[Command]] = []
            failures: list[Failure] = []
            gone: list[str] = []
            for lookup in due:
                if lookup.claim_id not in ours:
                    continue
                match outcomes[lookup.claim_id]:
                    case Fetched() as fetched:
                        instructions.append(self._to_attach(lookup, fetched))
                    case Gone():
                        gone.append(lookup.person_id)
                    case MedicalDataError() as error:
                        failures.append(self._failure(lookup, error, work.now))
            await self._stage.apply(work, instructions)
            await lookups.note_failures(work.connection, failures, work.now)
            await lookups.mark_erased(work.connection, gone, work.now)

    def _to_attach(self, lookup: Lookup, fetched: Fetched) -> Instruction[Command]:
        answered = fetched.answered
        command = Attach(
            person_id=lookup.person_id,
            revision=lookup.revision,
            record=answered.record,
            provenance=Provenance(
                source=self._bureau.source,
                fetched_at=fetched.fetched_at,
                as_of=answered.record.as_of,
                response_digest=answered.digest,
            ),
            hospital_total_fen=lookup.total_fen,
            hospital_fund_fen=lookup.fund_total_fen,
            sealed=fetched.sealed,
        )
        return Instruction(f"claim-{lookup.claim_id}", command, lookup.cause)

    def _failure(self, lookup: Lookup, error: MedicalDataError, now: datetime) -> Failure:
        attempts = lookup.attempts + 1
        pause = self._patience.pause_after(attempts, late=lookup.given_up)
        return Failure(lookup, error.code, now + pause, self._patience.is_spent(attempts))


def _key_id(lookup: Lookup) -> str:
    return key_id_of(lookup.identity, IDENTITY)


def _identity_number(lookup: Lookup, opening: DataKey | PrivacyError) -> str | Gone | IdentityUnreadable:
    if isinstance(opening, KeyDestroyed):
        return Gone()
    if not isinstance(opening, DataKey):
        return IdentityUnreadable(opening.code)
    try:
        number = unseal_json(opening, lookup.identity, IDENTITY).get("id_number")
    except PrivacyError as error:
        return IdentityUnreadable(error.code)
    return number if isinstance(number, str) else IdentityUnreadable("it holds no identity number")
