"""Every service serves its own log by HTTP: for gaps, replays, exports, and consumers without Kafka."""

from collections.abc import Sequence
from typing import Annotated, Any

import httpx2
import orjson
from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.params import Depends
from fastapi.responses import Response

from libs.contracts.operations import amendments_of
from libs.eventlog import publishing, read
from libs.eventlog.day_roots import DayRoot
from libs.eventlog.envelope import EnvelopeUnreadable, from_json, to_json
from libs.eventlog.errors import RootsRewritten, SourceUnreachable
from libs.eventlog.event import Recorded
from libs.eventlog.log import EventLog
from libs.eventlog.root_signing import RootSigner

NDJSON = "application/x-ndjson"


def log_router(log: EventLog) -> APIRouter:
    """`GET /log/heads`, `GET /log/{shard}?after=&limit=` (NDJSON, at most `limit` events), `/proofs/{position}`."""
    router = APIRouter(prefix="/log", tags=["log"])

    @router.get("/heads")
    async def heads() -> dict[int, int]:
        """The last position of every shard."""
        async with log.pool.acquire() as connection:
            return await read.heads(connection)

    @router.get("/{shard}", response_class=Response)
    async def events(
        shard: Annotated[int, Path(ge=0)],
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    ) -> Response:
        """Events of a shard after a position, one JSON object per line; fewer than `limit` means the end."""
        async with log.pool.acquire() as connection:
            page = await read.read_shard(connection, log.source, shard, after, limit)
        return Response(b"".join(to_json(event) + b"\n" for event in page), media_type=NDJSON)

    @router.get("/{shard}/subjects/{subject}", response_class=Response)
    async def of_subject(
        shard: Annotated[int, Path(ge=0)], subject: str, amendments: bool = False
    ) -> Response:
        """Every event of a subject in a shard, in order; reads the whole shard, so it is for looking closely only.

        `amendments`: followed by what was proposed and decided about those that somebody could not process.
        """
        async with log.pool.acquire() as connection:
            found = await read.read_subject(connection, log.source, shard, subject)
            if amendments:
                streams = [amendments_of(event.event_id) for event in found]
                found += await read.read_streams(connection, log.source, streams)
        return Response(b"".join(to_json(event) + b"\n" for event in found), media_type=NDJSON)

    @router.get("/{shard}/proofs/{position}", response_model=None)
    async def proof(
        shard: Annotated[int, Path(ge=0)], position: Annotated[int, Path(ge=1)]
    ) -> dict[str, Any] | Response:
        """That the event at a position is under a published root; 404 while none covers it."""
        async with log.pool.acquire() as connection:
            found = await publishing.prove_inclusion(connection, log.source, shard, position)
        return Response(status_code=404) if found is None else found.as_json()

    return router


def roots_router(
    log: EventLog,
    signer: RootSigner | None = None,
    closing: Sequence[Depends] = (),
    published: dict[str, Any] | None = None,
) -> APIRouter:
    """`/log/roots` and `/log/keys`, to be included before the log: what proves it, and is for everybody.

    `closing`: who may publish roots before a day is over; `published`: what the OpenAPI document says of the rest.
    """
    router = APIRouter(prefix="/log", tags=["log"])

    @router.get("/roots", response_class=Response, openapi_extra=published)
    async def roots(
        shard: Annotated[int | None, Query(ge=0)] = None,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    ) -> Response:
        """The published roots, one JSON object per line; `after` a number, per shard."""
        async with log.pool.acquire() as connection:
            found = await publishing.roots_of(connection, log.source, shard, after, limit)
        return _lines(found)

    @router.post("/roots", response_class=Response, dependencies=closing)
    async def close() -> Response:
        """Publish roots over all that is recorded, today's events included; answers the new ones."""
        try:
            return _lines(await publishing.close_days(log, through_now=True, signer=signer))
        except RootsRewritten as error:
            raise HTTPException(409, str(error)) from None

    @router.get("/keys", openapi_extra=published)
    async def keys() -> list[str]:
        """The public key (Ed25519, hex) that signs this log's roots; none when they are not signed."""
        return [] if signer is None else [signer.public_key.hex()]

    return router


def _lines(roots: Sequence[DayRoot]) -> Response:
    return Response(b"".join(orjson.dumps(root.as_json()) + b"\n" for root in roots), media_type=NDJSON)


class HttpSource:
    """Another service's log, read by HTTP. Implements `libs.eventlog.consumer.Source`."""

    def __init__(self, name: str, base_url: str, client: httpx2.AsyncClient) -> None:
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._client = client

    async def read(self, shard: int, after: int, limit: int) -> list[Recorded]:
        """Events of a shard after a position. Raises SourceUnreachable."""
        content = await self._get(f"/log/{shard}", {"after": after, "limit": limit})
        try:
            return [from_json(line) for line in content.splitlines()]
        except EnvelopeUnreadable as error:
            raise SourceUnreachable(self._name, str(error)) from None

    async def heads(self) -> dict[int, int]:
        """The last position of each shard. Raises SourceUnreachable."""
        content = await self._get("/log/heads", {})
        try:
            return {int(shard): position for shard, position in orjson.loads(content).items()}
        except (AttributeError, ValueError):
            raise SourceUnreachable(self._name, "/log/heads is not an object of positions") from None

    async def _get(self, path: str, query: dict[str, int]) -> bytes:
        try:
            response = await self._client.get(self._base_url + path, params=query)
            if response.status_code == httpx2.codes.SERVICE_UNAVAILABLE:
                raise SourceUnreachable(self._name, _why(response))
            response.raise_for_status()
        except httpx2.HTTPError as error:
            raise SourceUnreachable(self._name, f"{type(error).__name__} at {path}") from None
        return response.content


def _why(response: httpx2.Response) -> str:
    """What a service says of why it does not answer now."""
    try:
        return str(orjson.loads(response.content)["detail"])
    except (KeyError, TypeError, ValueError):
        return f"it answered {response.status_code}"
