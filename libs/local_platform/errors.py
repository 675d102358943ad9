"""What can go wrong while the local platform starts, runs or stops."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar


class LocalPlatformError(Exception):
    """Something of the local platform failed; `code` is stable and for machines."""

    code: ClassVar[str] = "local_platform"


class PartDidNotStart(LocalPlatformError):
    """A part ended or stayed unready while it was being started."""

    code = "part_did_not_start"

    def __init__(self, name: str, why: str, log: Path, last_lines: Sequence[str]) -> None:
        self.name, self.why, self.log = name, why, log
        super().__init__(_sentence(f"{name} did not start: {why}.", log, last_lines))


class PartStopped(LocalPlatformError):
    """A part that ran ended by itself."""

    code = "part_stopped"

    def __init__(self, name: str, status: int, log: Path, last_lines: Sequence[str]) -> None:
        self.name, self.status, self.log = name, status, log
        super().__init__(_sentence(f"{name} stopped by itself ({describe_status(status)}).", log, last_lines))


class AlreadyRunning(LocalPlatformError):
    """Another process runs the platform in the same directory."""

    code = "already_running"

    def __init__(self, directory: Path, pid: int | None) -> None:
        self.directory, self.pid = directory, pid
        who = "another process" if pid is None else f"process {pid}"
        super().__init__(f"{who} already runs the platform of {directory}; `make down` stops it.")


class PlaceNotPrivate(LocalPlatformError):
    """A directory that must be ours alone is somebody else's or can be written by others."""

    code = "place_not_private"

    def __init__(self, place: Path) -> None:
        self.place = place
        super().__init__(
            f"{place} exists but is not a directory that only this user can write; remove or rename it."
        )


class KafkaJarsUnavailable(LocalPlatformError):
    """Apache Kafka's jars cannot be had here."""

    code = "kafka_jars_unavailable"

    def __init__(self, why: str, log: Path | None = None) -> None:
        self.why, self.log = why, log
        super().__init__(
            f"Apache Kafka from Maven is not available: {why}." + (f" Log: {log}" if log else "")
        )


class TopicsNotCreated(LocalPlatformError):
    """The broker refused to create topics."""

    code = "topics_not_created"

    def __init__(self, bootstrap: str, refused: Sequence[str]) -> None:
        self.bootstrap = bootstrap
        super().__init__(f"the broker at {bootstrap} did not create topics: {'; '.join(refused)}")


def describe_status(status: int) -> str:
    """`subprocess` return code in words; negative numbers are signals."""
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


def _sentence(what: str, log: Path, last_lines: Sequence[str]) -> str:
    tail = "".join(f"\n    {line}" for line in last_lines) or "\n    (the log is empty)"
    return f"{what} Its log: {log}, ending with{tail}"
