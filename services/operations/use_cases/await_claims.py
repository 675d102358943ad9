"""Wait until every claim has reached a state in which nothing more happens by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any

from services.operations.domain.errors import OperationsError

UNDER_WAY = frozenset({"registered", "decided", "paying"})
POLL_SECONDS = 0.25
REST_PER_ANSWER = 20
"""Counting long histories takes its time: asking takes at most a twentieth of the projections' and the database's."""


class ClaimsStuck(OperationsError):
    """Claims that should have come to rest did not move any more."""

    code = "claims_stuck"

    def __init__(self, expected: int, by_status: Mapping[str, int], seconds: float) -> None:
        shown = ", ".join(f"{count} {status}" for status, count in sorted(by_status.items())) or "none"
        super().__init__(f"nothing moved for {seconds:.0f} s; expected {expected} claims, there are {shown}")


async def await_claims(
    summary: Callable[[], Awaitable[dict[str, Any]]],
    expected: int,
    show: Callable[[dict[str, Any]], None] = lambda _: None,
    *,
    patience_seconds: float = 60.0,
) -> dict[str, Any]:
    """The summary once `expected` claims are there and none is under way.

    Raises ClaimsStuck when the counts have not changed for `patience_seconds`.
    """
    last: Mapping[str, int] = {}
    moved_at = monotonic()
    while True:
        asked_at = monotonic()
        now = await summary()
        rest = max(POLL_SECONDS, REST_PER_ANSWER * (monotonic() - asked_at))
        show(now)
        by_status: Mapping[str, int] = now["by_status"]
        if now["claims"] >= expected and not UNDER_WAY & by_status.keys():
            return now
        if by_status != last:
            last, moved_at = by_status, monotonic()
        elif monotonic() - moved_at > patience_seconds:
            raise ClaimsStuck(expected, by_status, patience_seconds)
        await asyncio.sleep(rest)
