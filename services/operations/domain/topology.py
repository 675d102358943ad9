"""The processes of the platform and what each is told. Services are configured by environment variables alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: The embedded broker works for every partition at every poll, and looks again only after half the longest wait: 8
#: shards polled each 20 ms cost it 115 % of a core while idle, 4 shards each 50 ms 24 %, each 100 ms 12 %, and the
#: services half as much again; at 100 ms an event waits some 20 ms. A city has hundreds of shards on Kafka, which
#: answers at once.
SHARDS = 4
FETCH_MAX_WAIT_MS: Mapping[str, int] = {"embedded": 100, "apache": 500}
#: The embedded broker forgets its topics with its process. To publish all of a million claims again takes 33 GB of its
#: memory, and new claims wait behind it: the last of them are more than a platform has under way when it stops.
REBUILT_TOPIC_EVENTS: Mapping[str, int | None] = {"embedded": 5_000, "apache": None}
DATABASE = "huiji"


@dataclass(frozen=True)
class Service:
    """A process of ours, run as `python -m <module>`. Its port is `preferred_port` unless that is taken."""

    name: str
    module: str
    preferred_port: int


SERVICES = (
    Service("intake", "services.intake", 8101),
    Service("enrolment", "services.enrolment", 8102),
    Service("medical_data", "services.medical_data", 8103),
    Service("fraud", "services.fraud", 8104),
    Service("adjudication", "services.adjudication", 8105),
    Service("payout", "services.payout", 8106),
    Service("charity", "services.charity", 8107),
    Service("projections", "services.projections", 8108),
)
#: Outside systems stand in as processes of their own; they get neither our database nor our broker.
BUREAU = Service("bureau_simulator", "services.bureau_simulator", 8109)
BANK_PREFERRED_PORT = 8110


@dataclass(frozen=True)
class Addresses:
    """Where everything answers in one run; `services` maps a name to its base URL.

    `root_keys`: the directory of the keys that services sign their roots with. `fetch_max_wait_ms`: how long this
    broker should hold a fetch that finds nothing. `rebuilt_topic_events`: how many of a shard's last events are
    published again when this broker has lost them (None: all). `hospital_callers_file`, `service_callers_file`: whom
    services let pass; None: they ask nobody.
    """

    database_url: str
    kafka: str
    services: Mapping[str, str]
    bureau_url: str
    bank_url: str
    master_key_file: Path
    staff_file: Path | None = None
    root_keys: Path | None = None
    hospital_callers_file: Path | None = None
    service_callers_file: Path | None = None
    fetch_max_wait_ms: int = FETCH_MAX_WAIT_MS["embedded"]
    rebuilt_topic_events: int | None = None


def root_key_file(directory: Path, service: str) -> Path:
    """Where a service's key for its roots is: each has one of its own."""
    return directory / f"{service}.pem"


def service_token_file(callers_file: Path, service: str) -> Path:
    """Where a service finds the token that it shows the others: each has one of its own, beside the callers' file."""
    return callers_file.with_name("service-tokens") / service


def service_environment(service: Service, port: int, addresses: Addresses) -> dict[str, str]:
    """Everything a service is told; it needs nothing else to run."""
    staff = {"HUIJI_STAFF_FILE": str(addresses.staff_file)} if addresses.staff_file else {}
    keys = addresses.root_keys
    signing = {"HUIJI_ROOT_KEY_FILE": str(root_key_file(keys, service.name))} if keys else {}
    last = addresses.rebuilt_topic_events
    rebuilding = {"HUIJI_REBUILT_TOPIC_EVENTS": str(last)} if last is not None else {}
    return {
        **rebuilding,
        **staff,
        **signing,
        **_proving(service, addresses),
        "HUIJI_SERVICE": service.name,
        "HUIJI_DATABASE_URL": addresses.database_url,
        "HUIJI_KAFKA": addresses.kafka,
        "HUIJI_HTTP_PORT": str(port),
        "HUIJI_SHARDS": str(SHARDS),
        "HUIJI_SOURCES": json.dumps(dict(addresses.services), sort_keys=True),
        "HUIJI_MASTER_KEY_FILE": str(addresses.master_key_file),
        "HUIJI_BUREAU_URL": addresses.bureau_url,
        "HUIJI_BANK_URL": addresses.bank_url,
        "HUIJI_FETCH_MAX_WAIT_MS": str(addresses.fetch_max_wait_ms),
    }


def _proving(service: Service, addresses: Addresses) -> dict[str, str]:
    """Whom the service lets pass, and how it shows who it is."""
    told: dict[str, str] = {}
    if service.name == "intake" and addresses.hospital_callers_file is not None:
        told["HUIJI_HOSPITAL_CALLERS_FILE"] = str(addresses.hospital_callers_file)
    if (callers := addresses.service_callers_file) is not None:
        told["HUIJI_SERVICE_CALLERS_FILE"] = str(callers)
        told["HUIJI_SERVICE_TOKEN_FILE"] = str(service_token_file(callers, service.name))
    return told


def outside_environment(service: Service, port: int) -> dict[str, str]:
    """What a process that plays an outside system is told."""
    return {"HUIJI_SERVICE": service.name, "HUIJI_HTTP_PORT": str(port)}
