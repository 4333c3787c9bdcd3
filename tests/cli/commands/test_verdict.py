"""`verdict`: what became of an upload, and how it is waited for."""

import json
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism
from tests.cli.fake_registry import FakeRegistry, Reply, problem

PUBLISHED = {"status": "published", "uploadId": "7d1c", "name": "widget", "version": "1.0.0"}
PENDING = {"status": "pending", "uploadId": "7d1c", "retryAfter": 2}
FAILING = {
    "status": "failing",
    "uploadId": "7d1c",
    "code": "busy",
    "detail": "too many writers",
    "attempts": 2,
    "retryAfter": 20,
}


def refused(code: str) -> dict[str, Any]:
    return {"status": "refused", "uploadId": "7d1c", "code": code, "detail": "it says why"}


@pytest.mark.parametrize(
    ("key", "target"),
    [
        pytest.param("7d1c", "7d1c", id="id"),
        pytest.param("7d1c.tgz", "7d1c.tgz", id="key"),
        pytest.param("team/a b.tgz", "team/a%20b.tgz", id="folder-and-space"),
        pytest.param("grüße%", "gr%C3%BC%C3%9Fe%25", id="beyond-ascii"),
        pytest.param("s3://bucket/prism/incoming/team/7d1c.tgz", "team/7d1c.tgz", id="address"),
        pytest.param("s3://bucket/incoming/7d1c.tgz", "7d1c.tgz", id="address-without-a-prefix"),
        pytest.param(
            "s3://bucket/prism/incoming/a/incoming/b.tgz", "a/incoming/b.tgz", id="folder-of-that-name"
        ),
    ],
)
def test_the_upload_is_named_by_its_key_or_its_address(
    prism: Prism, registry: FakeRegistry, key: str, target: str
) -> None:
    registry.answer(f"GET /v1/incoming/{target}", PUBLISHED)

    result = prism("verdict", key)

    assert (result.status, result.out) == (ExitStatus.OK, "Published widget@1.0.0\n")


def test_an_address_outside_of_incoming_is_wrong_usage(prism: Prism, registry: FakeRegistry) -> None:
    result = prism("verdict", "s3://bucket/prism/tarballs/a.tgz")

    assert result.status is ExitStatus.USAGE
    assert registry.asked == []


@pytest.mark.parametrize("key", ["", "../7d1c.tgz", "a//b.tgz", "/7d1c.tgz", "s3://bucket/prism/incoming/"])
def test_what_no_upload_is_called_is_wrong_usage(prism: Prism, registry: FakeRegistry, key: str) -> None:
    result = prism("verdict", key)

    assert result.status is ExitStatus.USAGE
    assert "is no upload's key" in result.err
    assert registry.asked == []


@pytest.mark.parametrize("seconds", ["soon", "-1", "nan"])
def test_a_time_that_cannot_be_waited_is_wrong_usage(
    prism: Prism, registry: FakeRegistry, seconds: str
) -> None:
    result = prism("verdict", "7d1c", "--wait", f"--timeout={seconds}")

    assert result.status is ExitStatus.USAGE
    assert f"`{seconds}` is not a number of seconds" in result.err
    assert registry.asked == []


def test_an_upload_nobody_knows_is_told_with_how_to_name_one(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/incoming/incoming/a.tgz", problem(404, "upload_not_found", "nothing lies there"))

    result = prism("verdict", "incoming/a.tgz")

    assert result.status is ExitStatus.NOT_FOUND
    assert "hint: `prism verdict` takes the key below incoming/" in result.err


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("not_gzip", ExitStatus.UNUSABLE_PACKAGE, id="bad-tarball"),
        pytest.param("version_exists", ExitStatus.CONFLICT, id="taken"),
        pytest.param("publisher_not_allowed", ExitStatus.DENIED, id="not-allowed"),
        pytest.param("upload_gone", ExitStatus.NOT_FOUND, id="gone"),
        pytest.param("upload_too_large", ExitStatus.FAILURE, id="too-large"),
    ],
)
def test_a_refusal_ends_as_it_does_for_publish_and_says_why(
    prism: Prism, registry: FakeRegistry, code: str, status: ExitStatus
) -> None:
    registry.answer("GET /v1/incoming/7d1c", refused(code))

    result = prism("verdict", "7d1c")

    assert (result.status, result.out) == (status, "")
    assert result.err.startswith("error: it says why\n")


