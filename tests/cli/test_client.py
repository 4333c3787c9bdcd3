"""Talking to the registry: addresses, redirects, patience, and answers that are none."""

import socket

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, text
from tests.cli.documents import PAGE
from tests.cli.fake_registry import FakeRegistry, Reply, fake_registry, problem

TARGET = "/v1/packages/widget"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_refused_connection_says_what_was_tried_and_how_to_change_it(prism: Prism) -> None:
    url = f"http://127.0.0.1:{_free_port()}"

    result = prism("info", "widget", PRISM_REGISTRY_URL=url)

    assert result.status is ExitStatus.UNREACHABLE
    assert result.err == text(f"""
        error: no registry answers at {url}: connection refused
        hint: start one there, or name another address with --registry or PRISM_REGISTRY_URL
    """)


def test_the_option_goes_before_the_variable(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(f"GET {TARGET}", PAGE)

    result = prism(
        "info", "widget", "--registry", f"{registry.url}/", PRISM_REGISTRY_URL="http://nowhere.invalid"
    )

    assert result.status is ExitStatus.OK


@pytest.mark.parametrize("url", ["ftp://x", "localhost:8000", "/path", "http://", "http://x/?q=1"])
def test_an_address_that_is_none_is_wrong_usage(prism: Prism, url: str) -> None:
    result = prism("info", "widget", "--registry", url)

    assert result.status is ExitStatus.USAGE
    assert result.err.startswith(f"error: the registry `{url}` is not an http or https address\nhint: ")


def test_a_registry_below_a_path_is_asked_there(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(f"GET /prod{TARGET}", PAGE)

    assert prism("info", "widget", PRISM_REGISTRY_URL=f"{registry.url}/prod").status is ExitStatus.OK


def test_redirects_are_followed(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(f"GET {TARGET}", Reply(status=302, headers={"Location": "/elsewhere"}))
    registry.answer("GET /elsewhere", PAGE)

    assert prism("info", "widget", PRISM_TOKEN="secret").status is ExitStatus.OK
    assert [asked.headers.get("authorization") for asked in registry.asked] == ["Bearer secret"] * 2


def test_a_token_is_not_carried_to_another_origin(prism: Prism, registry: FakeRegistry) -> None:
    with fake_registry() as other:
        registry.answer(f"GET {TARGET}", Reply(status=307, headers={"Location": f"{other.url}/signed?x=1"}))
        other.answer("GET /signed?x=1", PAGE)

        assert prism("info", "widget", PRISM_TOKEN="secret").status is ExitStatus.OK
        assert "authorization" not in other.asked[0].headers


def test_a_write_is_only_sent_again_where_the_redirect_says_so(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("PUT /v1/packages/w/1.0.0/yank", Reply(status=308, headers={"Location": "/there"}))
    registry.answer("PUT /there", Reply(status=302, headers={"Location": "/nowhere"}))

    result = prism("yank", "w@1.0.0")

    assert result.status is ExitStatus.FAILURE
    assert result.err == "error: the registry answers 302 Found\n"
    assert registry.asked[1].body == registry.asked[0].body != b""


def test_redirects_without_end_are_given_up(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(f"GET {TARGET}", Reply(status=302, headers={"Location": TARGET}))

    result = prism("info", "widget")

    assert "redirects more than 5 times" in result.err
    assert len(registry.asked) == 6


def test_a_redirect_to_another_scheme_is_not_followed(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(f"GET {TARGET}", Reply(status=302, headers={"Location": "file:///etc/passwd"}))

    result = prism("info", "widget")

    assert result.status is ExitStatus.FAILURE
    assert "not an http or https address" in result.err


def test_a_busy_registry_is_asked_again_when_it_says(prism: Prism, registry: FakeRegistry) -> None:
    busy = Reply(status=503, headers={"Retry-After": "3"})
    registry.answer(f"GET {TARGET}", busy, busy, Reply(PAGE))

    result = prism("info", "widget")

    assert result.status is ExitStatus.OK
    assert prism.waits == [3.0, 3.0]
    assert result.err == "the registry is busy; trying again in 3 s\n" * 2


def test_patience_ends(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(f"GET {TARGET}", problem(503, "unavailable", "the storage does not answer"))

    result = prism("info", "widget")

    assert result.status is ExitStatus.UNREACHABLE
    assert prism.waits == [0.5, 1.0, 2.0]
    assert result.err.endswith(
        "error: the storage does not answer\nhint: run the command again in a moment\n"
    )


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(status=503, headers={"Retry-After": "3600"}), id="an-hour"),
        pytest.param(Reply(status=429), id="no-time-given"),
        pytest.param(Reply(status=500), id="no-promise"),
    ],
)
def test_a_wait_that_is_too_long_or_would_not_help_is_not_begun(
    prism: Prism, registry: FakeRegistry, reply: Reply
) -> None:
    registry.answer(f"GET {TARGET}", reply)

    result = prism("info", "widget")

    assert result.status is not ExitStatus.OK
    assert prism.waits == []
    assert len(registry.asked) == 1


@pytest.mark.parametrize("body", ["<html>", "", "{"])
def test_an_answer_that_is_not_json_is_told(prism: Prism, registry: FakeRegistry, body: str) -> None:
    registry.answer(f"GET {TARGET}", Reply(body))

    result = prism("info", "widget")

    assert result.status is ExitStatus.FAILURE
    assert result.err.startswith("error: the answer is not JSON, so this is no Prism registry\nhint: ")


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        pytest.param(Reply("<html>", 404), ExitStatus.UNREACHABLE, id="404"),
        pytest.param(Reply("[]", 403), ExitStatus.DENIED, id="403"),
        pytest.param(Reply('{"title": "Gone"}', 418), ExitStatus.FAILURE, id="418"),
        pytest.param(Reply("", 599), ExitStatus.FAILURE, id="unknown"),
    ],
)
def test_an_error_that_is_no_problem_document_is_told_all_the_same(
    prism: Prism, registry: FakeRegistry, reply: Reply, status: ExitStatus
) -> None:
    registry.answer(f"GET {TARGET}", reply)

    result = prism("info", "widget")

    assert result.status is status
    assert result.err.startswith("error: ")


def test_a_missing_package_is_not_found(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer(
        f"GET {TARGET}", problem(404, "package_not_found", "no package `widget` has been published here")
    )

    result = prism("info", "widget")

    assert result.status is ExitStatus.NOT_FOUND
    assert result.err == text("""
        error: no package `widget` has been published here
        hint: `prism search` finds packages by name, keyword and description
    """)
