"""The ingress topic: encrypted settlements, corrections and cancellations of hospitals that speak Kafka.

Delivery is at least once and filing is idempotent, so offsets are committed after the database has everything: what a
crash makes come again is found to be filed. Nothing is skipped: what cannot become a claim is recorded as refused.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from opentelemetry.trace import SpanKind

from libs.contracts.intake import RefusalReason
from libs.eventlog import is_operational
from libs.interop import Refusal, SubmissionInvalid
from libs.interop.ingress_jwe import MAX_SUBMISSION_BYTES, decrypt_from_ingress
from libs.privacy.redaction import redact_numbers
from services.intake.domain.filing import IngressRecord, Original, Sending
from services.intake.domain.refusing import Refusing
from services.intake.entrypoints.asking import spoken_by
from services.intake.entrypoints.bodies import READ_IN_A_ROW
from services.intake.entrypoints.fair_fetch import FairFetch
from services.intake.entrypoints.spans import arrival
from services.intake.use_cases.file_submissions import FileSubmissions, Item
from services.intake.use_cases.prepare import Prepare

logger = structlog.get_logger(__name__)

INGRESS_TOPIC = "huiji.ingress.settlements"
GROUP = "huiji.intake.ingress"
CHANNEL: Final = "settlement_topic"
POLL_MS = 250
_REFERENCE = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z", re.ASCII)

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


class Ingress:
    """Reads the topic and files what it reads. `key_of` gives a hospital's key, `new_consumer` one of the group."""

    def __init__(
        self,
        new_consumer: Callable[[], AIOKafkaConsumer],
        prepare: Prepare,
        filing: FileSubmissions,
        key_of: Callable[[str], bytes],
        *,
        accepts_plain: bool,
        records_at_once: int,
    ) -> None:
        self._new_consumer = new_consumer
        self._prepare = prepare
        self._filing = filing
        self._key_of = key_of
        self._accepts_plain = accepts_plain
        self._fetch = FairFetch(records_at_once, POLL_MS)
        self._consumer: AIOKafkaConsumer | None = None

    async def step(self) -> int:
        """File what the broker has; returns how many records. On an error they are read again by the next step."""
        consumer = await self._joined()
        by_partition = await self._fetch.next_of(consumer)
        records = [record for fetched in by_partition.values() for record in fetched]
        if not records:
            return 0
        try:
            await self._file(records)
        except BaseException:
            _read_again(consumer, by_partition)
            raise
        await _commit(consumer)
        return len(records)

    async def stop(self) -> None:
        """Leave the group."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _joined(self) -> AIOKafkaConsumer:
        """A member of the group. Joining can take long after a crash, and HTTP must not wait for it."""
        if self._consumer is None:
            consumer = self._new_consumer()
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer

    async def _file(self, records: Sequence[Record]) -> None:
        items: list[Item] = []
        for number, record in enumerate(records):
            if number % READ_IN_A_ROW == READ_IN_A_ROW - 1:
                await asyncio.sleep(0)
            caller = _header(record, "traceparent")
            with arrival(INGRESS_TOPIC, SpanKind.CONSUMER, caller) as (span, traceparent):
                span.set_attribute("messaging.destination.partition.id", str(record.partition))
                item = self._item(record, traceparent)
                if not isinstance(item, Refusing):
                    span.set_attribute("huiji.subject", f"claim-{item.claim_id}")
                items.append(item)
        try:
            await self._filing.process(items)
        except Exception as error:
            if is_operational(error):
                raise
            logger.error("ingress_batch_failed", error=type(error).__name__, exc_info=error)
            for record, item in zip(records, items, strict=True):
                await self._file_alone(record, item)

    async def _file_alone(self, record: Record, item: Item) -> None:
        """File one of a failing batch; the one at fault is recorded as refused, or it would stop all that follow."""
        try:
            await self._filing.process([item])
        except Exception as error:
            if is_operational(error):
                raise
            await self._filing.process([self._faulty(record, error)])

    def _item(self, record: Record, traceparent: str | None) -> Item:
        value = record.value or b""
        sent = Sending(CHANNEL, Original("application/jose", value), None, traceparent, _place(record))
        try:
            hospital_id, body = self._opened(value)
        except SubmissionInvalid as error:
            return self._prepare.refusing(error.refusal, sent)
        sent = replace(sent, original=Original("application/json", body))
        try:
            return self._prepare.either(spoken_by(hospital_id), sent)
        except Exception as error:  # noqa: BLE001 - a fault of ours in reading must not stop what follows
            return self._faulty(record, error)

    def _opened(self, value: bytes) -> tuple[str | None, bytes]:
        """The hospital that proved itself, and the plaintext; no hospital where plain JSON is allowed."""
        if self._accepts_plain and value.lstrip()[:1] == b"{" and len(value) <= MAX_SUBMISSION_BYTES:
            return None, value
        return decrypt_from_ingress(value, self._key_of)

    def _faulty(self, record: Record, error: Exception) -> Refusing:
        logger.error("ingress_record_failed", error=type(error).__name__, exc_info=error)
        sentence = "the fault is ours and is logged; the original is kept. Ask before sending it again"
        refusal = Refusal((RefusalReason(code="internal_error", location="", sentence=sentence),))
        original = Original("application/octet-stream", record.value or b"")
        return self._prepare.refusing(refusal, Sending(CHANNEL, original, record=_place(record)))


def _read_again(consumer: AIOKafkaConsumer, by_partition: dict[TopicPartition, list[Record]]) -> None:
    for partition, records in by_partition.items():
        if partition in consumer.assignment():
            consumer.seek(partition, records[0].offset)


async def _commit(consumer: AIOKafkaConsumer) -> None:
    try:
        await consumer.commit()
    except KafkaError as error:
        # They only save reading again; whoever owns the partitions now finds everything filed.
        logger.info("ingress_offsets_not_committed", error=type(error).__name__)


def _place(record: Record) -> IngressRecord:
    return IngressRecord(record.partition, record.offset, _reference(record))


def _reference(record: Record) -> str | None:
    """The sender's own word for the record (header `reference`), unless it could be a person's number."""
    reference = _header(record, "reference")
    if reference is None or _REFERENCE.match(reference) is None or redact_numbers(reference) != reference:
        return None
    return reference


def _header(record: Record, name: str) -> str | None:
    value = next((value for key, value in record.headers if key == name), None)
    return None if value is None else value.decode("ascii", "replace")
