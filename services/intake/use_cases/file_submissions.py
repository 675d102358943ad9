"""File a batch: settlements become claims, are corrected, undone, so already, or refused; in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from libs.contracts import Event
from libs.contracts.intake import RefusalReason
from libs.eventlog import Append, EventLog, UnitOfWork, is_operational
from libs.privacy import KeyStore, Pseudonymiser, Sealer, ToSeal
from services.intake.adapters import refusals as refusal_rows
from services.intake.domain.filing import Accepted, Asked, Filed, Filing, Refused, Withdrawing
from services.intake.domain.judging import judge
from services.intake.domain.refusing import Refusing, is_about_a_claim, of_asked
from services.intake.domain.registering import (
    IDENTITY,
    MEDICAL,
    ORIGINAL,
    identity_document,
    medical_document,
    original_document,
    refuse,
    register,
    withdraw,
)
from services.intake.use_cases.claims_of_a_batch import Claims

logger = structlog.get_logger(__name__)

Item = Asked | Refusing
Outcome = Accepted | Refused

ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class FileSubmissions:
    """The use case with what it needs. `wake_rejections` is called when a sender on the topic has to be told."""

    log: EventLog
    sealer: Sealer
    keys: KeyStore
    pseudonymiser: Pseudonymiser
    unknown_person_days: int
    wake_rejections: Callable[[], None]

    async def process(self, items: Sequence[Item]) -> list[Outcome]:
        """One outcome per item, in order, all of them durable. Contention and faults of a moment are tried again.

        Raises the operational error that stayed; nothing has happened then.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._process(items)
            except Exception as error:
                if not is_operational(error) or attempt == ATTEMPTS:
                    raise
                logger.info("filing_again", error=type(error).__name__, attempt=attempt, items=len(items))
                await asyncio.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _process(self, items: Sequence[Item]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        async with self.log.transaction() as work:
            asked = {index: item for index, item in enumerate(items) if not isinstance(item, Refusing)}
            refusals = {index: item for index, item in enumerate(items) if isinstance(item, Refusing)}
            claims = await Claims.opened(work, list(asked.values()))
            happening: list[tuple[Asked, Filed]] = []
            owners: dict[int, Filed | None] = {}
            for index, one in asked.items():
                filed = owners[index] = claims.meeting(one)
                match judge(one, filed, work.now):
                    case Accepted() as accepted:
                        outcomes[index] = accepted
                        if not accepted.replayed:
                            happening.append((one, claims.happened(one, filed, work.now)))
                    case RefusalReason() as reason:
                        refusals[index] = self.refusing(one, reason, filed)
            await self._record(work, happening)
            await claims.write(work)
            await self._refuse(work, list(refusals.values()))
        for index, refusing in refusals.items():
            named = owners.get(index) if is_about_a_claim(refusing.reasons) else None
            claim_id = None if named is None else named.claim_id
            outcomes[index] = Refused(refusing.reasons, refusing.refusal_id, claim_id)
        return [outcomes[index] for index in range(len(items))]

    def refusing(self, asked: Asked, reason: RefusalReason, filed: Filed | None) -> Refusing:
        """The refusal of something valid."""
        content_digest = self.pseudonymiser.digest("refused", asked.sending.original.body.hex())
        return of_asked(asked, reason, content_digest, filed)

    async def _record(self, work: UnitOfWork, happening: Sequence[tuple[Asked, Filed]]) -> None:
        """Append the event of everything that happens; of a claim's several each follows the one before."""
        filings = [asked for asked, _ in happening if isinstance(asked, Filing)]
        seals = iter(
            await self._seal(
                [
                    item
                    for filing in filings
                    for item in (
                        ToSeal(filing.person_id, IDENTITY, identity_document(filing.submission)),
                        ToSeal(filing.person_id, MEDICAL, medical_document(filing.submission)),
                    )
                ]
            )
        )
        for asked, filed in happening:
            event: Event
            if isinstance(asked, Withdrawing):
                event = withdraw(asked, filed)
            else:
                invoice = asked.submission.invoice_number
                digest = None if invoice is None else self.pseudonymiser.digest("invoice", invoice)
                event = register(asked, filed, next(seals), next(seals), digest)
            stream_id = f"claim-{filed.claim_id}"
            work.append(Append(stream_id, filed.version - 1, [event], traceparent=asked.sending.traceparent))

    async def _refuse(self, work: UnitOfWork, refusals: Sequence[Refusing]) -> None:
        """Record those refusals that are not recorded yet, and note whom to tell."""
        if not refusals:
            return
        new_ids = await refusal_rows.insert_new(work.connection, refusals, work.now, self.unknown_person_days)
        new = list({one.refusal_id: one for one in refusals if one.refusal_id in new_ids}.values())
        seals = await self._seal([ToSeal(one.owner, ORIGINAL, original_document(one)) for one in new])
        for refusing, original in zip(new, seals, strict=True):
            stream_id = f"refusal-{refusing.refusal_id}"
            event = refuse(refusing, original, work.now)
            work.append(Append(stream_id, 0, [event], traceparent=refusing.sending.traceparent))
        if any(refusing.sending.record is not None for refusing in refusals):
            await refusal_rows.add_rejections(work.connection, refusals, work.now)
            work.after_commit(self.wake_rejections)

    async def _seal(self, items: Sequence[ToSeal]) -> list[str]:
        """Seal, and keep no key: only one replica hears of an erasure, and the others must not seal under a dead key.

        It costs nothing: a person is discharged once in a batch, and the keys of a batch are one statement.
        """
        if not items:
            return []
        try:
            return await self.sealer.seal_many(items)
        finally:
            for owner in {item.owner for item in items}:
                self.keys.forget(owner)
