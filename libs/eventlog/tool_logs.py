"""Logs of command line tools."""

import sys

import structlog


def log_beside_output() -> None:
    """What is logged goes to standard error from now on: a tool's standard output is its answer, often JSON.

    A service calls `libs.runtime.logs.configure_logs` instead.
    """
    # Its factory is asked at every line, so that a stream that was replaced since is not held on to.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
