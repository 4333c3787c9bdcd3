"""One request or event, from its first line to its metrics and spans."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from chalicelib.telemetry.context import bind, fields, note
from chalicelib.telemetry.metrics import Metrics
from chalicelib.telemetry.outlet import outlet
from chalicelib.telemetry.tracing import Attributes, Kind, Span, no_tracing

_METRICS: Final[ContextVar[Metrics | None]] = ContextVar("metrics", default=None)
_NO_HEADERS: Final[Mapping[str, str]] = {}


class Invocation:
    """What is learnt of an invocation while it runs."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        """Name the invocation after what is known only now, such as a request's route."""
        self._span.rename(name)

    def describe(self, attributes: Attributes) -> None:
        """Add facts to its span, by the names that OpenTelemetry has for them."""
        self._span.describe(attributes)

    def fail(self, reason: str) -> None:
        """Mark its span as failed."""
        self._span.fail(reason)


@contextmanager
def invocation(
    name: str, *, kind: Kind = "event", headers: Mapping[str, str] = _NO_HEADERS, **facts: object
) -> Iterator[Invocation]:
    """Wrap one request or event: its facts are in every line within, and its metrics and spans leave at its end.

    `headers` (names in lower case) may hold the W3C trace context of the caller.
    """
    current = outlet()
    metrics = Metrics() if current.metrics else None
    token = _METRICS.set(metrics)
    try:
        with bind(**facts), current.tracing.invocation(name, kind, headers) as span:
            note(traceId=current.tracing.trace_id())
            try:
                yield Invocation(span)
            finally:
                if current.tracing is not no_tracing:
                    span.describe({f"prism.{field}": str(fact) for field, fact in fields().items()})
                if metrics is not None:
                    current.write(metrics, fields())
    finally:
        _METRICS.reset(token)


def metrics() -> Metrics | None:
    """Answer where the present invocation's metrics are gathered; None where nobody wants them."""
    return _METRICS.get()
