"""Recording spans with OpenTelemetry's SDK and sending them to a collector: OTLP over HTTP.

Loaded by ``palika.tracing.begin`` and by nobody else. What is recorded waits in a queue; a thread
(in a service a green one) sends it by ``palika.outgoing``, the one way to ask others' servers.
Nobody waits for it: what does not fit the queue, or is not taken within its time, is dropped and
counted (``palika_trace_spans_total``), and a collector that is away is left alone for a while.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from google.protobuf.message import DecodeError
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from palika import metrics
from palika.config import Settings
from palika.outgoing import Answered, Outgoing
from palika.tracing import Attributes, Kind

_log = logging.getLogger(__name__)

QUEUE: Final = 4_096
"""Spans that may wait."""
_BATCH: Final = 256
"""Spans of one request: encoding them holds up what else a service does, for milliseconds."""
_EVERY_MS: Final = 1_000
_PATIENCE_S: Final = 5.0
_REST_S: Final = 5.0
"""So long a collector that has failed is left alone."""
_LAST_S: Final = 2.0
"""So long a process that ends waits for its last spans to be sent."""
_PATH: Final = "/v1/traces"

_KINDS: Final[dict[Kind, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


class _Live:
    """A span that is being recorded."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: Span) -> None:
        self._span = span
        context = span.get_span_context()
        flags = int(context.trace_flags)
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{flags:02x}"

    def note(self, attributes: Attributes) -> None:
        """Add attributes, or change them."""
        self._span.set_attributes(attributes)

    def fail(self, error_type: str) -> None:
        """Say that what is done has failed, and by which kind of error."""
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(Status(StatusCode.ERROR))

    def end(self, ended_ns: int | None = None) -> None:
        """It is over."""
        self._span.end(ended_ns)


class Recorder:
    """Records spans of sampled traces; whether one is, is not asked here."""

    def __init__(self, config: Settings, part: str) -> None:
        """Begin: a thread waits for spans.

        Args:
            config: of the process, with ``otel_endpoint``.
            part: of the service.
        """
        self.ratio = config.otel_ratio
        self._processor = _Queue(_Exporter(config.otel_endpoint, config.otel_header))
        # Not by the SDK's own settings, which it would take from the environment.
        provider = TracerProvider(
            sampler=ALWAYS_ON, resource=_resource(config.service, part), shutdown_on_exit=False
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("palika")

    def start(
        self,
        parent: str | None,
        name: str,
        kind: Kind,
        attributes: Attributes | None,
        links: Sequence[str],
        started_ns: int | None,
    ) -> _Live:
        """A new span under ``parent``, or the first of a trace."""
        # Never that of OpenTelemetry's own context: the trace is palika.tracing's to carry.
        context = Context()
        if parent is not None:
            context = set_span_in_context(NonRecordingSpan(_context_of(parent)), context)
        return _Live(
            self._tracer.start_span(
                name,
                context,
                _KINDS[kind],
                attributes,
                [Link(_context_of(each)) for each in links],
                started_ns,
                record_exception=False,
                set_status_on_exception=False,
            )
        )

    def end(self) -> None:
        """Send what there is, within two seconds; what comes then is dropped."""
        ending = threading.Thread(target=self._processor.shutdown, daemon=True)
        ending.start()
        ending.join(_LAST_S)
        if ending.is_alive():
            _log.warning("the last spans have not been taken in %g s: dropped", _LAST_S)


class _Queue(BatchSpanProcessor):
    """The SDK's, which keeps what waits when it is full, and counts what it cannot take."""

    def __init__(self, exporter: "_Exporter") -> None:
        self._waiting = 0
        self._counting = threading.Lock()
        exporter.taken = self._taken
        super().__init__(
            exporter,
            max_queue_size=QUEUE,
            schedule_delay_millis=_EVERY_MS,
            max_export_batch_size=_BATCH,
        )

    def on_end(self, span: ReadableSpan) -> None:
        """Let it wait, or drop it."""
        with self._counting:
            full = self._waiting >= QUEUE
            if not full:
                self._waiting += 1
        if full:
            metrics.TRACE_SPANS.labels(outcome="dropped").inc()
        else:
            super().on_end(span)

    def _taken(self, count: int) -> None:
        with self._counting:
            self._waiting -= count


class _Exporter(SpanExporter):
    """Sends spans; tries nothing twice."""

    def __init__(self, endpoint: str, header: str) -> None:
        self.taken: Callable[[int], None]
        self._outgoing = Outgoing()
        self._endpoint = endpoint.rstrip("/")
        self._headers = {"Content-Type": "application/x-protobuf"}
        name, _, value = header.partition(":")
        if name:
            self._headers[name] = value.strip()
        self._rests_until = 0.0
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them, or drop them: within five seconds, and at once while the collector rests."""
        self.taken(len(spans))
        dropped = len(spans)
        if time.monotonic() >= self._rests_until:
            dropped = self._send(spans)
        metrics.TRACE_SPANS.labels(outcome="sent").inc(len(spans) - dropped)
        metrics.TRACE_SPANS.labels(outcome="dropped").inc(dropped)
        return SpanExportResult.FAILURE if dropped else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Let go of the connection."""
        self._outgoing.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept here."""
        return True

    def _send(self, spans: Sequence[ReadableSpan]) -> int:
        """How many of them have not been taken."""
        outcome = self._outgoing.ask(
            "POST",
            f"{self._endpoint}{_PATH}",
            headers=self._headers,
            body=encode_spans(spans).SerializeToString(),
            timeout_s=_PATIENCE_S,
        )
        if isinstance(outcome, Answered) and outcome.status == 200:
            if self._failing:
                _log.info("%s takes spans again", self._endpoint)
            self._failing = False
            return min(_rejected(outcome.body), len(spans))
        reason = f"status {outcome.status}" if isinstance(outcome, Answered) else outcome.reason
        if not self._failing:
            _log.warning("%s takes no spans (%s): they are dropped", self._endpoint, reason)
        self._failing = True
        self._rests_until = time.monotonic() + _REST_S
        return len(spans)


def _rejected(body: bytes) -> int:
    """Of a request that was taken the spans that were not."""
    try:
        return ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans
    except DecodeError:
        # It answers 200 in another form: it has what it wanted.
        return 0


def _resource(service: str | None, part: str) -> Resource:
    try:
        release = version("palika")
    except PackageNotFoundError:
        release = "unknown"
    name = service or "palika"
    return Resource(
        {
            "service.namespace": "palika",
            "service.name": name if part in ("service", "web") else f"{name}-{part}",
            "service.version": release,
            "service.instance.id": f"{os.uname().nodename}:{os.getpid()}",
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": version("opentelemetry-sdk"),
        }
    )


def _context_of(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
