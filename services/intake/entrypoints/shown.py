"""What intake has in hand, for those who operate it: as metrics, and by hospital."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from libs.runtime.doors import STAFF
from services.intake.entrypoints.in_hand import InHand

LARGEST_SHOWN = 10


class InHandCollector(Collector):
    """No hospital is a label: a series for each that ever sent would stay. Which one it is `GET /in-hand` says."""

    def __init__(self, in_hand: InHand) -> None:
        self._in_hand = in_hand

    def collect(self) -> Iterator[Metric]:
        """Read when scraped."""
        held = self._in_hand
        yield _gauge("in_hand", "Submissions taken in and not answered yet", held.total)
        yield _gauge(
            "in_hand_largest", "Those of the hospital that has most", max(held.held.values(), default=0)
        )
        yield _gauge("in_hand_hospitals", "Hospitals that have any in hand", len(held.held))
        yield _gauge("in_hand_body_bytes", "Bytes of bodies in hand", held.body_bytes)
        yield _gauge(
            "filed_per_second", "Rate of the last batches, while they ran", held.pace.per_second or 0.0
        )
        turned_away = CounterMetricFamily(
            "huiji_intake_turned_away", "Requests answered 429 or 503 for being too many", labels=["code"]
        )
        for code in ("too_many_in_hand", "overloaded"):
            turned_away.add_metric([code], held.turned_away[code])
        yield turned_away


def in_hand_router(in_hand: InHand) -> APIRouter:
    """`/in-hand`."""
    router = APIRouter(tags=["operating"], dependencies=[STAFF])

    @router.get("/in-hand")
    async def shown() -> dict[str, Any]:
        """Who has how many submissions in hand: the ten hospitals with most, and what each may have."""
        largest = sorted(in_hand.held.items(), key=lambda one: (-one[1], one[0]))[:LARGEST_SHOWN]
        rate = in_hand.pace.per_second
        return {
            "in_hand": in_hand.total,
            "at_most": in_hand.bounds.total,
            "body_bytes": in_hand.body_bytes,
            "body_bytes_at_most": in_hand.bytes_limit,
            "filed_per_second": None if rate is None else round(rate),
            "turned_away": dict(in_hand.turned_away),
            "hospitals": [
                {"hospital_id": one or None, "in_hand": held, "at_most": in_hand.bounds.of(one)}
                for one, held in largest
            ],
        }

    return router


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"huiji_intake_{name}", help_text, value=value)
