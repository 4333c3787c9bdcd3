"""What the registry tells of its own work: log lines, metrics and traces.

The room is the lowest one, beside the settings, so that every other may use it. Importing it costs next to nothing; the
tracing SDK is imported only where traces are sent somewhere.

    with telemetry.invocation("GET", requestId=request.id) as current:    one request or event
        telemetry.note(package=name)                                      a fact for every line from here on
        with telemetry.stage("read"):                                     a line, a metric and a span
            ...
        telemetry.count("Publishes")                                      a metric
"""

from chalicelib.telemetry.context import bind, fields, note
from chalicelib.telemetry.invocations import Invocation, invocation
from chalicelib.telemetry.logs import LOGGER, JsonFormatter
from chalicelib.telemetry.measuring import count, measure, operation, stage
from chalicelib.telemetry.outlet import configure
from chalicelib.telemetry.secrets import without_secrets

__all__ = [
    "LOGGER",
    "Invocation",
    "JsonFormatter",
    "bind",
    "configure",
    "count",
    "fields",
    "invocation",
    "measure",
    "note",
    "operation",
    "stage",
    "without_secrets",
]
