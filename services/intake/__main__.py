"""Run intake: `python -m services.intake`."""

import asyncio
from functools import partial
from pathlib import Path
from typing import cast

import httpx2
import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from libs.eventlog import States
from libs.eventlog.kafka import ensure_topics
from libs.privacy import read_master_key
from libs.privacy.hospital_key import hospital_key
from libs.runtime.batcher import Batcher
from libs.runtime.callers import CallersUnusable, Holders, read_hospital_callers
from libs.runtime.doors import HospitalDoor, LookingDoor
from libs.runtime.history import Folding
from libs.runtime.pump import Pump
from libs.runtime.service import Parts, Runtime, run_service, shown_by
from libs.runtime.staff import staff_of
from libs.runtime.watched_file import WatchedFile
from services.intake.adapters.adjudication_desk import AdjudicationDesk
from services.intake.adapters.hospital_bounds import read_bounds
from services.intake.adapters.rejection_topic import REJECTIONS_TOPIC, KafkaRejectionTopic
from services.intake.domain.admitting import Bounds
from services.intake.domain.filed_claim import evolve, initial
from services.intake.entrypoints.claims import claims_router
from services.intake.entrypoints.desk import Desk
from services.intake.entrypoints.fhir import fhir_router
from services.intake.entrypoints.in_hand import InHand
from services.intake.entrypoints.ingress import GROUP, INGRESS_TOPIC, Ingress
from services.intake.entrypoints.preauthorisations import preauthorisations_router
from services.intake.entrypoints.settlements import settlements_router
from services.intake.entrypoints.shown import InHandCollector, in_hand_router
from services.intake.settings import IntakeSettings
from services.intake.use_cases.estimate import Estimate
from services.intake.use_cases.expire_unknown import ExpireUnknown
from services.intake.use_cases.file_submissions import FileSubmissions, Item, Outcome
from services.intake.use_cases.hear_erasure import SUBSCRIPTIONS, hear_erasure
from services.intake.use_cases.preauthorise import Preauthorise
from services.intake.use_cases.preflight import Preflight
from services.intake.use_cases.prepare import Prepare
from services.intake.use_cases.tell_rejections import TellRejections

logger = structlog.get_logger(__name__)

TELL_SECONDS = 5.0
EXPIRE_SECONDS = 3_600.0
# The ingress step itself waits for records.
INGRESS_SECONDS = 0.001
# While one batch of a hospital's arrays commits, the next is read.
ARRAY_BATCHES = 2
LARGEST_FETCH_BYTES = 4 * 1024 * 1024


async def build(runtime: Runtime[IntakeSettings]) -> Parts:
    """Three ways in that share one filing, and what has to be told and destroyed afterwards."""
    settings = runtime.settings
    await ensure_topics(
        settings.kafka,
        {INGRESS_TOPIC: settings.shards, REJECTIONS_TOPIC: settings.shards},
        replication=settings.replication_factor,
    )
    rejection_topic = KafkaRejectionTopic(settings.kafka)
    await rejection_topic.start()
    runtime.resources.push_async_callback(rejection_topic.stop)
    rejections = Pump(
        "rejections",
        TellRejections(runtime.log, rejection_topic).step,
        interval_seconds=TELL_SECONDS,
        retryable=(KafkaError,),
    )
    filing = FileSubmissions(
        runtime.log,
        runtime.sealer,
        runtime.keys,
        runtime.pseudonymiser,
        settings.unknown_person_days,
        rejections.wake,
    )
    prepare = Prepare(runtime.pseudonymiser, runtime.log.clock)
    batcher: Batcher[Item, Outcome] = Batcher(filing.process, limit=settings.submissions_per_transaction)
    adjudication = await _adjudication(runtime)
    in_hand = InHand(_bounds(settings), settings.body_bytes_in_hand, batcher.pace)
    desk = Desk(
        prepare,
        Preflight(runtime.log),
        batcher,
        in_hand,
        Estimate(adjudication),
        asyncio.Semaphore(settings.trials_at_once),
    )
    callers = _callers(settings)
    door = HospitalDoor(callers, runtime.log.clock)
    looking = LookingDoor(door, staff_of(settings.staff_file))
    ingress = Ingress(
        partial(_new_consumer, settings),
        prepare,
        filing,
        partial(hospital_key, read_master_key(settings.master_key_file)),
        accepts_plain=settings.ingress_accepts_plain,
        records_at_once=settings.submissions_per_transaction,
    )
    runtime.resources.push_async_callback(ingress.stop)
    reading = Pump("ingress", ingress.step, interval_seconds=INGRESS_SECONDS, retryable=(KafkaError,))
    expire = Pump("expire", ExpireUnknown(runtime.log, runtime.keys).step, interval_seconds=EXPIRE_SECONDS)
    return Parts(
        subscriptions=SUBSCRIPTIONS,
        handler=hear_erasure(runtime.keys),
        unhurried=True,
        routers=[
            settlements_router(desk, settings, door),
            fhir_router(desk, runtime.log, door, looking),
            claims_router(runtime.log, adjudication, looking),
            in_hand_router(in_hand),
            preauthorisations_router(
                prepare, Preauthorise(adjudication) if adjudication else None, in_hand, door
            ),
        ],
        pumps=[rejections, reading, expire],
        batchers=[cast("Batcher[object, object]", batcher)],
        tasks=[callers.run] if callers else [],
        collectors=[InHandCollector(in_hand), *([callers] if callers else [])],
        folding=Folding(States("intake", initial, evolve), kinds=("claim-", "refusal-")),
    )


def _bounds(settings: IntakeSettings) -> Bounds:
    exceptions = {} if settings.hospital_bounds_file is None else read_bounds(settings.hospital_bounds_file)
    return Bounds(
        total=settings.waiting_submissions,
        per_hospital=settings.submissions_per_hospital,
        of_arrays=ARRAY_BATCHES * settings.submissions_per_transaction,
        exceptions=exceptions,
    )


def _callers(settings: IntakeSettings) -> WatchedFile[Holders] | None:
    """The hospitals' callers, when the deployment names them."""
    file = settings.hospital_callers_file
    if file is None:
        logger.warning("hospitals_are_not_proven", why="HUIJI_HOSPITAL_CALLERS_FILE is not set")
        return None
    return WatchedFile(file, read_hospital_callers, CallersUnusable, "hospital_callers")


async def _adjudication(runtime: Runtime[IntakeSettings]) -> AdjudicationDesk | None:
    """Adjudication is among the services whose addresses every service is told."""
    settings = runtime.settings
    url = settings.sources.get("adjudication")
    if url is None:
        return None
    limits = httpx2.Limits(max_connections=settings.estimates_in_flight)
    client = httpx2.AsyncClient(
        timeout=settings.estimate_seconds,
        limits=limits,
        trust_env=False,
        headers=shown_by(settings.service_token_file),
    )
    runtime.resources.push_async_callback(client.aclose)
    return AdjudicationDesk(url, client, settings.estimate_seconds)


def _new_consumer(settings: IntakeSettings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        INGRESS_TOPIC,
        bootstrap_servers=settings.kafka,
        group_id=GROUP,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.fetch_max_wait_ms,
        max_partition_fetch_bytes=LARGEST_FETCH_BYTES,
    )


if __name__ == "__main__":
    run_service("intake", IntakeSettings, build, [Path(__file__).parent / "migrations"])
