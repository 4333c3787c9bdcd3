"""One JSON line a request, and a few numbers."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import telemetry
from chalicelib.api.gateway import PrismApp
from chalicelib.container import Container, installed
from chalicelib.domain.access import Caller, implied
from chalicelib.settings import Settings
from tests.api.callers import call
from tests.api.demo import demo_app
from tests.telemetry.emf import metrics_written
from tests.worlds import package

SECRET = "a" * 43


class Lines(logging.Handler):
    """Keeps lines as they are written, with what is bound at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(telemetry.JsonFormatter())
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    @property
    def read(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]


@pytest.fixture(scope="module")
def app() -> PrismApp:
    return demo_app()


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Give what the registry logs at INFO and above."""
    handler, logger = Lines(), logging.getLogger("prism")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_request_is_one_line_with_its_facts(app: PrismApp, lines: Lines) -> None:
    answer = call(app, "GET", "/v1/packages/@s%2fn?limit=2")

    [told] = lines.read
    assert told.pop("durationMs") >= 0
    assert told.pop("time").endswith("Z")
    assert told == {
        "level": "INFO",
        "message": "GET /v1/packages/@s%2fn",
        "method": "GET",
        "route": "/v1/packages/{name}",
        "status": 200,
        "code": None,
        "bytes": len(answer.body),
        "requestId": "request-1",
    }


@pytest.mark.parametrize(
    ("address", "level", "code"),
    [
        pytest.param("/v1/packages/a", "INFO", None, id="answered"),
        pytest.param("/v1/packages/missing", "INFO", "package_not_found", id="the-callers-failure"),
        pytest.param("/v1/faults/storage", "ERROR", "storage_unavailable", id="our-failure"),
    ],
)
def test_the_level_follows_the_status(
    app: PrismApp, lines: Lines, address: str, level: str, code: str | None
) -> None:
    call(app, "GET", address)

    [told] = lines.read
    assert (told["level"], told["code"]) == (level, code)
    assert ("traceback" in told) is (level == "ERROR")


def test_every_line_of_a_publish_leads_to_its_request_and_its_job(lines: Lines) -> None:
    from chalicelib.api import RESOURCES

    app = PrismApp("prism")
    app.mount(RESOURCES)
    with installed(Container(Settings(storage_driver="memory"))):
        raw = {"content-type": "application/octet-stream"}
        call(app, "POST", "/v1/packages/demo", body=package(), headers=raw)

    stages, [request] = lines.read[:-1], lines.read[-1:]
    assert [line["stage"] for line in stages] == [
        "stage",
        "read",
        "analyze",
        "claim",
        "settle",
        "commit",
        "derive",
    ]
    assert {line["requestId"] for line in lines.read} == {"request-1"}
    assert len({line["jobId"] for line in lines.read}) == 1
    assert request["jobId"].startswith("publish-")
    assert len(request["jobId"]) == len("publish-") + 32 + len("-") + 8
    assert {(line["package"], line["version"]) for line in [*stages[1:], request]} == {("demo", "1.0.0")}
    assert "stage" not in request


def test_a_caller_is_named_and_their_token_is_not_told(
    app: PrismApp, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(name="alice", scopes=implied(["read"]), token="0123456789ab")
    monkeypatch.setattr("chalicelib.api.guard.caller_of", lambda _: caller)

    call(
        app,
        "GET",
        f"/v1/packages/a?token={SECRET}",
        headers={"Authorization": f"Bearer prism_0123456789ab_{SECRET}", "Cookie": f"session={SECRET}"},
    )

    [told] = lines.read
    assert (told["caller"], told["tokenId"]) == ("alice", "0123456789ab")
    assert SECRET not in "".join(lines.texts)


def test_a_caller_who_is_refused_is_named_too(
    app: PrismApp, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(name="alice", scopes=implied(["read"]), token="0123456789ab")
    monkeypatch.setattr("chalicelib.api.guard.caller_of", lambda _: caller)

    call(app, "POST", "/v1/packages/a", headers={"content-type": "application/octet-stream"})

    [told] = lines.read
    assert (told["status"], told["code"]) == (403, "forbidden")
    assert (told["caller"], told["tokenId"]) == ("alice", "0123456789ab")


def test_a_request_is_counted_and_timed_by_the_class_of_its_status(app: PrismApp) -> None:
    with metrics_written() as written:
        call(app, "GET", "/v1/packages/a")
        call(app, "GET", "/v1/packages/missing")
        call(app, "GET", "/v1/faults/storage")

    counted = {key: values for key, values in written.series().items() if key[0] == "Requests"}
    assert counted == {("Requests", (("Status", f"{kind}xx"),)): [1] for kind in (2, 4, 5)}
    assert len(written.lines) == 3
    assert all(line["requestId"] == "request-1" and line["RequestDuration"] >= 0 for line in written.lines)


def test_no_metric_has_the_name_of_a_package_as_a_dimension(app: PrismApp) -> None:
    with metrics_written() as written:
        call(app, "GET", "/v1/packages/left-pad")

    assert "left-pad" not in str([key for key, _ in written.series().items()])
