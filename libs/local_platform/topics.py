"""Topics on whichever broker answers at a bootstrap address."""

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from libs.local_platform.errors import TopicsNotCreated


async def create_topics(bootstrap: str, names: Iterable[str], partitions: int) -> None:
    """Make the topics that are missing, each with `partitions` partitions and one replica.

    Raises `TopicsNotCreated` when the broker refuses one for another reason than that it is already there.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [NewTopic(name=name, num_partitions=partitions, replication_factor=1) for name in names]
        answer = await admin.create_topics(wanted)
    finally:
        await admin.close()
    refused = [
        f"{name}: {message or code}"
        for name, code, message in answer.topic_errors
        if code not in (0, TopicAlreadyExistsError.errno)
    ]
    if refused:
        raise TopicsNotCreated(bootstrap, refused)
