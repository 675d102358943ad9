"""The same line of two services as in the kernel's integration tests; here it is broken on purpose."""

from tests.integration.eventlog.conftest import close_processes, line

__all__ = ["close_processes", "line"]
