"""One trace per claim across all services: the context travels in each event's `traceparent`.

Without a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`) and without a trace file no span is made; the context still
travels, so that logs of all services can be joined.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from libs.eventlog import Handler, Recorded, UnitOfWork

_PROPAGATOR = TraceContextTextMapPropagator()
_SAMPLED = 0x01


class FileSpanExporter(SpanExporter):
    """Appends each finished span as one JSON line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: a batch of spans is one write, so whoever reads meanwhile sees whole lines.
        self._file = path.open("ab", buffering=0)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._file.write("".join(span.to_json(indent=None) + "\n" for span in spans).encode())
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._file.close()


def configure_tracing(service: str, trace_file: Path | None, ratio_bp: int) -> TracerProvider:
    """A tracer provider that exports by OTLP when configured, to a file when asked, and else keeps nothing."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"huiji-{service}"}),
        sampler=ParentBasedTraceIdRatio(ratio_bp / 10_000 if exports(trace_file) else 0.0),
    )
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    if trace_file is not None:
        provider.add_span_processor(BatchSpanProcessor(FileSpanExporter(trace_file)))
    trace.set_tracer_provider(provider)
    return provider


def exports(trace_file: Path | None) -> bool:
    """True when spans go anywhere."""
    return trace_file is not None or bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))


def traceparent_of(span: Span) -> str | None:
    """The W3C `traceparent` that continues `span`; None when there is nothing to continue."""
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def traced(handler: Handler, service: str, *, appends: bool = True) -> Handler:
    """Wrap a consumer's handler: a span per sampled event, continued by the events that follow from it.

    A handler that appends nothing sees the events as they are recorded: what it writes follows from the logs alone.
    """
    tracer = trace.get_tracer("huiji")

    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        spans = [_start(tracer, service, event) if _sampled(event) else None for event in events]
        try:
            seen = [_continued(event, span) for event, span in zip(events, spans, strict=True)]
            await handler(work, seen if appends else events)
        except Exception as error:
            for span in spans:
                if span is not None:
                    span.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise
        finally:
            for span in spans:
                if span is not None:
                    span.end()

    return handle


def _sampled(event: Recorded) -> bool:
    # A bit, not a value: newer tracers also set the bit that says the trace id is random (W3C level 2).
    return event.traceparent is not None and int(event.traceparent[-2:], 16) & _SAMPLED != 0


def _start(tracer: trace.Tracer, service: str, event: Recorded) -> Span:
    return tracer.start_span(
        f"{service} {event.type}",
        context=_PROPAGATOR.extract({"traceparent": event.traceparent or ""}),
        kind=SpanKind.CONSUMER,
        attributes={
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.destination.name": f"huiji.{event.source}.events",
            "messaging.destination.partition.id": str(event.shard),
            "messaging.message.id": str(event.event_id),
            "huiji.position": event.position,
            "huiji.subject": event.subject,
        },
    )


def _continued(event: Recorded, span: Span | None) -> Recorded:
    return event if span is None else replace(event, traceparent=traceparent_of(span))
