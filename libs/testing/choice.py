"""Try ways to get a server in order of preference; the first that works is used."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Server = TypeVar("Server")


class WayUnavailable(Exception):
    """This way to get a server does not work on this machine; the message says why."""


class NoWayAvailable(Exception):
    """None of the allowed ways works; the message says why each did not."""


def first_available(
    ways: Mapping[str, Callable[[], Server]], wanted: str | None
) -> tuple[Server, Sequence[str]]:
    """The server of the first way that works (or of `wanted` alone, when it names one), and why others did not.

    Raises `NoWayAvailable`.
    """
    if wanted is not None and wanted not in ways:
        raise NoWayAvailable(f"{wanted!r} is not one of {', '.join(ways)}")
    reasons: list[str] = []
    for name, start in ways.items():
        if wanted in (None, name):
            try:
                return start(), reasons
            except WayUnavailable as why:
                reasons.append(f"{name}: {why}")
    raise NoWayAvailable("; ".join(reasons))


def with_reasons(description: str, reasons: Sequence[str]) -> str:
    """One line for people: what is used, and why nothing better."""
    return f"{description} [{'; '.join(reasons)}]" if reasons else description
