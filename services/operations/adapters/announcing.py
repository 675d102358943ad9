"""Where a running platform answers, written down for the commands that use it: one file, gone when it stops."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from services.operations.adapters.replacing import replace_file
from services.operations.domain.topology import Addresses

FILE = "platform.json"


class NoPlatform(Exception):
    """No running platform is known."""

    code = "no_platform"


class NoSuchService(NoPlatform):
    """The platform has no service of this name; whoever asks has mistyped it."""

    code = "no_such_service"

    def __init__(self, service: str, known: Iterable[str]) -> None:
        super().__init__(f"the platform has no service {service!r}; it has {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class RunningAt:
    """Base URLs by service, in the order of the topology; of the rest what is at hand."""

    services: Mapping[str, str]
    bureau_url: str | None
    bank_url: str | None
    master_key_file: Path | None
    database_url: str | None = None
    kafka: str | None = None
    staff_file: Path | None = None
    root_keys: Path | None = None
    hospital_callers_file: Path | None = None
    service_callers_file: Path | None = None

    def url(self, service: str) -> str:
        """Base URL of a service without a slash at its end. Raises NoSuchService."""
        if service not in self.services:
            raise NoSuchService(service, self.services)
        return self.services[service].rstrip("/")

    def database(self) -> str:
        """URL of the database, for tools that read tables. Raises NoPlatform when the file does not say it."""
        if self.database_url is None:
            raise NoPlatform("it is not known where the database is: set $HUIJI_DATABASE_URL")
        return self.database_url


@contextmanager
def announced(directory: Path, addresses: Addresses) -> Iterator[None]:
    """Within: `directory` says where the platform answers."""
    path = directory / FILE
    document = {
        "services": dict(addresses.services),
        "bureau_url": addresses.bureau_url,
        "bank_url": addresses.bank_url,
        "kafka": addresses.kafka,
        # A socket in a directory of its owner's alone: no password is in it.
        "database_url": addresses.database_url,
        "master_key_file": str(addresses.master_key_file),
        "staff_file": str(addresses.staff_file) if addresses.staff_file else None,
        "root_keys": str(addresses.root_keys) if addresses.root_keys else None,
        "hospital_callers_file": str(addresses.hospital_callers_file)
        if addresses.hospital_callers_file
        else None,
        "service_callers_file": str(addresses.service_callers_file)
        if addresses.service_callers_file
        else None,
    }
    replace_file(path, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    path.chmod(0o600)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def read_announcement(path: Path) -> RunningAt:
    """What a file says about where a platform answers; only `services` is needed. Raises NoPlatform."""
    try:
        document = orjson.loads(path.read_bytes())
        key_file = document.get("master_key_file")
        staff_file = document.get("staff_file") or os.environ.get("HUIJI_STAFF_FILE")
        return RunningAt(
            services={str(name): str(url) for name, url in document["services"].items()},
            bureau_url=document.get("bureau_url"),
            bank_url=document.get("bank_url"),
            master_key_file=Path(key_file) if key_file else None,
            database_url=document.get("database_url") or os.environ.get("HUIJI_DATABASE_URL"),
            kafka=document.get("kafka"),
            staff_file=Path(staff_file) if staff_file else None,
            root_keys=Path(document["root_keys"]) if document.get("root_keys") else None,
            hospital_callers_file=Path(callers)
            if (callers := document.get("hospital_callers_file"))
            else None,
            service_callers_file=Path(callers) if (callers := document.get("service_callers_file")) else None,
        )
    except OSError as error:
        raise NoPlatform(f"{path}: {error.strerror}") from error
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise NoPlatform(f"{path} does not say where a platform's services answer") from error
