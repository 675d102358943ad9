"""A topic beside the live one, for whom a log is published again."""

from libs.eventlog.kafka import KafkaTopic


class NamedTopic(KafkaTopic):
    """Like a service's own topic, with the same partitions and headers, under another name."""

    def __init__(self, bootstrap: str, source: str, shards: int, topic: str) -> None:
        super().__init__(bootstrap, source, shards)
        self.name = topic
