"""One JSON line a request."""

import io
import json
import logging
import sys
from typing import Any

import pytest

from chalicelib.api import logs
from chalicelib.api.gateway import PrismApp
from tests.api.callers import call
from tests.api.demo import demo_app


@pytest.fixture(scope="module")
def app() -> PrismApp:
    return demo_app()


def line(record: logging.LogRecord) -> Any:
    return json.loads(logs.JsonFormatter().format(record))


def test_a_request_is_one_line_with_its_facts(app: PrismApp, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="prism"):
        answer = call(app, "GET", "/v1/packages/@s%2fn?limit=2")

    [record] = caplog.records
    told = line(record)
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
    app: PrismApp, caplog: pytest.LogCaptureFixture, address: str, level: str, code: str | None
) -> None:
    with caplog.at_level(logging.INFO, logger="prism"):
        call(app, "GET", address)

    told = line(caplog.records[0])
    assert (told["level"], told["code"]) == (level, code)
    assert ("traceback" in told) is (level == "ERROR")


def test_a_line_break_cannot_forge_a_line() -> None:
    record = logging.makeLogRecord({"msg": "GET /x\n{}", "levelname": "INFO", "path": "a\r\nb"})

    assert len(logs.JsonFormatter().format(record).splitlines()) == 1


def test_configuring_twice_does_not_double_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(logs, "LOGGER", "prism-of-this-test")

    logs.configure("INFO")
    logs.configure("INFO")
    logging.getLogger("prism-of-this-test").info("once")

    assert json.loads(written.getvalue())["message"] == "once"
