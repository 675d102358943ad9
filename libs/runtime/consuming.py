"""From Kafka to the kernel's consumer, through FastStream.

FastStream's ways that matter here: it flattens the partitions of a batch, logs and swallows what a handler raises,
and acknowledges per message. So lanes are grouped by the kernel, faults are retried here, offsets are committed once
a second (they only save re-reading: the checkpoint is the truth), and nothing is decoded before the kernel asks.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from time import monotonic

import structlog
from aiokafka import ConsumerRecord
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from libs.eventlog import Consumer, Recorded
from libs.eventlog.checkpoint import Lane
from libs.eventlog.consumer import Held
from libs.eventlog.envelope import EnvelopeUnreadable
from libs.eventlog.errors import NewerThanThisCode, SourceWentBack, TooManyParked, is_operational
from libs.eventlog.kafka import topic_of
from libs.runtime.raw_batches import OnRebalance, Records, next_records, raw_records, recorded_of, undecoded
from libs.runtime.resting import LEAST_REST_SECONDS, UNHURRIED_REST_SECONDS, resting_seconds
from libs.runtime.settings import ServiceSettings

logger = structlog.get_logger(__name__)

# The embedded broker spends a millisecond on each fetch that finds nothing: half of what an idle platform costs.
UNHURRIED_FETCH_WAITS = 3
OFFSET_COMMIT_SECONDS = 1.0
OFFSET_COMMIT_TIMEOUT_SECONDS = 2.0
HELD_LANE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0
# After the broker was lost its topics come back: seen within seconds, not within aiokafka's five minutes.
METADATA_MAX_AGE_MS = 5_000


_EXPECTED = (TooManyParked, SourceWentBack, NewerThanThisCode)


class StoppedWhileFailing(Exception):
    """The service stops while a batch keeps failing: the batch comes again after the start."""


class Inbound:
    """Feeds one service's consumer from its sources' topics, and from their logs when the broker is silent."""

    def __init__(
        self,
        settings: ServiceSettings,
        service: str,
        sources: Iterable[str],
        consumer: Consumer,
        *,
        unhurried: bool = False,
    ) -> None:
        self._settings = settings
        self._sources = sorted(sources)
        self._consumer = consumer
        self._least_rest_seconds = UNHURRIED_REST_SECONDS if unhurried else LEAST_REST_SECONDS
        self._one_at_a_time = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._committed_at = 0.0
        self._assigned: set[TopicPartition] = set()
        self._fetched: dict[TopicPartition, int] = {}
        self._joined = False
        self._reset_due = False
        self._batch_failing: str | None = None
        self._held: dict[Lane, Held] = {}
        self._waiting: set[TopicPartition] = set()
        self._tails_failing: dict[str, str] = {}
        self.broker = KafkaBroker(
            settings.kafka,
            logger=None,
            # Nothing is injected into our one handler; looking for it costs a thread switch per batch.
            apply_types=False,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            # It would create them with one partition; ours are created with one per shard.
            allow_auto_create_topics=False,
        )
        self._subscriber = self.broker.subscriber(
            *(topic_of(source) for source in self._sources),
            batch=True,
            group_id=f"huiji.{service}",
            group_instance_id=settings.instance,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_records=settings.batch_size,
            fetch_max_wait_ms=settings.fetch_max_wait_ms * (UNHURRIED_FETCH_WAITS if unhurried else 1),
            max_partition_fetch_bytes=4 * 1024 * 1024,
            # Co-partitioning: whoever owns shard s of one topic owns it in all, so states can stay in memory.
            partition_assignment_strategy=(RangePartitionAssignor,),
            listener=OnRebalance(self._rebalanced),
            parser=undecoded,
            decoder=raw_records,
            no_reply=True,
        )
        # FastStream has no setting for it; tests/unit/runtime/test_inbound.py holds the name against its own.
        self._subscriber.get_msg = partial(next_records, most=settings.batch_size)  # type: ignore[method-assign]
        self._subscriber(self._on_batch)

    @property
    def joined(self) -> bool:
        """True once the consumer group has given this process its partitions, be they none."""
        return self._joined

    @property
    def failing(self) -> str | None:
        """Why events are not processed now; None when all is well, but for lanes that are `held`."""
        reasons = [reason for reason in (self._batch_failing, self._thrown_out()) if reason]
        return "; ".join([*reasons, *sorted(set(self._tails_failing.values()))]) or None

    @property
    def held(self) -> dict[Lane, str]:
        """Lanes that wait for their source or an upgrade, and why; the others go on, so this is not `failing`."""
        return {lane: str(error) for lane, error in self._held.items()}

    @property
    def newer(self) -> list[str]:
        """What only an upgrade of this process can read: each says which event holds which lane."""
        return sorted(str(error) for error in self._held.values() if isinstance(error, NewerThanThisCode))

    def _thrown_out(self) -> str | None:
        """Why the group gives this process nothing any more, though it had joined.

        aiokafka says it in no public way: its coordination ends, and every poll fails from then on. What arrives is
        read from the sources' logs meanwhile.
        """
        coordinator = getattr(self._subscriber.consumer, "_coordinator", None)
        routine = getattr(coordinator, "_coordination_task", None)
        if routine is None or not routine.done() or routine.cancelled() or routine.exception() is None:
            return None
        return (
            f"thrown out of the consumer group ({type(routine.exception()).__name__}): another process may have its"
            " HUIJI_INSTANCE; restart one of them under another name"
        )

    def lag(self) -> dict[Lane, int]:
        """Events of the assigned lanes that the brokers have and this process has not fetched."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return {}
        lag: dict[Lane, int] = {}
        for partition in self._assigned & consumer.assignment():
            end = consumer.highwater(partition)
            if end is None:
                continue
            source = partition.topic.removeprefix("huiji.").removesuffix(".events")
            lag[source, partition.partition] = max(0, end - self._fetched.get(partition, end))
        return lag

    async def start(self) -> None:
        """Join the consumer group."""
        await self.broker.start()

    async def stop(self) -> None:
        """Finish the batch under way, or give it up when it keeps failing; commit offsets and leave the group."""
        self._stopping.set()
        try:
            async with asyncio.timeout(self._settings.stop_seconds), self._one_at_a_time:
                await self._commit_offsets(force=True)
        except TimeoutError:
            # A database that hangs, say. What the batch did is rolled back, and it comes again after the start.
            logger.warning("batch_given_up", seconds=self._settings.stop_seconds)
        try:
            async with asyncio.timeout(self._settings.stop_seconds):
                await self.broker.stop()
        except (TimeoutError, KafkaError) as error:
            logger.warning("group_not_left", error=type(error).__name__)

    async def _rebalanced(self, partitions: set[TopicPartition]) -> None:
        # Nothing is awaited here: a batch that keeps failing must not keep this process from the group's protocol.
        self._assigned, self._joined, self._reset_due = partitions, True, True
        self._fetched = {partition: at for partition, at in self._fetched.items() if partition in partitions}
        self._held = {}
        logger.info("partitions_assigned", count=len(partitions))

    async def _on_batch(self, records: Records) -> None:
        if len(records) >= self._settings.batch_size:
            await self._process_batch(records)
            return
        # A fetch answers with the first that comes, and aiokafka sends no other before that is taken: asked meanwhile,
        # the next batch would be what came first in this rest, and what came after it would wait for another.
        resting = self._stop_fetching()
        began = monotonic()
        try:
            await self._process_batch(records)
            if not self._stopping.is_set():
                took = monotonic() - began
                await asyncio.sleep(resting_seconds(took, len(records), self._least_rest_seconds))
        finally:
            self._fetch_again(resting)

    def _stop_fetching(self) -> set[TopicPartition]:
        consumer = self._subscriber.consumer
        if consumer is None:
            return set()
        fetched: set[TopicPartition] = consumer.assignment() - consumer.paused()
        consumer.pause(*fetched)
        return fetched

    def _fetch_again(self, partitions: set[TopicPartition]) -> None:
        """All but those that wait for their gap to be filled, and those that a rebalance gave to another process."""
        consumer = self._subscriber.consumer
        if consumer is not None:
            consumer.resume(*(partitions & consumer.assignment()) - self._waiting)

    async def _process_batch(self, records: Records) -> None:
        events = self._readable(records)
        async with self._one_at_a_time:
            if self._stopping.is_set():
                return
            held = await self._process_until_done(events)
            kept_back = {TopicPartition(topic_of(source), shard) for source, shard in held}
            for record in records:
                partition = TopicPartition(record.topic, record.partition)
                if partition not in kept_back:
                    self._fetched[partition] = record.offset + 1
            for event in events:
                self._held.pop((event.source, event.shard), None)
            self._held |= held
            self._hold(kept_back, records)
        await self._commit_offsets()

    def _readable(self, records: Iterable[ConsumerRecord[bytes, bytes]]) -> list[Recorded]:
        """What is not one of our events is passed over: if it hides one, the gap is filled from the source."""
        events = []
        for record in records:
            try:
                events.append(recorded_of(record))
            except EnvelopeUnreadable as error:
                logger.warning(
                    "record_unreadable", topic=record.topic, offset=record.offset, error=str(error)
                )
        return events

    async def _process_until_done(self, events: list[Recorded]) -> dict[Lane, Held]:
        """Try until the batch is processed: it must not be lost, and trying again changes nothing twice.

        Raises StoppedWhileFailing.
        """
        failures = 0
        while True:
            try:
                await self._reset_if_due()
                held = await self._consumer.process(events)
            except Exception as error:
                failures += 1
                self._batch_failing = f"{type(error).__name__}: {error}"
                expected = is_operational(error) or isinstance(error, TooManyParked)
                logger.log(
                    30 if expected else 40,
                    "consumer_failing",
                    error=self._batch_failing,
                    exc_info=not expected,
                )
                await self._pause(min(0.05 * 2**failures, LONGEST_PAUSE_SECONDS))
                continue
            self._batch_failing = None
            return held

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise StoppedWhileFailing

    async def _reset_if_due(self) -> None:
        if self._reset_due:
            self._reset_due = False
            try:
                await self._consumer.reset()
            except BaseException:
                self._reset_due = True
                raise

    def _hold(
        self, held: Iterable[TopicPartition], records: tuple[ConsumerRecord[bytes, bytes], ...]
    ) -> None:
        """Pause lanes whose gap cannot be filled yet and deliver their records again later; the others go on."""
        consumer = self._subscriber.consumer
        for partition in held:
            # After a rebalance the lane is another process's, or comes again from its committed offset.
            if consumer is None or partition not in consumer.assignment():
                continue
            first = min(r.offset for r in records if (r.topic, r.partition) == partition)
            consumer.seek(partition, first)
            consumer.pause(partition)
            self._waiting.add(partition)
            asyncio.get_running_loop().call_later(HELD_LANE_SECONDS, self._resume, partition)

    def _resume(self, partition: TopicPartition) -> None:
        self._waiting.discard(partition)
        consumer = self._subscriber.consumer
        if consumer is not None and partition in consumer.assignment():
            consumer.resume(partition)

    async def _commit_offsets(self, *, force: bool = False) -> None:
        """Advisory, so neither a dead broker nor a rebalance may hold anything up for it."""
        if not force and monotonic() - self._committed_at < OFFSET_COMMIT_SECONDS:
            return
        self._committed_at = monotonic()
        consumer = self._subscriber.consumer
        if consumer is None:
            return
        done = {
            partition: at for partition, at in self._fetched.items() if partition in consumer.assignment()
        }
        try:
            if done:
                async with asyncio.timeout(OFFSET_COMMIT_TIMEOUT_SECONDS):
                    await consumer.commit(done)
        except (KafkaError, TimeoutError) as error:
            logger.info("offsets_not_committed", error=type(error).__name__)

    async def check_tails(self) -> None:
        """Until cancelled: when a lane stands still though its source has more, read the source's own log."""
        before: dict[Lane, int] = {}
        while True:
            await asyncio.sleep(self._settings.tail_check_seconds)
            still = {
                lane for lane, position in self._consumer.positions.items() if before.get(lane) == position
            }
            before = self._consumer.positions
            for source in self._sources:
                topic = topic_of(source)
                mine = {partition.partition for partition in self._assigned if partition.topic == topic}
                shards = sorted(shard for shard in mine if (source, shard) in still)
                if shards:
                    await self._check_tail(source, shards)

    async def _lost(self, source: str, shards: list[int]) -> dict[int, int]:
        """Those of `shards` that the source has more of, and that still stand where they stood a while later.

        What has only just been recorded, or waits its turn in a burst, is on its way: reading it from the log as well
        would make its source and this process work twice for it.
        """
        stood = self._consumer.positions
        behind = await self._consumer.behind(source, shards)
        if behind:
            await asyncio.sleep(self._settings.tail_check_seconds / 2)
        reached = self._consumer.positions
        return {
            shard: head for shard, head in behind.items() if reached[source, shard] == stood[source, shard]
        }

    async def _check_tail(self, source: str, shards: list[int]) -> None:
        try:
            # Asked without the lock: a source that is slow to answer must not stop what flows.
            behind = await self._lost(source, shards)
            found = 0
            if behind:
                async with self._one_at_a_time:
                    await self._reset_if_due()
                    found = await self._consumer.catch_up(source, behind)
                for shard in behind:
                    self._held.pop((source, shard), None)
        except Exception as error:
            if not (is_operational(error) or isinstance(error, _EXPECTED)):
                raise
            if isinstance(error, NewerThanThisCode):
                self._held[error.lane] = error
            if isinstance(error, SourceWentBack):
                self._tails_failing[source] = str(error)
            logger.warning("tail_not_checked", source=source, error=f"{type(error).__name__}: {error}")
        else:
            self._tails_failing.pop(source, None)
            if found:
                logger.info("tail_read_from_source", source=source, events=found)
