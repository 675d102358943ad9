"""A handler's span is continued by what it appends; a read model writes what is recorded, traced or not."""

from collections.abc import Sequence
from typing import cast

import pytest
from msgspec.structs import replace
from opentelemetry.sdk.trace import TracerProvider

from libs.eventlog import Recorded, UnitOfWork
from libs.runtime import tracing
from libs.testing.heard_events import a_claim_registered
from libs.testing.recorded import a_recorded

TRACE = "0af7651916cd43dd8448eb211c80319c"
RECORDED = f"00-{TRACE}-b7ad6b7169203331-01"
WORK = cast("UnitOfWork", None)


@pytest.fixture(autouse=True)
def spans(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = TracerProvider()
    monkeypatch.setattr("opentelemetry.trace.get_tracer", provider.get_tracer)


@pytest.mark.parametrize("appends", [True, False])
async def test_what_a_handler_sees_of_the_trace(appends: bool) -> None:
    seen: list[Recorded] = []

    async def handler(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        seen.extend(events)

    event = replace(a_recorded("intake", a_claim_registered()), traceparent=RECORDED)
    await tracing.traced(handler, "projections", appends=appends)(WORK, [event])

    (got,) = seen
    assert got.traceparent is not None
    assert got.traceparent.split("-")[1] == TRACE
    assert (got == event) is not appends
