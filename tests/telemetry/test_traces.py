"""Traces arrive at a real collector when there is an endpoint, and nobody waits for one that does not answer."""

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chalicelib import telemetry
from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.container import Container, installed
from chalicelib.settings import Settings
from chalicelib.telemetry.otlp import OtlpTracing
from chalicelib.telemetry.outlet import Outlet, directed
from tests.api.callers import Received, call
from tests.telemetry.collector import Collector, collecting
from tests.worlds import package

ROOT = Path(__file__).parents[2]
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@contextmanager
def tracing_to(endpoint: str) -> Iterator[None]:
    tracing = OtlpTracing(endpoint)
    try:
        with directed(Outlet(tracing=tracing)):
            yield
    finally:
        tracing.close()


@pytest.fixture
def app() -> PrismApp:
    app = PrismApp("prism")
    app.mount(RESOURCES)
    return app


def ask(
    app: PrismApp, endpoint: str, method: str, address: str, body: bytes = b"", **headers: str
) -> Received:
    """Send a request to a registry in memory that traces to an endpoint."""
    settings = Settings(storage_driver="memory", traces_endpoint=endpoint)
    with installed(Container(settings)), tracing_to(endpoint):
        return call(app, method, address, body=body, headers=headers)


def test_a_publish_is_one_trace_of_request_stages_and_storage_calls(
    app: PrismApp, collector: Collector
) -> None:
    raw = {"content-type": "application/octet-stream"}

    answer = ask(app, collector.endpoint, "POST", "/v1/packages/demo", package(), **raw)

    assert answer.status == 201
    request = collector.named("POST /v1/packages/{name}")
    stages = [span for span in collector.spans if span.parent_id == request.span_id and span.kind == 1]
    assert [span.name for span in stages] == [
        "stage",
        "read",
        "analyze",
        "claim",
        "settle",
        "commit",
        "derive",
    ]
    commit = collector.named("commit")
    calls = [span for span in collector.spans if span.parent_id == commit.span_id]
    assert [(span.name, span.kind) for span in calls] == [("storage put", 3)]
    assert calls[0].attributes["prism.storage.key"] == "prism/heads/demo.json"
    assert {span.trace_id for span in collector.spans} == {request.trace_id}
    assert (request.kind, request.parent_id) == (2, "")
    assert request.attributes["http.response.status_code"] == 201
    assert (request.attributes["prism.package"], request.attributes["prism.version"]) == ("demo", "1.0.0")
    assert request.attributes["prism.traceId"] == request.trace_id


def test_the_collector_is_told_which_service_it_is(app: PrismApp, collector: Collector) -> None:
    ask(app, collector.endpoint, "GET", "/v1/health")

    assert collector.paths == ["/v1/traces"]
    assert collector.resources[0]["service.name"] == "prism"


def test_the_environment_may_name_the_service(
    app: PrismApp, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "packages-of-acme")

    ask(app, collector.endpoint, "GET", "/v1/health")

    assert collector.resources[0]["service.name"] == "packages-of-acme"


def test_a_request_belongs_to_the_trace_of_its_caller(app: PrismApp, collector: Collector) -> None:
    ask(app, collector.endpoint, "GET", "/v1/health", traceparent=f"00-{TRACE}-{PARENT}-01")

    request = collector.named("GET /v1/health")
    assert (request.trace_id, request.parent_id) == (TRACE, PARENT)


def test_a_trace_that_its_caller_does_not_record_is_not_recorded_here(
    app: PrismApp, collector: Collector
) -> None:
    ask(app, collector.endpoint, "GET", "/v1/health", traceparent=f"00-{TRACE}-{PARENT}-00")

    assert collector.spans == []


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01"])
def test_a_broken_trace_context_begins_a_new_trace(app: PrismApp, collector: Collector, header: str) -> None:
    answer = ask(app, collector.endpoint, "GET", "/v1/health", traceparent=header)

    assert answer.status == 200
    assert collector.named("GET /v1/health").parent_id == ""


def test_a_failure_of_ours_fails_its_span_and_a_callers_mistake_does_not(collector: Collector) -> None:
    from tests.api.demo import demo_app

    ask(demo_app(), collector.endpoint, "GET", "/v1/faults/unforeseen")
    ask(demo_app(), collector.endpoint, "GET", "/v1/packages/missing")

    assert collector.named("GET /v1/faults/unforeseen").failed
    assert not collector.named("GET /v1/packages/{name}").failed


def test_an_event_is_a_trace_of_its_own_and_sent_even_if_it_fails(collector: Collector) -> None:
    with (
        tracing_to(collector.endpoint),
        pytest.raises(ValueError, match="broken"),
        telemetry.invocation("publish_uploads", requestId="r1"),
        telemetry.stage("read"),
    ):
        raise ValueError("broken")

    event, read = collector.named("publish_uploads"), collector.named("read")
    assert (event.kind, event.failed, read.parent_id) == (5, True, event.span_id)
    assert read.attributes["error.type"] == "ValueError"
    assert event.attributes["prism.requestId"] == "r1"


def test_a_collector_that_is_not_there_costs_nothing_but_the_spans(app: PrismApp) -> None:
    started = time.monotonic()

    answer = ask(app, "http://127.0.0.1:9", "GET", "/v1/health")

    assert answer.status == 200
    assert time.monotonic() - started < 1.5


def test_a_collector_that_does_not_answer_is_waited_for_a_second_and_then_left_alone(
    app: PrismApp,
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        installed(Container(Settings(storage_driver="memory"))),
        tracing_to(f"http://127.0.0.1:{silent.getsockname()[1]}"),
    ):
        times = [_seconds(app) for _ in range(4)]

    assert times[0] < 1.5
    assert max(times[1:]) < 0.5


def test_a_collector_that_refuses_does_not_fail_a_request(app: PrismApp, collector: Collector) -> None:
    collector.status = 400

    assert ask(app, collector.endpoint, "GET", "/v1/health").status == 200


def test_lost_spans_are_told_in_one_line_that_names_the_collector(
    app: PrismApp, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"

    ask(app, endpoint, "GET", "/v1/health")
    time.sleep(0.5)  # until the last attempt has ended too

    [warning] = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warning.startswith(f"spans are lost, and none are sent for 30 s: the collector at {endpoint} ")


def test_without_an_endpoint_the_tracing_sdk_is_never_imported() -> None:
    program = (
        "import os, sys\n"
        "os.environ['PRISM_STORAGE_DRIVER'] = 'memory'\n"
        "import app\n"
        "from tests.api.callers import call\n"
        "for address in ('/v1/health', '/v1/health?deep=true', '/v1/packages', '/v1/problems', '/v1/openapi.json'):\n"
        "    assert call(app.app, 'GET', address).status == 200, address\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'google.protobuf', 'requests'))])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_process_with_an_endpoint_sends_what_it_does(collector: Collector) -> None:
    program = (
        "import os\n"
        "os.environ['PRISM_STORAGE_DRIVER'] = 'memory'\n"
        f"os.environ['OTEL_EXPORTER_OTLP_ENDPOINT'] = {collector.endpoint!r}\n"
        "import app\n"
        "from tests.api.callers import call\n"
        "assert call(app.app, 'GET', '/v1/packages/nobodys').status == 404"
    )

    subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, check=True)

    assert [span.name for span in collector.spans] == ["storage get", "GET /v1/packages/{name}"]


def _seconds(app: PrismApp) -> float:
    started = time.monotonic()
    assert call(app, "GET", "/v1/health").status == 200
    return time.monotonic() - started
