"""Every line is one JSON object with the facts of what it is part of, and without secrets."""

import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chalicelib import telemetry

ROOT = Path(__file__).parents[2]
SECRET = "0123456789ABCDEFabcdef0123456789abcdefXYZ99"


class Lines(logging.StreamHandler[io.StringIO]):
    """Keeps lines as the registry writes them."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.setFormatter(telemetry.JsonFormatter())

    def read(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler, logger = Lines(), logging.getLogger("prism.test")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logging.getLogger("prism.stages").addHandler(handler)
    logging.getLogger("prism.stages").setLevel(logging.INFO)
    yield handler
    for name in ("prism.test", "prism.stages"):
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).setLevel(logging.NOTSET)


LOG = logging.getLogger("prism.test")


def facts(line: dict[str, Any]) -> dict[str, Any]:
    """Answer what a line says besides when and how loud."""
    return {name: value for name, value in line.items() if name not in {"time", "level", "durationMs"}}


def test_a_line_has_what_is_bound_around_it(lines: Lines) -> None:
    with telemetry.bind(requestId="r1"):
        LOG.info("outer")
        with telemetry.bind(uploadId="u1"):
            LOG.info("inner", extra={"bytes": 3})
        LOG.info("outer again")
    LOG.info("outside")

    assert [facts(line) for line in lines.read()] == [
        {"message": "outer", "requestId": "r1"},
        {"message": "inner", "requestId": "r1", "uploadId": "u1", "bytes": 3},
        {"message": "outer again", "requestId": "r1"},
        {"message": "outside"},
    ]


def test_a_note_is_in_every_line_to_the_end_of_what_it_was_made_in(lines: Lines) -> None:
    with telemetry.invocation("event", requestId="r1"):
        with telemetry.bind(uploadId="u1"):
            telemetry.note(package="a")
            LOG.info("first")
        with telemetry.bind(uploadId="u2"):
            LOG.info("second")
    telemetry.note(package="nobody's")

    assert [facts(line) for line in lines.read()] == [
        {"message": "first", "requestId": "r1", "uploadId": "u1", "package": "a"},
        {"message": "second", "requestId": "r1", "uploadId": "u2"},
    ]
    assert telemetry.fields() == {}


def test_a_stage_names_itself_in_its_lines_and_tells_how_it_went(lines: Lines) -> None:
    with telemetry.invocation("POST", requestId="r1"):
        with telemetry.stage("read"):
            telemetry.note(package="a")
            LOG.info("within")
        with pytest.raises(ValueError, match="broken"), telemetry.stage("claim"):
            raise ValueError("broken")

    within, read, claim = lines.read()
    assert facts(within) == {"message": "within", "requestId": "r1", "package": "a", "stage": "read"}
    assert (read["stage"], read["outcome"], read["package"]) == ("read", "done", "a")
    assert (claim["stage"], claim["outcome"]) == ("claim", "failed")
    assert read["durationMs"] >= 0


def test_threads_do_not_see_each_others_facts(lines: Lines) -> None:
    def work(number: int) -> None:
        with telemetry.invocation("GET", requestId=str(number)):
            telemetry.note(package=f"package-{number}")
            LOG.info("%d", number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))

    told = {(line["message"], line["requestId"], line["package"]) for line in lines.read()}
    assert told == {(str(number), str(number), f"package-{number}") for number in range(40)}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"Authorization: Bearer {SECRET}", id="a header"),
        pytest.param(f"{{'authorization': 'Basic {SECRET}'}}", id="headers as a dictionary"),
        pytest.param(f"bearer {SECRET} is refused", id="a bearer token"),
        pytest.param(f"prism_0123456789ab_{SECRET} is unknown", id="a token of our own"),
        pytest.param(f"GET /v1/tokens/%20prism_0123456789ab_{SECRET}", id="a token after a space in a path"),
        pytest.param(f"GET /v1/tokens/prism%5F0123456789ab%5f{SECRET}", id="a token in a path, encoded"),
        pytest.param(
            f"https://b.s3.amazonaws.com/k?X-Amz-Expires=9&X-Amz-Signature={SECRET}&x=1", id="a signature"
        ),
        pytest.param(f"https://b.s3.amazonaws.com/k?X-Amz-Security-Token={SECRET}", id="a session"),
        pytest.param(
            f"https://b.s3.amazonaws.com/k?AWSAccessKeyId={SECRET}&Expires=1", id="an old signature's key"
        ),
        pytest.param(f"https://user:{SECRET}@minio.example:9000/bucket", id="an address's password"),
        pytest.param(f"/v1/packages?token={SECRET}", id="a query"),
        pytest.param(f"GET /npm/-/v1/done?secret={SECRET}", id="a login's secret"),
        pytest.param(f"DELETE /npm/-/user/token/{SECRET}", id="what npm logout sends"),
        pytest.param(
            f"DELETE /npm/-/npm/v1/tokens/token/{SECRET} HTTP/1.1", id="what npm token revoke may send"
        ),
    ],
)
@pytest.mark.parametrize("place", ["message", "field", "nested", "traceback", "bound"])
def test_no_secret_gets_into_a_line(lines: Lines, text: str, place: str) -> None:
    with telemetry.bind(**({"bound": text} if place == "bound" else {})):
        if place == "message":
            LOG.info("got %s", text)
        elif place == "traceback":
            LOG.error("failed", exc_info=ValueError(text))
        else:
            LOG.info("got it", extra={"value": text if place == "field" else {"inner": [text]}})

    assert SECRET not in lines.stream.getvalue()
    assert "[hidden]" in lines.stream.getvalue()


@pytest.mark.parametrize(
    "name", ["authorization", "token", "adminToken", "secretAccessKey", "password", "Set-Cookie"]
)
def test_a_field_with_the_name_of_a_secret_is_hidden(lines: Lines, name: str) -> None:
    LOG.info("got it", extra={"headers": {name: SECRET}})

    [line] = lines.read()
    assert line["headers"] == {name: "[hidden]"}


def test_a_secret_is_hidden_behind_keys_that_json_has_no_form_for(lines: Lines) -> None:
    logging.getLogger("prism.test").info(
        "told", extra={"found": {("a", "b"): "https://user:pass@example.org/", b"password": "open sesame"}}
    )

    (line,) = lines.read()
    assert line["found"] == {"('a', 'b')": "https://[hidden]@example.org/", "b'password'": "[hidden]"}


@pytest.mark.parametrize(
    "text",
    [
        "GET /v1/packages/@scope%2Ftoken-bucket/1.0.0",
        "sha256 mismatch of basic-auth@1.0.0",
        "prism_registry is not a token",
        "GET /packages/user/1.0.0/user/token/index.js",
        "https://b.s3.amazonaws.com/prism/heads/bearer.json",
    ],
)
def test_what_is_no_secret_stays(lines: Lines, text: str) -> None:
    LOG.info("%s", text, extra={"tokenId": "0123456789ab"})

    [line] = lines.read()
    assert (line["message"], line["tokenId"]) == (text, "0123456789ab")


@pytest.mark.parametrize("piece", ["a.", "a://", "token=", "basic ", "authorization ", "prism_0123456789ab_"])
def test_looking_for_secrets_takes_no_longer_than_the_text_is_long(piece: str) -> None:
    started = time.process_time()

    telemetry.without_secrets(piece * (200_000 // len(piece)) + "token @")

    assert time.process_time() - started < 2


def test_a_line_break_cannot_forge_a_line(lines: Lines) -> None:
    LOG.info("GET /x\n{}", extra={"path": "a\r\nb"})

    assert len(lines.stream.getvalue().splitlines()) == 1


def test_a_process_writes_each_line_once_above_its_level_and_keeps_standard_output_for_metrics() -> None:
    program = (
        "import logging\n"
        "from chalicelib import telemetry\n"
        "for _ in range(2): telemetry.configure(log_level='WARNING', metrics='emf')\n"
        "with telemetry.invocation('event', requestId='r1'):\n"
        "    logging.getLogger('prism.x').info('quiet')\n"
        "    logging.getLogger('prism.x').warning('loud')\n"
        "    telemetry.count('Publishes')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    [logged], [measured] = done.stderr.splitlines(), done.stdout.splitlines()
    assert (json.loads(logged)["message"], json.loads(logged)["requestId"]) == ("loud", "r1")
    assert json.loads(measured)["Publishes"] == 1


def test_the_room_costs_little_to_import() -> None:
    program = (
        "import sys\n"
        "import contextlib, contextvars, dataclasses, datetime, functools, itertools, json, logging, re, time, typing\n"
        "before = set(sys.modules)\n"
        "import chalicelib.telemetry\n"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('chalicelib')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