def test_a_refusal_hints_at_the_next_step(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/incoming/7d1c", refused("version_exists"))

    assert "hint: raise `version`" in prism("verdict", "7d1c").err


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        pytest.param(PENDING, "pending: the registry has not got to the upload yet\n", id="pending"),
        pytest.param(FAILING, "failing: too many writers (attempt 2)\n", id="failing"),
    ],
)
def test_what_is_open_is_told_and_may_be_asked_for_again(
    prism: Prism, registry: FakeRegistry, verdict: dict[str, Any], said: str
) -> None:
    registry.answer("GET /v1/incoming/7d1c", verdict)

    result = prism("verdict", "7d1c")

    assert (result.status, result.out) == (ExitStatus.UNREACHABLE, "")
    assert result.err == f"{said}add --wait to wait for the verdict\n"


def test_waiting_asks_until_the_end_and_no_sooner_than_the_registry_says(
    prism: Prism, registry: FakeRegistry
) -> None:
    open_ones = [Reply(PENDING), Reply(PENDING), Reply(PENDING), Reply(FAILING), Reply(FAILING)]
    registry.answer("GET /v1/incoming/7d1c", *open_ones, Reply(PUBLISHED))

    result = prism("verdict", "7d1c", "--wait")

    assert (result.status, result.out) == (ExitStatus.OK, "Published widget@1.0.0\n")
    assert prism.waits == [2, 4, 8, 20, 20]


def test_waiting_without_advice_backs_off(prism: Prism, registry: FakeRegistry) -> None:
    silent = {"status": "pending", "uploadId": "7d1c"}
    registry.answer("GET /v1/incoming/7d1c", *[Reply(silent)] * 7, Reply(PUBLISHED))

    prism("verdict", "7d1c", "--wait")

    assert prism.waits == [1, 2, 4, 8, 16, 20, 20]


def test_waiting_ends_at_the_refusal(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/incoming/7d1c", Reply(PENDING), Reply(refused("not_gzip")))

    result = prism("verdict", "7d1c", "--wait")

    assert (result.status, result.err) == (
        ExitStatus.UNUSABLE_PACKAGE,
        "error: it says why\n",
    )


def test_waiting_ends_when_the_time_is_up(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/incoming/7d1c", PENDING)

    result = prism("verdict", "7d1c", "--wait", "--timeout", "5")

    assert result.status is ExitStatus.UNREACHABLE
    assert result.err.endswith("ask again later\n")
    assert max(prism.waits) <= 5


def test_an_upload_that_is_not_there_is_not_waited_for(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/incoming/7d1c", problem(404, "upload_not_found", "nothing lies there"))

    result = prism("verdict", "7d1c", "--wait")

    assert (result.status, prism.waits) == (ExitStatus.NOT_FOUND, [])
    assert "nothing lies there" in result.err


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        pytest.param(PUBLISHED, ExitStatus.OK, id="published"),
        pytest.param(PENDING, ExitStatus.UNREACHABLE, id="pending"),
        pytest.param(refused("not_gzip"), ExitStatus.UNUSABLE_PACKAGE, id="refused"),
    ],
)
def test_json_is_the_verdict_as_it_came_and_ends_as_without(
    prism: Prism, registry: FakeRegistry, verdict: dict[str, Any], status: ExitStatus
) -> None:
    text = json.dumps(verdict, indent=3)
    registry.answer("GET /v1/incoming/7d1c", Reply(text))

    result = prism("verdict", "7d1c", "--json")

    assert (result.status, result.out, result.err) == (status, f"{text}\n", "")


def test_a_sentence_of_the_registry_cannot_steer_the_terminal(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/incoming/7d1c", {**refused("not_gzip"), "detail": "a\x1b[31mb\rc"})

    assert "\x1b" not in prism("verdict", "7d1c").err
