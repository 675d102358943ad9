"""What every service answers by HTTP: health, metrics, its log, its parked events, its AsyncAPI page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import generate_latest

from libs.eventlog import Consumer, EventLog, Relay, is_operational, read
from libs.eventlog.cancelling import heed_cancellation
from libs.eventlog.parking import count_parked
from libs.eventlog.root_signing import RootSigner
from libs.eventlog.serve import log_router, roots_router
from libs.runtime.amendments import amendments_router
from libs.runtime.asyncapi import asyncapi_document, asyncapi_page
from libs.runtime.bounded_bodies import BoundedBodies
from libs.runtime.breaker import breaker_router
from libs.runtime.callers import CallersUnusable, Holders, read_inside_callers
from libs.runtime.consuming import Inbound
from libs.runtime.doors import INSIDE, OPEN, OPERATOR, STAFF, TURNED_AWAY, Inside
from libs.runtime.history import history_router
from libs.runtime.metrics import KernelCollector, SnapshotCollector, new_registry
from libs.runtime.parked import parked_router
from libs.runtime.problems import install_problems
from libs.runtime.relay_admin import relay_router
from libs.runtime.settings import ServiceSettings
from libs.runtime.staff import operator_desk, staff_of
from libs.runtime.watched_file import WatchedFile

if TYPE_CHECKING:
    from libs.runtime.service import Parts

logger = structlog.get_logger(__name__)

BACKLOG_SECONDS = 2.0


class ServiceHttp:
    """A service's HTTP application and the numbers it shows."""

    def __init__(
        self,
        name: str,
        settings: ServiceSettings,
        log: EventLog,
        relay: Relay,
        consumer: Consumer | None,
        inbound: Inbound | None,
        parts: "Parts",
        signer: RootSigner | None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._log = log
        self._relay = relay
        self._consumer = consumer
        self._inbound = inbound
        self._parts = parts
        self._signer = signer
        self._kernel = KernelCollector(relay, consumer)
        self.callers = _callers(settings)
        own = [*parts.collectors, *([self.callers] if self.callers else [])]
        snapshots = parts.folding.states.snapshots if parts.folding is not None else None
        self._registry = new_registry([self._kernel, TURNED_AWAY, SnapshotCollector(snapshots), *own])
        self.started = False
        self.stopping = False
        self.app = self._build()

    async def run(self) -> None:
        """Until cancelled: keep the backlog numbers fresh."""
        while True:
            heed_cancellation()
            try:
                await self._measure()
            except Exception as error:
                if not is_operational(error):
                    raise
                logger.info("backlog_not_measured", error=type(error).__name__)
            await asyncio.sleep(BACKLOG_SECONDS)

    async def _measure(self) -> None:
        async with self._log.pool.acquire() as connection:
            heads = await read.heads(connection)
            published = await connection.fetch("select shard, position from relay")
            self._kernel.parked = await count_parked(connection)
        self._kernel.unpublished = {row["shard"]: heads[row["shard"]] - row["position"] for row in published}
        if self._inbound is not None:
            self._kernel.lag = self._inbound.lag()
            self._kernel.held = len(self._inbound.held)

    def _held(self) -> dict[tuple[str, int], str]:
        return {} if self._inbound is None else self._inbound.held

    def not_ready(self) -> list[str]:
        """Why the service should get no work now; empty when it is ready."""
        reasons = []
        if not self.started:
            reasons.append("starting")
        if self.stopping:
            reasons.append("stopping")
        if self._relay.failing:
            reasons.append(f"relay: {self._relay.failing}")
        if self._inbound is not None:
            if self._inbound.failing:
                reasons.append(f"consumer: {self._inbound.failing}")
            if not self._inbound.joined:
                reasons.append("consumer: has no partitions yet")
            reasons += self._inbound.newer
        reasons += [f"{pump.name}: {pump.failing}" for pump in self._parts.pumps if pump.failing]
        return reasons

    def _build(self) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield

        app = FastAPI(
            title=f"Huiji {self._name}", version="1", lifespan=lifespan, docs_url=None, redoc_url=None,
            telemetry={"tracing": False},
        )  # fmt: skip
        install_problems(app)
        app.add_middleware(BoundedBodies, limit_bytes=self._settings.largest_body_bytes)
        self._add_health(app)
        staff = staff_of(self._settings.staff_file)
        app.state.inside = Inside(self.callers, staff, self._log.clock)
        app.include_router(roots_router(self._log, self._signer, [OPERATOR], OPEN))
        app.include_router(log_router(self._log), dependencies=[INSIDE])
        app.include_router(relay_router(self._log, self._relay), dependencies=[OPERATOR])
        desk = operator_desk(staff)
        app.include_router(amendments_router(self._log, desk), dependencies=[STAFF])
        if self._parts.folding is not None:
            app.include_router(history_router(self._log, self._parts.folding, desk), dependencies=[STAFF])
        if self._consumer is not None:
            app.include_router(parked_router(self._log, self._consumer, desk), dependencies=[STAFF])
            app.include_router(breaker_router(self._consumer, desk), dependencies=[STAFF])
        for router in self._parts.routers:
            app.include_router(router)
        return app

    def _add_health(self, app: FastAPI) -> None:
        @app.get("/health/live", tags=["health"], openapi_extra=OPEN)
        async def live() -> dict[str, str]:
            """The process runs."""
            return {"status": "live"}

        @app.get("/health/ready", tags=["health"], openapi_extra=OPEN)
        async def ready() -> JSONResponse:
            """The service can take work; 503 with the reasons when it can not."""
            reasons = self.not_ready()
            body = {
                "status": "ready" if not reasons else "not ready",
                "reasons": reasons,
                # Not a reason to take the service out of traffic: then its own log would be cut off from others, too.
                "held": [f"{source}/{shard}: {why}" for (source, shard), why in self._held().items()],
            }
            return JSONResponse(body, status_code=200 if not reasons else 503)

        @app.get("/metrics", tags=["health"], openapi_extra=OPEN)
        async def metrics() -> Response:
            """Prometheus text."""
            return Response(
                generate_latest(self._registry), media_type="text/plain; version=0.0.4; charset=utf-8"
            )

        @app.get("/asyncapi.json", tags=["contracts"], openapi_extra=OPEN)
        async def asyncapi() -> JSONResponse:
            """The AsyncAPI 3 document of what this service publishes and consumes."""
            return JSONResponse(asyncapi_document(self._name, self._parts.subscriptions))

        @app.get("/asyncapi", tags=["contracts"], openapi_extra=OPEN)
        async def page() -> HTMLResponse:
            """The same as a page."""
            return HTMLResponse(asyncapi_page(self._name, self._parts.subscriptions))


def _callers(settings: ServiceSettings) -> WatchedFile[Holders] | None:
    """The services and desks, when the deployment names them."""
    file = settings.service_callers_file
    if file is None:
        logger.warning("whoever_calls_is_not_proven", why="HUIJI_SERVICE_CALLERS_FILE is not set")
        return None
    return WatchedFile(file, read_inside_callers, CallersUnusable, "service_callers")
