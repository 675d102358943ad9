"""How every part of a platform is: asked all at once, so that a part that hangs costs one time-out."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import shown
from services.operations.adapters.credentials import reader_token

_TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One part. None: it does not say. `behind`: recorded and not published; `lag`: of its sources, not processed.

    `in_hand`: what it has taken in and not answered, `in_hand_largest` of the one hospital that has most.
    """

    part: str
    up: bool
    ready: bool | None = None
    reasons: tuple[str, ...] = ()
    lag: int | None = None
    parked: int | None = None
    behind: int | None = None
    held: tuple[str, ...] = ()
    started_at: str | None = None
    in_hand: int | None = None
    in_hand_largest: int | None = None


@dataclass(frozen=True, slots=True)
class PlatformStatus:
    """All parts, and the claim that has waited longest for a decision; `unknown`: why that is not known."""

    parts: tuple[PartStatus, ...]
    oldest_open_claim: Mapping[str, Any] | None
    unknown: str | None = None

    @property
    def well(self) -> bool:
        """Every part is up and ready, and no event is parked."""
        return all(part.up and part.ready is not False and not part.parked for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "well": self.well,
            "parts": [asdict(part) for part in self.parts],
            "oldest_open_claim": self.oldest_open_claim,
            "oldest_open_claim_unknown": self.unknown,
        }


async def status_of(running: RunningAt) -> PlatformStatus:
    """Ask every part. One that does not answer is not up; nothing is raised for that."""
    # Services are called directly, whatever proxy the shell is set up for.
    async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        services = [_service(client, name, url.rstrip("/")) for name, url in running.services.items()]
        outside = {
            "bureau": (running.bureau_url, "/health/ready"),
            "bank": (running.bank_url, "/_mock/health"),
        }
        others = [_outside(client, name, url + path) for name, (url, path) in outside.items() if url]
        parts = await asyncio.gather(*services, *others)
        oldest = await _oldest_open(client, running)
    if isinstance(oldest, str):
        return PlatformStatus(tuple(parts), None, oldest)
    return PlatformStatus(tuple(parts), oldest)


async def _service(client: httpx2.AsyncClient, name: str, url: str) -> PartStatus:
    try:
        ready, metrics = await asyncio.gather(client.get(f"{url}/health/ready"), client.get(f"{url}/metrics"))
        told, numbers = ready.json(), _sums(metrics.text)
    except (httpx2.HTTPError, ValueError) as error:
        return PartStatus(name, up=False, reasons=(type(error).__name__,))
    started = numbers.get("process_start_time_seconds")
    return PartStatus(
        name,
        up=True,
        ready=ready.is_success,
        reasons=tuple(told["reasons"]),
        lag=_whole(numbers.get("huiji_lag_events")),
        parked=_whole(numbers.get("huiji_parked_events")),
        behind=_whole(numbers.get("huiji_unpublished_events")),
        held=tuple(told.get("held", ())),
        started_at=datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds") if started else None,
        in_hand=_whole(numbers.get("huiji_intake_in_hand")),
        in_hand_largest=_whole(numbers.get("huiji_intake_in_hand_largest")),
    )


async def _outside(client: httpx2.AsyncClient, name: str, url: str) -> PartStatus:
    try:
        answer = await client.get(url)
    except httpx2.HTTPError as error:
        return PartStatus(name, up=False, reasons=(type(error).__name__,))
    return PartStatus(name, up=True, ready=answer.is_success)


async def _oldest_open(client: httpx2.AsyncClient, running: RunningAt) -> Mapping[str, Any] | str | None:
    """The claim, None when there is none, or why nobody can say."""
    if "projections" not in running.services:
        return "no address of projections"
    try:
        headers = shown(reader_token(running, ""))
        answer = await client.get(f"{running.url('projections')}/operator?limit=1", headers=headers)
        found: list[dict[str, Any]] = answer.raise_for_status().json()
    except httpx2.HTTPStatusError as error:
        return f"projections answers {error.response.status_code}"
    except (httpx2.HTTPError, ValueError) as error:
        return f"projections: {type(error).__name__}"
    return found[0] if found else None


def _sums(text: str) -> dict[str, float]:
    """Each gauge summed over its labels; a family without a sample counts as 0."""
    return {
        family.name: sum(sample.value for sample in family.samples)
        for family in text_string_to_metric_families(text)
        if family.type == "gauge"
    }


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
