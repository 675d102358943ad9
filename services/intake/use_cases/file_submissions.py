"""File a batch of submissions: each becomes a claim, is found to be one already, or is refused; in one transaction."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from libs.contracts.intake import RefusalReason
from libs.eventlog import Append, EventLog, UnitOfWork, is_operational
from libs.privacy import KeyStore, Pseudonymiser, Sealer, ToSeal
from services.intake.adapters import refusals as refusal_rows
from services.intake.adapters import submissions as submission_rows
from services.intake.domain.filing import Accepted, Filing, Refused, judge
from services.intake.domain.refusing import Refusing, is_conflict, of_filing
from services.intake.domain.registering import (
    IDENTITY,
    MEDICAL,
    ORIGINAL,
    identity_document,
    medical_document,
    original_document,
    refuse,
    register,
)

logger = structlog.get_logger(__name__)

Item = Filing | Refusing
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
            filings = {index: item for index, item in enumerate(items) if isinstance(item, Filing)}
            refusals = {index: item for index, item in enumerate(items) if isinstance(item, Refusing)}
            met = await self._judge(work, filings)
            fresh = {index: filings[index] for index, verdict in met.items() if verdict is None}
            await self._register(work, fresh)
            for index, verdict in met.items():
                match verdict:
                    case None:
                        outcomes[index] = Accepted(filings[index].claim_id, work.now, replayed=False)
                    case Accepted():
                        outcomes[index] = verdict
                    case RefusalReason():
                        refusals[index] = self.refusing(filings[index], verdict)
            await self._refuse(work, list(refusals.values()))
        for index, refusing in refusals.items():
            claim_id = filings[index].claim_id if is_conflict(refusing.reasons) else None
            outcomes[index] = Refused(refusing.reasons, refusing.refusal_id, claim_id)
        return [outcomes[index] for index in range(len(items))]

    def refusing(self, filing: Filing, reason: RefusalReason) -> Refusing:
        """The refusal of a valid submission."""
        content_digest = self.pseudonymiser.digest("refused", filing.original.body.hex())
        return of_filing(filing, reason, content_digest)

    async def _judge(
        self, work: UnitOfWork, filings: Mapping[int, Filing]
    ) -> dict[int, Accepted | RefusalReason | None]:
        """What each filing meets; None for those whose names are taken for them now."""
        if not filings:
            return {}
        new = await submission_rows.insert_new(work.connection, list(filings.values()), work.now)
        verdicts: dict[int, Accepted | RefusalReason | None] = {}
        meeting: dict[int, Filing] = {}
        for index, filing in filings.items():
            if filing.name in new:
                verdicts[index] = None
                new.discard(filing.name)
            else:
                meeting[index] = filing
        if meeting:
            known = await submission_rows.find_filed(work.connection, list(meeting.values()))
            for index, filing in meeting.items():
                filed = known.meeting(filing)
                assert filed is not None, "a name that could not be taken is somebody's"
                verdicts[index] = judge(filing, filed)
        return verdicts

    async def _register(self, work: UnitOfWork, filings: Mapping[int, Filing]) -> None:
        """Append the first event of each new claim."""
        seals = await self._seal(
            [
                item
                for filing in filings.values()
                for item in (
                    ToSeal(filing.person_id, IDENTITY, identity_document(filing.submission)),
                    ToSeal(filing.person_id, MEDICAL, medical_document(filing.submission)),
                )
            ]
        )
        for number, filing in enumerate(filings.values()):
            invoice = filing.submission.invoice_number
            digest = None if invoice is None else self.pseudonymiser.digest("invoice", invoice)
            event = register(filing, seals[2 * number], seals[2 * number + 1], digest, work.now)
            work.append(Append(f"claim-{filing.claim_id}", 0, [event], traceparent=filing.traceparent))

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
            work.append(Append(stream_id, 0, [event], traceparent=refusing.traceparent))
        if any(refusing.record is not None for refusing in refusals):
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
