"""`prism doctor` finds what is wrong between here and the storage, and says what to do."""

import io
import json
import socket
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from chalicelib.cli.__main__ import main
from chalicelib.cli.environment import Environment
from chalicelib.cli.examining import examine
from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism, Result
from tests.cli.fake_registry import FakeRegistry, Reply, problem
from tests.servers import serving

SHALLOW = {"status": "ok", "storage": {"driver": "memory"}, "artifacts": {"driver": "memory"}}
OK_CHECK = {"name": "settings", "status": "ok", "detail": "the settings go together"}
OPEN = {"access": "open", "scopes": ["read", "publish"]}
ME = {"PRISM_PUBLISHER_NAME": "Alice"}


@pytest.fixture
def sound(registry: FakeRegistry) -> FakeRegistry:
    """Give a registry that is well."""
    registry.answer("GET /v1/health", SHALLOW)
    registry.answer("GET /v1/whoami", OPEN)
    registry.answer("GET /v1/health?deep=true", {**SHALLOW, "checks": [OK_CHECK]})
    return registry


def findings(result: Result) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(result.out)["checks"]}


def test_a_sound_registry_is_found_well(prism: Prism, sound: FakeRegistry) -> None:
    result = prism("doctor", PRISM_PUBLISHER_NAME="Alice")

    assert result.status is ExitStatus.OK
    assert [line.split()[:2] for line in result.out.splitlines()[:6]] == [
        ["ok", "command"],
        ["ok", "address"],
        ["ok", "clock"],
        ["ok", "token"],
        ["ok", "publisher"],
        ["ok", "registry"],
    ]
    assert result.out.endswith("\nall is well\n")
    assert result.err == ""


def test_what_the_registry_finds_is_told_with_what_to_do(prism: Prism, sound: FakeRegistry) -> None:
    failed = {"name": "bucket", "status": "failed", "detail": "there is no bucket `b`", "fix": "create it"}
    sound.answer("GET /v1/health?deep=true", Reply({**SHALLOW, "status": "failing", "checks": [failed]}, 503))

    result = prism("doctor", PRISM_PUBLISHER_NAME="Alice")

    assert result.status is ExitStatus.FAILURE
    lines = result.out.splitlines()
    assert lines[5].split(maxsplit=3) == ["failed", "registry", "bucket", "there is no bucket `b`"]
    assert lines[6].strip() == "fix: create it"
    assert lines[-1] == "1 failure"
    assert len(sound.requests) == 3, "a registry that says what is wrong is not asked again"


def test_warnings_are_no_failures(prism: Prism, sound: FakeRegistry) -> None:
    result = prism("doctor")

    assert result.status is ExitStatus.OK
    assert "fix: set PRISM_PUBLISHER_NAME" in result.out
    assert result.out.endswith("\n1 warning\n")


def test_json_is_for_programs(prism: Prism, sound: FakeRegistry) -> None:
    result = prism("doctor", "--json", PRISM_PUBLISHER_NAME="Alice")

    document = json.loads(result.out)
    assert (document["status"], document["registry"]) == ("ok", sound.url)
    assert document["storage"] == {"driver": "memory"}
    assert findings(result)["registry settings"]["detail"] == OK_CHECK["detail"]


def test_where_nobody_answers_is_told_at_once(prism: Prism) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    result = prism("doctor", "--registry", f"http://127.0.0.1:{port}")

    assert result.status is ExitStatus.UNREACHABLE
    assert f"nothing answers at http://127.0.0.1:{port}: connection refused" in result.out
    assert "make run" in result.out


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply("<html>hello</html>"), id="a-web-page"),
        pytest.param(Reply({"status": "UP"}), id="another-service"),
        pytest.param(Reply([1]), id="no-object"),
        pytest.param(Reply("not found", 404), id="not-found"),
    ],
)
def test_something_else_is_not_taken_for_a_registry_and_never_sees_the_token(
    prism: Prism, registry: FakeRegistry, reply: Reply
) -> None:
    registry.answer("GET /v1/health", reply)

    result = prism("doctor", PRISM_TOKEN="secret-token")

    assert result.status is ExitStatus.UNREACHABLE
    assert "is no Prism registry" in result.out
    assert all("authorization" not in asked.headers for asked in registry.asked)


def test_a_redirect_is_told_with_the_address_to_use(prism: Prism, registry: FakeRegistry) -> None:
    registry.answer("GET /v1/health", Reply("", 301, {"Location": "https://packages.example/v1/health"}))

    result = prism("doctor")

    assert "fix: set PRISM_REGISTRY_URL to https://packages.example" in result.out


@pytest.mark.parametrize(("ahead", "status"), [(0, "ok"), (50, "ok"), (120, "warning"), (-120, "warning")])
def test_the_clocks_are_compared(sound: FakeRegistry, ahead: int, status: str) -> None:
    sound.answer("GET /v1/health", Reply(SHALLOW, headers={"Date": formatdate(1_800_000_000, usegmt=True)}))
    env = Environment(environ={})

    found = examine(sound.url, env, clock=lambda: 1_800_000_000.0 + ahead)

    assert {check.name: check.status for check in found.checks}["clock"] == status


