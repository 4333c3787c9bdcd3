"""Traces by OTLP over HTTP, with the OpenTelemetry SDK; imported only where an endpoint is set.

A function may be frozen as soon as it has answered, so nothing is left to a thread in the background: the spans of an
invocation are sent at its end.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Thread
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chalicelib.telemetry.logs import LOGGER
from chalicelib.telemetry.tracing import Attributes, Kind
from chalicelib.telemetry.tracing import Span as PrismSpan

SERVICE: Final = "prism"
PATIENCE_SECONDS: Final = 1.0
"""The longest that an invocation waits for the collector."""
REST_SECONDS: Final = 30.0
"""How long a collector that failed is left alone; spans of that time are lost."""
MOST_SPANS: Final = 1_000
"""Of one invocation; those that end later are not sent."""

KINDS: Final[Mapping[Kind, SpanKind]] = {
    "request": SpanKind.SERVER,
    "event": SpanKind.CONSUMER,
    "stage": SpanKind.INTERNAL,
    "storage": SpanKind.CLIENT,
}

_LOG: Final = logging.getLogger(f"{LOGGER}.traces")
_EXPORTERS_LOG: Final = logging.getLogger("opentelemetry.exporter")
_ENDED: Final[ContextVar[list[ReadableSpan] | None]] = ContextVar("ended", default=None)


class OtlpTracing:
    """Sends spans to the collector at an endpoint, such as `http://localhost:4318`.

    Of its own the service is called `prism`; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say otherwise.
    """

    def __init__(self, endpoint: str, deployment: str | None = None) -> None:
        own = {"service.name": SERVICE, **({"deployment.environment.name": deployment} if deployment else {})}
        provider = TracerProvider(
            resource=Resource(own).merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        provider.add_span_processor(_Gathering())
        # The exporter tells every attempt in lines of its own form; the outbox says once that spans are lost.
        _EXPORTERS_LOG.setLevel(logging.CRITICAL)
        self._outbox = Outbox(
            OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=PATIENCE_SECONDS), endpoint
        )
        self._tracer = provider.get_tracer(SERVICE)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def invocation(self, name: str, kind: Kind, parent: Mapping[str, str]) -> Iterator[PrismSpan]:
        """Begin the span of a request or event, below its caller's; at its end all spans within are sent."""
        ended: list[ReadableSpan] = []
        token = _ENDED.set(ended)
        try:
            above = self._propagator.extract(parent)
            with self._begun(name, kind, above) as span:
                yield span
        finally:
            _ENDED.reset(token)
            self._outbox.send(ended)

    @contextmanager
    def span(self, name: str, kind: Kind, attributes: Attributes) -> Iterator[PrismSpan]:
        """Begin a span within the present one."""
        with self._begun(name, kind) as span:
            span.describe(attributes)
            yield span

    @contextmanager
    def _begun(self, name: str, kind: Kind, above: Context | None = None) -> Iterator[PrismSpan]:
        """Begin a span; of an exception that ends it only the type is told, as messages may hold secrets."""
        with self._tracer.start_as_current_span(
            name, above, KINDS[kind], record_exception=False, set_status_on_exception=False
        ) as inner:
            span = _Span(inner)
            try:
                yield span
            except BaseException as error:
                reason = type(error).__qualname__
                span.describe({"error.type": reason})
                # To a store a missing object is an answer like any other.
                if kind != "storage":
                    span.fail(reason)
                raise

    def trace_id(self) -> str | None:
        """Answer the id of the present trace in hex, if there is one."""
        context = trace.get_current_span().get_span_context()
        return trace.format_trace_id(context.trace_id) if context.is_valid else None

    def close(self) -> None:
        """Give up the connection to the collector."""
        self._outbox.close()


class Outbox:
    """Sends spans, and never keeps anybody waiting for longer than a second, whatever the network does."""

    def __init__(
        self,
        exporter: SpanExporter,
        endpoint: str,
        *,
        patience: float = PATIENCE_SECONDS,
        rest: float = REST_SECONDS,
    ) -> None:
        self._exporter = exporter
        self._endpoint = endpoint
        self._patience = patience
        self._rest = rest
        self._resting_until = 0.0

    def send(self, spans: list[ReadableSpan]) -> None:
        """Send spans, or lose them while the collector is left alone."""
        if not spans or time.monotonic() < self._resting_until:
            return
        # A thread, because neither the lookup of a name nor a trickling answer ends with the exporter's own timeout.
        sending = Thread(target=self._export, args=(spans,), daemon=True)
        sending.start()
        sending.join(self._patience)
        if sending.is_alive():
            self._leave_alone(f"did not answer within {self._patience:g} s")

    def close(self) -> None:
        """Give up the connection."""
        self._exporter.shutdown()

    def _export(self, spans: list[ReadableSpan]) -> None:
        try:
            sent = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001 - whatever a collector does, requests go on
            self._leave_alone(f"failed with {error}")
            return
        if sent is not SpanExportResult.SUCCESS:
            self._leave_alone("took none of them")

    def _leave_alone(self, reason: str) -> None:
        if time.monotonic() < self._resting_until:
            return  # the wait was given up before the attempt failed, and that was told
        self._resting_until = time.monotonic() + self._rest
        told = "spans are lost, and none are sent for %g s: the collector at %s %s"
        _LOG.warning(told, self._rest, self._endpoint, reason)


class _Span:
    """A span of the SDK."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def describe(self, attributes: Attributes) -> None:
        """Add what is known of it."""
        for name, value in attributes.items():
            if value is not None:
                self._span.set_attribute(name, value)

    def rename(self, name: str) -> None:
        """Give it another name."""
        self._span.update_name(name)

    def fail(self, reason: str) -> None:
        """Mark it as failed."""
        self._span.set_status(StatusCode.ERROR, reason)


class _Gathering(SpanProcessor):
    """Gathers the spans that end within an invocation."""

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span to be sent with the others."""
        ended = _ENDED.get()
        sampled = span.context is not None and span.context.trace_flags.sampled
        if ended is not None and sampled and len(ended) < MOST_SPANS:
            ended.append(span)
