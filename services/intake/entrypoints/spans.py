"""The first span of a claim: what follows in all services hangs on it, by the `traceparent` of its event."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from libs.runtime.tracing import traceparent_of

_PROPAGATOR = TraceContextTextMapPropagator()


@contextmanager
def arrival(name: str, kind: SpanKind, caller: str | None) -> Iterator[tuple[Span, str | None]]:
    """A span for one submission and its `traceparent`, under the caller's `traceparent` when that is valid."""
    context = Context() if caller is None else _PROPAGATOR.extract({"traceparent": caller}, Context())
    with _ended(_tracer().start_span(name, context=context, kind=kind)) as span:
        yield span, traceparent_of(span)


@contextmanager
def arrival_of_many(name: str, caller: str | None) -> Iterator[tuple[Span, str | None]]:
    """As `arrival` for one item of an array: a trace of its own, linked to the caller's, so that claims stay apart."""
    context = Context() if caller is None else _PROPAGATOR.extract({"traceparent": caller}, Context())
    linked = trace.get_current_span(context).get_span_context()
    links = [Link(linked)] if linked.is_valid else None
    with _ended(_tracer().start_span(name, context=Context(), kind=SpanKind.SERVER, links=links)) as span:
        yield span, traceparent_of(span)


@contextmanager
def _ended(span: Span) -> Iterator[Span]:
    try:
        yield span
    except BaseException as error:
        # The class alone: a message could quote the submission.
        span.set_status(StatusCode.ERROR, type(error).__name__)
        raise
    finally:
        span.end()


@cache
def _tracer() -> trace.Tracer:
    # OpenTelemetry makes a new one at every question: a twentieth of what intake did for a claim.
    return trace.get_tracer("huiji")