class TestTokens:
    def test_a_valid_token_is_told_with_its_name_and_scopes(self, prism: Prism, sound: FakeRegistry) -> None:
        sound.answer("GET /v1/whoami", {"access": "token", "name": "ci", "scopes": ["publish", "read"]})

        result = prism("doctor", "--json", PRISM_TOKEN="t" * 20)

        assert findings(result)["token"]["detail"] == "PRISM_TOKEN speaks as `ci`, with publish, read"
        assert sound.asked[1].headers["authorization"] == f"Bearer {'t' * 20}"
        assert "t" * 20 not in result.out

    def test_whom_the_token_names_is_the_publisher_whatever_the_environment_says(
        self, prism: Prism, sound: FakeRegistry
    ) -> None:
        sound.answer("GET /v1/whoami", {"access": "token", "name": "ci", "scopes": ["publish", "read"]})

        result = prism("doctor", "--json", PRISM_TOKEN="t" * 20, PRISM_PUBLISHER_NAME="Alice")

        told = "packages are published by `ci`, whom the token names"
        assert findings(result)["publisher"]["detail"] == told

    def test_a_token_for_reading_publishes_nothing(self, prism: Prism, sound: FakeRegistry) -> None:
        sound.answer("GET /v1/whoami", {"access": "token", "name": "reader", "scopes": ["read"]})

        result = prism("doctor", "--json", PRISM_TOKEN="t" * 20)

        assert findings(result)["publisher"]["detail"].startswith("nothing can be published")

    def test_a_refused_token_is_a_failure(self, prism: Prism, sound: FakeRegistry) -> None:
        sound.answer("GET /v1/whoami", problem(401, "invalid_token", "the token has expired"))

        result = prism("doctor", "--json", PRISM_TOKEN="t" * 20)

        assert result.status is ExitStatus.FAILURE
        assert findings(result)["token"]["detail"] == "PRISM_TOKEN is refused: the token has expired"

    def test_a_missing_token_is_missed_where_one_is_asked_for(
        self, prism: Prism, sound: FakeRegistry
    ) -> None:
        refusal = problem(401, "authentication_required", "this needs a token")
        sound.answer("GET /v1/whoami", refusal)
        sound.answer("GET /v1/health?deep=true", refusal)

        result = prism("doctor", "--json", PRISM_PUBLISHER_NAME="Alice")

        found = findings(result)
        assert (found["token"]["status"], found["registry"]["status"]) == ("failed", "warning")
        assert "publisher" not in found, "nobody publishes without one"
        assert "scope `admin`" in found["registry"]["fix"]

    def test_a_registry_that_knows_no_tokens_is_not_held_to_them(
        self, prism: Prism, sound: FakeRegistry
    ) -> None:
        sound.answer("GET /v1/whoami", problem(404, "route_not_found", "nothing is served there"))

        assert "token" not in findings(prism("doctor", "--json", PRISM_TOKEN="t" * 20))


def test_a_registry_that_fails_to_examine_itself_is_a_failure(prism: Prism, sound: FakeRegistry) -> None:
    sound.answer("GET /v1/health?deep=true", problem(500, "internal_error", "the registry failed to answer"))

    result = prism("doctor", "--json", PRISM_PUBLISHER_NAME="Alice")

    assert result.status is ExitStatus.FAILURE
    assert "the registry failed to answer" in findings(result)["registry"]["detail"]


def test_a_registry_that_breaks_off_is_a_failure_and_no_traceback(
    prism: Prism, registry: FakeRegistry
) -> None:
    registry.answer("GET /v1/health", SHALLOW)
    registry.answer("GET /v1/whoami", Reply("", headers={"Content-Length": "50"}))

    result = prism("doctor", PRISM_PUBLISHER_NAME="Alice")

    assert result.status is ExitStatus.UNREACHABLE


class TestARealRegistry:
    @pytest.fixture(scope="class")
    @classmethod
    def url(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
        with serving(tmp_path_factory.mktemp("registry")) as server:
            yield server.url

    def test_it_is_found_well(self, url: str) -> None:
        out = io.StringIO()

        status = main(["doctor", "--registry", url], Environment(stdout=out, environ={**ME}))

        assert (ExitStatus(status), out.getvalue().splitlines()[-1]) == (ExitStatus.OK, "all is well")
        assert "registry conditional-writes  create-only writes have one winner" in out.getvalue()


def test_a_registry_over_a_bucket_that_is_not_there_is_told_of(tmp_path: Path, s3_emulator: Any) -> None:
    bucket = {
        "PRISM_STORAGE_DRIVER": "s3",
        "PRISM_S3_BUCKET": "nobodys-bucket",
        "PRISM_S3_REGION": "us-east-1",
        "PRISM_S3_ENDPOINT": s3_emulator.endpoint,
        "PRISM_S3_FORCE_PATH_STYLE": "true",
        "PRISM_S3_ACCESS_KEY_ID": "a",
        "PRISM_S3_SECRET_ACCESS_KEY": "b",
    }
    out = io.StringIO()

    with serving(tmp_path, **bucket) as server:
        status = main(["doctor", "--registry", server.url], Environment(stdout=out, environ={**ME}))

    assert ExitStatus(status) is ExitStatus.FAILURE
    assert "there is no bucket `nobodys-bucket`" in out.getvalue()
    assert "fix: create it, or correct PRISM_S3_BUCKET" in out.getvalue()
