"""Start every part in order, give the running platform to the caller, stop every part in reverse."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from libs.local_platform import (
    Processes,
    ProcessSpec,
    RunLock,
    answers_http,
    choose_port,
    create_database_if_missing,
    private_directory,
    resolve_kafka_jars,
    start_apache_kafka,
    start_embedded_broker,
    start_embedded_postgres,
    start_mock_bank,
    stop_signals,
)
from libs.local_platform.ports import LOOPBACK
from libs.local_platform.processes import PartState
from libs.privacy import create_master_key
from services.operations.adapters.announcing import announced
from services.operations.adapters.demo_callers import callers_of_platform, services_of_platform
from services.operations.adapters.demo_staff import staff_of_platform
from services.operations.adapters.pool_account import open_pool_account
from services.operations.adapters.root_witness import ROOT_KEYS, keys_of_platform
from services.operations.domain.platform import Platform
from services.operations.domain.topology import (
    BANK_PREFERRED_PORT,
    BUREAU,
    DATABASE,
    FETCH_MAX_WAIT_MS,
    REBUILT_TOPIC_EVENTS,
    SERVICES,
    Addresses,
    Service,
    outside_environment,
    service_environment,
)

BrokerKind = Literal["embedded", "apache"]


@dataclass(frozen=True)
class PlatformPlan:
    """What to run and where: `directory` keeps data, logs and the lock; `checkout` is the root of the sources.

    `traces`: every service writes its spans to `run/traces/<service>.jsonl`. Without `usual_ports` the kernel chooses
    every port: a part that is started again finds its own still free, whatever else starts on the machine. `told`:
    what services are told beside their addresses, by the service's name and the database's URL: a drill puts itself
    between. `seed`: called with the database's URL before any service starts, to fill it. `sources`: where services
    start from when they are another release's than the checkout's. `open`: services ask nobody who they are.
    """

    directory: Path
    checkout: Path
    broker: BrokerKind = "embedded"
    services: Sequence[Service] = SERVICES
    bureau: Service = BUREAU
    traces: bool = False
    usual_ports: bool = True
    told: Callable[[str, str], Mapping[str, str]] = lambda _service, _database_url: {}
    seed: Callable[[str], None] = lambda _database_url: None
    sources: Path | None = None
    open: bool = False

    def preferred(self, port: int) -> int:
        """The port to ask for; 0 leaves it to the kernel."""
        return port if self.usual_ports else 0


@dataclass(frozen=True)
class RunningPlatform:
    """The platform and the processes behind it; `processes.check()` raises when a part has ended."""

    platform: Platform
    processes: Processes


@contextmanager
def run_platform(
    plan: PlatformPlan, on_change: Callable[[str, PartState], None]
) -> Iterator[RunningPlatform]:
    """Within: the platform runs. Signals raise `StopRequested`; whatever ends the block, every part is stopped.

    Raises `AlreadyRunning`, `PartDidNotStart`.
    """
    # Logs and the bank's books name people.
    logs = private_directory(plan.directory) / "run" / "logs"
    processes = Processes(logs, on_change)
    with RunLock(plan.directory / "run"), stop_signals(processes), processes:
        addresses = _start_foundations(plan, processes)
        plan.seed(addresses.database_url)
        ports = {
            service.name: choose_port(plan.preferred(service.preferred_port)) for service in plan.services
        }
        urls = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
        addresses = replace(addresses, services=urls)
        for service in plan.services:
            environment = service_environment(service, ports[service.name], addresses)
            if plan.traces:
                trace_file = plan.directory / "run" / "traces" / f"{service.name}.jsonl"
                environment["HUIJI_TRACE_FILE"] = str(trace_file)
            environment |= plan.told(service.name, addresses.database_url)
            processes.start(_spec(service, ports[service.name], environment, plan, "services"))
        processes.wait_ready()
        with announced(plan.directory / "run", addresses):
            yield RunningPlatform(Platform(addresses, logs), processes)


def _start_foundations(plan: PlatformPlan, processes: Processes) -> Addresses:
    """Database, broker and the outside systems; services come after them and stop before them."""
    postgres = start_embedded_postgres(processes, plan.directory / "postgres")
    database_url = asyncio.run(create_database_if_missing(postgres, DATABASE))
    kafka = _start_broker(plan, processes)
    bank = start_mock_bank(
        processes,
        plan.directory / "bank.sqlite",
        preferred_port=plan.preferred(BANK_PREFERRED_PORT),
    )
    open_pool_account(bank.url)
    port = choose_port(plan.preferred(plan.bureau.preferred_port))
    environment = outside_environment(plan.bureau, port)
    processes.start(_spec(plan.bureau, port, environment, plan, "outside"))
    master_key_file = plan.directory / "master.key"
    if not master_key_file.exists():
        create_master_key(master_key_file)
    names = [service.name for service in plan.services]
    return Addresses(
        database_url=database_url,
        kafka=kafka,
        services={},
        bureau_url=f"http://{LOOPBACK}:{port}",
        bank_url=bank.url,
        master_key_file=master_key_file,
        staff_file=staff_of_platform(plan.directory),
        hospital_callers_file=None if plan.open else callers_of_platform(plan.directory),
        service_callers_file=None if plan.open else services_of_platform(plan.directory, names),
        root_keys=keys_of_platform(plan.directory / ROOT_KEYS, names),
        fetch_max_wait_ms=FETCH_MAX_WAIT_MS[plan.broker],
        rebuilt_topic_events=REBUILT_TOPIC_EVENTS[plan.broker],
    )


def _start_broker(plan: PlatformPlan, processes: Processes) -> str:
    if plan.broker == "embedded":
        return start_embedded_broker(processes).bootstrap
    jars = resolve_kafka_jars(
        plan.checkout / "deploy" / "kafka-from-maven", plan.checkout / ".huiji" / "kafka"
    )
    return start_apache_kafka(processes, jars, plan.directory / "kafka", name="broker").bootstrap


def _spec(
    service: Service, port: int, environment: dict[str, str], plan: PlatformPlan, together: str
) -> ProcessSpec:
    return ProcessSpec(
        name=service.name,
        command=(sys.executable, "-m", service.module),
        environment={"PYTHONUNBUFFERED": "1", **environment},
        ready=answers_http(port),
        ready_within_seconds=120,
        # A service gives itself 10 s to finish its batches and 10 s to publish the rest.
        stop_within_seconds=25,
        directory=plan.sources or plan.checkout,
        together=together,
    )
