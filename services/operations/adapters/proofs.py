"""What proves a platform's logs beside the logs themselves, read from its services: published roots, archived plans."""

import httpx2
import orjson

from libs.eventlog.day_roots import DayRoot, root_of_json
from libs.eventlog.errors import SourceUnreachable
from libs.proof import Cut
from services.operations.adapters.announcing import RunningAt
from services.operations.adapters.asking import as_caller

_TIMEOUT_SECONDS = 60
_PAGE_ROOTS = 10_000


async def fetch_proofs(running: RunningAt, cut: Cut) -> None:
    """Put the published roots and the archived plans of running services into the cut. Raises SourceUnreachable."""
    cut.write_roots(await fetch_roots(running))
    if "adjudication" in running.services:
        async with httpx2.AsyncClient(
            timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
        ) as client:
            await _fetch_plans(client, running.services["adjudication"], cut)


async def close_roots(running: RunningAt) -> list[DayRoot]:
    """Let the services publish roots over all they hold now; the new ones. Raises SourceUnreachable."""
    closed: list[DayRoot] = []
    async with httpx2.AsyncClient(
        timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
    ) as client:
        for name, url in running.services.items():
            closed += _decoded(name, await _get(client, name, url, "/log/roots", method="POST"))
    return closed


async def fetch_keys(running: RunningAt) -> dict[str, list[str]]:
    """The public keys (hex) that running services sign their roots with. Raises SourceUnreachable."""
    async with httpx2.AsyncClient(
        timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
    ) as client:
        return {
            name: orjson.loads(await _get(client, name, url, "/log/keys"))
            for name, url in running.services.items()
        }


async def fetch_roots(running: RunningAt) -> list[DayRoot]:
    """The published roots of running services. Raises SourceUnreachable."""
    roots: list[DayRoot] = []
    async with httpx2.AsyncClient(
        timeout=_TIMEOUT_SECONDS, trust_env=False, headers=as_caller(running)
    ) as client:
        for name, url in running.services.items():
            for shard in orjson.loads(await _get(client, name, url, "/log/heads")):
                roots += await _roots_of(client, name, url, int(shard))
    return roots


async def _roots_of(client: httpx2.AsyncClient, name: str, url: str, shard: int) -> list[DayRoot]:
    roots: list[DayRoot] = []
    while True:
        after = roots[-1].number if roots else 0
        path = f"/log/roots?shard={shard}&after={after}&limit={_PAGE_ROOTS}"
        page = _decoded(name, await _get(client, name, url, path))
        roots += page
        if len(page) < _PAGE_ROOTS:
            return roots


async def _fetch_plans(client: httpx2.AsyncClient, url: str, cut: Cut) -> None:
    for kept in orjson.loads(await _get(client, "adjudication", url, "/plans/archive")):
        content = await _get(client, "adjudication", url, f"/plans/archive/{kept['digest']}")
        cut.write_plan(kept["digest"], content)


def _decoded(name: str, content: bytes) -> list[DayRoot]:
    try:
        return [root_of_json(orjson.loads(line)) for line in content.splitlines()]
    except (KeyError, TypeError, ValueError) as error:
        raise SourceUnreachable(name, f"its roots are not readable: {type(error).__name__}") from None


async def _get(client: httpx2.AsyncClient, name: str, url: str, path: str, *, method: str = "GET") -> bytes:
    try:
        response = await client.request(method, url.rstrip("/") + path)
        response.raise_for_status()
    except httpx2.HTTPError as error:
        raise SourceUnreachable(name, f"{type(error).__name__} at {path}") from None
    return response.content
