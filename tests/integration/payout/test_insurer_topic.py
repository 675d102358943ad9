"""An insurer's topic on a real broker."""

from uuid import uuid4

from libs.testing.heard_events import a_claim_registered
from libs.testing.kafka import KafkaUnderTest
from libs.testing.recorded import a_recorded
from services.payout.adapters.insurer_topics import KafkaInsurerTopics


async def test_a_topic_that_took_many_events_at_once_does_not_look_lost(kafka: KafkaUnderTest) -> None:
    insurer, topics = f"i{uuid4().hex}", KafkaInsurerTopics(kafka.bootstrap, 1)
    try:
        first, last = await topics.publish(insurer, [a_recorded("payout", a_claim_registered())] * 3)
        ends = await topics.end_offsets([insurer])
        again, _ = await topics.publish(insurer, [a_recorded("payout", a_claim_registered())])
    finally:
        await topics.stop()
    assert first <= last < ends[insurer]
    assert again > last
