"""Containers for tests, only where a Docker engine answers."""

import os
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from libs.local_platform import choose_port
from libs.testing.choice import WayUnavailable

_ENGINE_SOCKET = Path("/var/run/docker.sock")
_ANSWER_TIMEOUT_SECONDS = 10
_READY_TIMEOUT_SECONDS = 120


def start_container(
    image: str,
    container_port: int,
    environment: Mapping[str, str],
    ready_log: str,
    cleanup: ExitStack,
    port: int = 0,
) -> int:
    """Run `image` until `cleanup` closes; answers the loopback port that leads to `container_port`.

    Ready means that `ready_log` (a regular expression) was written. Raises `WayUnavailable` when no engine answers or
    the image cannot be had.
    """
    _require_engine()
    from docker.errors import DockerException
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    port = port or choose_port()
    container = DockerContainer(image).with_bind_ports(container_port, port)
    for name, value in environment.items():
        container.with_env(name, value)
    try:
        container.start()
        cleanup.callback(container.stop)
        LogMessageWaitStrategy(ready_log).with_startup_timeout(_READY_TIMEOUT_SECONDS).wait_until_ready(
            container
        )
    except (DockerException, OSError, TimeoutError) as error:
        raise WayUnavailable(f"Docker image {image} does not start: {error}") from error
    return port


def _require_engine() -> None:
    # The client library leaks a socket when nothing is there, so look before asking it.
    if "DOCKER_HOST" not in os.environ and not _ENGINE_SOCKET.is_socket():
        raise WayUnavailable("no Docker engine here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import docker
        from docker.errors import DockerException

        try:
            docker.from_env(timeout=_ANSWER_TIMEOUT_SECONDS).ping()
        except DockerException as error:
            raise WayUnavailable(f"no Docker engine answers ({error})") from error
