"""A service as a process: its log, relay, consumer, pumps and HTTP, started in order and stopped gracefully."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import asyncpg
import httpx2
import structlog
import uvicorn
import uvloop
from fastapi import APIRouter
from prometheus_client.registry import Collector

from libs.eventlog import Consumer, EventLog, Handler, Relay
from libs.eventlog.database import open_pool
from libs.eventlog.errors import RootsRewritten
from libs.eventlog.kafka import KafkaTopic, ensure_topics, topic_of
from libs.eventlog.publishing import close_days
from libs.eventlog.root_signing import RootSigner, open_signer
from libs.eventlog.serve import HttpSource
from libs.privacy import KeyStore, Pseudonymiser, Sealer, install_key_store, open_key_pool, read_master_key
from libs.runtime.batcher import Batcher
from libs.runtime.clock import clock_with, new_id
from libs.runtime.collector import tune_collector
from libs.runtime.consuming import Inbound
from libs.runtime.history import Folding
from libs.runtime.http import ServiceHttp
from libs.runtime.logs import configure_logs
from libs.runtime.pump import Pump
from libs.runtime.reaching import reach
from libs.runtime.settings import ServiceSettings
from libs.runtime.tracing import configure_tracing, exports, traced

logger = structlog.get_logger(__name__)

Settings = TypeVar("Settings", bound=ServiceSettings)

#: A day is closed within a minute of its end; looking costs one query by index.
ROOTS_INTERVAL_SECONDS = 60.0
#: A round of the relay costs the same for one event as for dozens; an event after a round waits so long at most.
RELAY_REST_SECONDS = 0.02


@dataclass(frozen=True)
class Runtime(Generic[Settings]):
    """What a service is given to build itself from."""

    settings: Settings
    log: EventLog
    keys: KeyStore
    sealer: Sealer
    pseudonymiser: Pseudonymiser
    http: httpx2.AsyncClient
    resources: AsyncExitStack


@dataclass(frozen=True)
class Parts:
    """What a service is made of beside the kernel.

    `subscriptions`: the event types it handles, by source. `appends`: its handler records events, else tables alone.
    `unhurried`: no payment waits for what it hears.
    `on_reset`: forget cached states. `folding`: how its streams are folded, for who looks at them as they were.
    `collectors`: metrics of its own.
    """

    subscriptions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    handler: Handler | None = None
    appends: bool = True
    unhurried: bool = False
    routers: Sequence[APIRouter] = ()
    pumps: Sequence[Pump] = ()
    batchers: Sequence[Batcher[object, object]] = ()
    tasks: Sequence[Callable[[], Awaitable[None]]] = ()
    collectors: Sequence[Collector] = ()
    on_reset: Callable[[], None] = lambda: None
    folding: Folding[Any] | None = None


Build = Callable[[Runtime[Settings]], Awaitable[Parts]]


def run_service(
    name: str, settings_type: type[Settings], build: Build[Settings], migrations: Sequence[Path] = ()
) -> None:
    """Run a service until SIGTERM or SIGINT. The process exits non-zero when a part of it fails."""
    settings = settings_type()
    configure_logs(name, settings.log_level)
    provider = configure_tracing(name, settings.trace_file, settings.trace_ratio_bp)
    try:
        uvloop.run(_run(name, settings, build, migrations))
    except Exception as error:
        # The interpreter would print it past the redactor, with whatever values its message quotes.
        logger.critical("service_failed", error=type(error).__name__, exc_info=error)
        raise SystemExit(1) from None
    finally:
        provider.shutdown()


async def _run(name: str, settings: Settings, build: Build[Settings], migrations: Sequence[Path]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as resources:
        runtime = await _open(name, settings, migrations, resources)
        built = await build(runtime)
        signer = open_signer(settings.root_key_file) if settings.root_key_file else None
        parts = replace(built, pumps=[*built.pumps, _roots_pump(runtime.log, signer)])
        topic = KafkaTopic(
            settings.kafka,
            name,
            settings.shards,
            replication=settings.replication_factor,
            compression=settings.topic_compression,
        )
        resources.push_async_callback(topic.stop)
        if not await reach(topic, stop):
            return
        relay = Relay(
            runtime.log,
            topic,
            window=settings.relay_window,
            rest_seconds=RELAY_REST_SECONDS,
            rebuilt_events=settings.rebuilt_topic_events,
        )
        consumer, inbound = await _consuming(name, runtime, parts)
        http = ServiceHttp(name, settings, runtime.log, relay, consumer, inbound, parts, signer)
        tune_collector()
        await _serve(http, relay, inbound, parts, settings, stop)
        await _publish_rest(relay, settings.stop_seconds)
    logger.info("stopped")


def _roots_pump(log: EventLog, signer: RootSigner | None) -> Pump:
    """Publishes the roots of the days that are over; a rewritten past stops that, and `/health/ready` says so."""

    async def step() -> int:
        return len(await close_days(log, signer=signer))

    return Pump("roots", step, interval_seconds=ROOTS_INTERVAL_SECONDS, retryable=(RootsRewritten,))


async def _open(
    name: str, settings: Settings, migrations: Sequence[Path], resources: AsyncExitStack
) -> Runtime[Settings]:
    master = read_master_key(settings.master_key_file)
    pool = await open_pool(settings.database_url, name, size=settings.database_connections)
    resources.push_async_callback(pool.close)
    # A pool of its own: a transaction that needs a key must not wait for a connection that it holds itself.
    key_pool = await open_key_pool(settings.database_url)
    resources.push_async_callback(key_pool.close)
    connection = await asyncpg.connect(settings.database_url)
    try:
        await install_key_store(connection)
    finally:
        await connection.close()
    keys = KeyStore(key_pool, master)
    log = EventLog(pool, name, settings.shards, clock_with(settings.clock_offset_seconds), new_id)
    await log.prepare(migrations)
    client = await resources.enter_async_context(
        # A proxy of the environment must not see our token.
        httpx2.AsyncClient(timeout=10, trust_env=False, headers=shown_by(settings.service_token_file))
    )
    return Runtime(
        settings, log, keys, Sealer(keys), Pseudonymiser(master.pseudonym_secret()), client, resources
    )


async def _consuming(
    name: str, runtime: Runtime[Settings], parts: Parts
) -> tuple[Consumer | None, Inbound | None]:
    if parts.handler is None:
        return None, None
    settings = runtime.settings
    sources = {
        source: HttpSource(source, settings.sources[source], runtime.http) for source in parts.subscriptions
    }
    handler = parts.handler
    if exports(settings.trace_file):
        handler = traced(handler, name, appends=parts.appends)
    consumer = Consumer(
        runtime.log,
        dict(sources),
        handler,
        frozenset().union(*parts.subscriptions.values()),
        batch_size=settings.batch_size,
        on_reset=parts.on_reset,
    )
    await consumer.prepare()
    topics = {topic_of(source): settings.shards for source in sources}
    await ensure_topics(settings.kafka, topics, replication=settings.replication_factor)
    return consumer, Inbound(settings, name, sources, consumer, unhurried=parts.unhurried)


async def _serve(
    http: ServiceHttp,
    relay: Relay,
    inbound: Inbound | None,
    parts: Parts,
    settings: Settings,
    stop: asyncio.Event,
) -> None:
    """Run all parts until `stop`; the first part that fails stops the others and is raised."""
    server = _Server(
        uvicorn.Config(
            http.app, host=settings.http_host, port=settings.http_port, log_config=None, access_log=False,
            timeout_graceful_shutdown=int(settings.stop_seconds),
        )
    )  # fmt: skip
    if inbound is not None:
        await inbound.start()
    works: list[Awaitable[None]] = [relay.run(), http.run(), *(pump.run() for pump in parts.pumps)]
    works += [batcher.run() for batcher in parts.batchers] + [task() for task in parts.tasks]
    if inbound is not None:
        works.append(inbound.tails.check_forever())
    if http.callers is not None:
        works.append(http.callers.run())
    tasks = [asyncio.ensure_future(work) for work in works]
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(stop.wait())
    http.started = True
    logger.info("started", port=settings.http_port)
    done, _ = await asyncio.wait([*tasks, serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    http.stopping = True
    server.should_exit = True
    await serving
    if inbound is not None:
        await inbound.stop()
    for task in [*tasks, stopping]:
        task.cancel()
    await asyncio.gather(*tasks, stopping, return_exceptions=True)
    for task in done - {stopping}:
        task.result()
        if not stop.is_set():
            raise RuntimeError("a part of the service ended by itself")


async def _publish_rest(relay: Relay, seconds: float) -> None:
    """Publish what the last batches appended; what time does not allow, the next start publishes."""
    try:
        async with asyncio.timeout(seconds):
            while await relay.publish_once():
                pass
    except Exception as error:  # noqa: BLE001 - stopping: nothing is lost, the log has it
        logger.warning("not_all_published", error=type(error).__name__)


def shown_by(file: Path | None) -> dict[str, str]:
    """The headers by which a service shows the others who it is; none where it was given no token's file."""
    return {} if file is None else {"Authorization": f"Bearer {file.read_text().strip()}"}


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the service stops its parts in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Left to the service."""
        yield
