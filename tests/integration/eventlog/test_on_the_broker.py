"""Relays, rebalances and gaps on the session's real broker."""

import asyncio
from itertools import pairwise

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.eventlog.kafka import PartitionsDiffer, ensure_topics, topic_of
from libs.testing.kafka import KafkaUnderTest
from libs.testing.pytest_plugin import NewTopic as MakeTopic
from tests.integration.eventlog.conftest import SHARDS, Line
from tests.support.kernel import add, all_events
from tests.support.topics import read_topic
from tests.support.upstream import open_upstream
from tests.support.waiting import until


async def test_several_relays_publish_every_position_and_never_jump_forward(line: Line) -> None:
    async with line.upstream.relaying(relays=3, window=7):
        for _ in range(20):
            await line.append(claims=10)
        await until(line.upstream.published)
    records = await read_topic(line.bootstrap, line.upstream.topic.name, await line.upstream_heads())
    for partition in records.values():
        positions = [record.position for record in partition]
        assert all(later <= earlier + 1 for earlier, later in pairwise([0, *positions]))


async def test_a_record_of_the_topic_is_the_recorded_event_to_the_byte(line: Line) -> None:
    async with line.upstream.relaying():
        await line.append(claims=10, each=3)
        await until(line.upstream.published)
    records = await read_topic(line.bootstrap, line.upstream.topic.name, await line.upstream_heads())
    found = [record for shard in sorted(records) for record in records[shard]]
    assert list(dict.fromkeys(found)) == await all_events(line.upstream.log)


async def test_a_topic_with_another_number_of_partitions_is_refused(
    kafka: KafkaUnderTest, new_topic: MakeTopic
) -> None:
    topic = new_topic(3)
    with pytest.raises(PartitionsDiffer, match="3 partitions, the deployment 8 shards"):
        await ensure_topics(kafka.bootstrap, {topic: 8})


async def test_a_topic_that_somebody_made_with_other_partitions_shows_in_the_relay(
    line: Line, kafka: KafkaUnderTest
) -> None:
    name = f"{line.upstream.log.source}x"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic_of(name), SHARDS + 1, 1)])
    finally:
        await admin.close()
    with pytest.raises(PartitionsDiffer):
        async with open_upstream(line.database, line.bootstrap, name, shards=SHARDS):
            pass


async def test_asking_about_a_topic_does_not_make_it(kafka: KafkaUnderTest, line: Line) -> None:
    absent = topic_of(f"{line.upstream.log.source}_absent")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.describe_topics([absent])
        assert absent not in await admin.list_topics()
    finally:
        await admin.close()


async def test_a_second_process_joins_under_load_and_the_first_is_killed(line: Line) -> None:
    async with line.upstream.serving(), line.upstream.relaying():
        # Without names: the group waits for the killed one's session to end, as for a machine that burnt.
        first, second = line.process(instance=None), line.process(instance=None)
        first.start()
        await first.ready()
        feeding = asyncio.create_task(feed(line, rounds=60))
        second.start()
        await second.ready()
        await until(lambda: line.downstream_moved_past(100))
        first.kill()
        await feeding
        await line.caught_up()
        assert second.stop() == 0
        await line.assert_as_without_faults()


async def feed(line: Line, rounds: int) -> None:
    for _ in range(rounds):
        await line.append()
        await asyncio.sleep(0.02)


async def test_only_the_lane_whose_source_is_down_is_held_and_it_resumes(line: Line) -> None:
    other_name = f"{line.upstream.log.source}b"
    async with open_upstream(line.database, line.bootstrap, other_name, shards=SHARDS) as other:
        sources = [line.upstream.log.source, other_name]
        process = line.process(subscribe=sources, **{other_name: other.url})
        process.start()
        await process.ready()
        # The topic of `other` begins with its second event, and nobody answers for the first.
        await add(other.log, "gap", [1, 2], after=0)
        first, second = await all_events(other.log)
        await other.topic.publish(second.shard, [second])
        async with line.upstream.serving(), line.upstream.relaying():
            await line.append(claims=8, each=5)
            await until(line.passed_everything_of_upstream)
            assert await line.position(other_name, first.shard) == 0
            why = f"{other_name}/{second.shard}: the log of {other_name} cannot be read"

            async def said() -> list[str]:
                held: list[str] = (await process.get("/health/ready")).json()["held"]
                return held

            async def why_it_is_held_is_said() -> bool:
                return [reason.startswith(why) for reason in await said()] == [True]

            # The other topic's batch may come later than all of this one's.
            await until(why_it_is_held_is_said)
            async with other.serving():

                async def resumed() -> bool:
                    return await line.position(other_name, first.shard) == 2 and await said() == []

                await until(resumed)
                assert process.stop() == 0


async def test_what_is_not_an_event_in_the_topic_is_passed_over(line: Line) -> None:
    async with line.upstream.serving(), line.upstream.relaying():
        process = line.process()
        process.start()
        await process.ready()
        await line.append()
        async with AIOKafkaProducer(bootstrap_servers=line.bootstrap) as producer:
            for partition in range(SHARDS):
                await producer.send_and_wait(line.upstream.topic.name, b"\xff\x00", partition=partition)
        await line.append()
        await line.caught_up()
        assert process.stop() == 0
        await line.assert_as_without_faults()
