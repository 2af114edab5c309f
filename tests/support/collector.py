"""A collector of traces on this machine: takes OTLP over HTTP and keeps what it is sent."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

_KINDS = Sent.SpanKind


@dataclass(frozen=True)
class Span:
    """One that was taken."""

    trace_id: str
    id: str
    parent: str
    name: str
    kind: str
    service: str
    attributes: dict[str, Any]
    links: tuple[tuple[str, str], ...]
    failed: bool
    start_ns: int
    end_ns: int


@dataclass
class Collector:
    """Serves from ``with`` on; ``answer`` gives the status of each request, after its pleasure."""

    answer: Callable[[], int] = lambda: 200
    port: int = 0
    reject: int = 0
    spans: list[Span] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.headers.append(dict(self.headers) | {"path": self.path})
                status = collector.answer()
                answer = ExportTraceServiceResponse()
                answer.partial_success.rejected_spans = collector.reject
                told = answer.SerializeToString() if status == 200 else b""
                if status == 200:
                    collector.take(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its address, as ``PALIKA_OTEL_ENDPOINT`` has it."""
        return f"http://127.0.0.1:{self.port}"

    def take(self, body: bytes) -> None:
        """Keep the spans of a request."""
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            of = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans.extend(_read(each, of["service.name"]) for each in scope.spans)

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of a trace, in the order of their beginnings."""
        found = [each for each in self.spans if each.trace_id == trace_id]
        return sorted(found, key=lambda each: each.start_ns)

    def named(self, name: str) -> list[Span]:
        """The spans of a name."""
        return [each for each in self.spans if each.name == name]


def _read(sent: Sent, service: str) -> Span:
    return Span(
        sent.trace_id.hex(),
        sent.span_id.hex(),
        sent.parent_span_id.hex(),
        sent.name,
        _KINDS.Name(sent.kind).removeprefix("SPAN_KIND_").lower(),
        service,
        {each.key: _value(each.value) for each in sent.attributes},
        tuple((each.trace_id.hex(), each.span_id.hex()) for each in sent.links),
        sent.status.code == sent.status.STATUS_CODE_ERROR,
        sent.start_time_unix_nano,
        sent.end_time_unix_nano,
    )


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))
