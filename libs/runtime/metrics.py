"""Prometheus metrics of one service: throughput, lag and what is parked, read from the kernel when scraped."""

from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from libs.eventlog import Consumer, Relay
from libs.eventlog.snapshots import Snapshots


class KernelCollector(Collector):
    """What the kernel counts. `backlog` is set by whoever knows the database's numbers."""

    def __init__(self, relay: Relay, consumer: Consumer | None) -> None:
        self._relay = relay
        self._consumer = consumer
        self.unpublished: dict[int, int] = {}
        self.lag: dict[tuple[str, int], int] = {}
        self.parked: dict[str, int] = {}
        self.held = 0

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "huiji_published_events", "Events published", value=self._relay.published_total
        )
        yield _by_shard("huiji_unpublished_events", "Recorded events not published yet", self.unpublished)
        if self._consumer is None:
            return
        consumer = self._consumer
        yield CounterMetricFamily(
            "huiji_processed_events", "Events processed", value=consumer.processed_total
        )
        yield CounterMetricFamily(
            "huiji_duplicate_events", "Deliveries skipped", value=consumer.duplicates_total
        )
        yield CounterMetricFamily(
            "huiji_refilled_events", "Events read from a log", value=consumer.refilled_total
        )
        lag = GaugeMetricFamily("huiji_lag_events", "Events not processed yet", labels=["source", "shard"])
        for (source, shard), events in self.lag.items():
            lag.add_metric([source, str(shard)], events)
        yield lag
        yield GaugeMetricFamily("huiji_held_lanes", "Lanes that wait for their source's log", value=self.held)
        parked = GaugeMetricFamily("huiji_parked_events", "Events parked", labels=["reason"])
        for reason, events in self.parked.items():
            parked.add_metric([reason], events)
        yield parked


class SnapshotCollector(Collector):
    """What became of a service's snapshots; nothing where it keeps none."""

    def __init__(self, snapshots: Snapshots[Any] | None) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterator[Metric]:
        if self._snapshots is None:
            return
        counted = CounterMetricFamily(
            "huiji_snapshots", "Snapshots taken, used, and passed over for they were wrong", labels=["what"]
        )
        counted.add_metric(["taken"], self._snapshots.taken_total)
        counted.add_metric(["used"], self._snapshots.used_total)
        counted.add_metric(["passed_over"], self._snapshots.passed_over_total)
        yield counted


def new_registry(collectors: Iterable[Collector]) -> CollectorRegistry:
    """A registry with the kernel's, the service's own and the process's metrics."""
    registry = CollectorRegistry()
    for of_python in (ProcessCollector, PlatformCollector, GCCollector):
        of_python(registry=registry)
    for own in collectors:
        registry.register(own)
    return registry


def _by_shard(name: str, help_text: str, values: dict[int, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=["shard"])
    for shard, value in values.items():
        family.add_metric([str(shard)], value)
    return family
