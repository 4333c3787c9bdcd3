"""Health: quick by default, thorough when asked."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.container import Container, installed
from chalicelib.settings import S3Settings, Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.testing.wrappers import CountingStore, Fault, FaultyStore
from tests.api.callers import Received, assert_problem, call
from tests.emulators import S3Emulator

ROOT = Path(__file__).parents[2]
ADMIN = "admin-token-of-this-test"
DEEP = "/v1/health?deep=true"


@pytest.fixture(scope="module")
def app() -> PrismApp:
    app = PrismApp("prism")
    app.mount(RESOURCES)
    return app


def ask(
    app: PrismApp,
    settings: Settings,
    address: str = DEEP,
    *,
    store: ObjectStore | None = None,
    **headers: str,
) -> Received:
    with installed(Container(settings, store=store)):
        return call(app, "GET", address, headers=headers)


def checks(answer: Received) -> dict[str, dict[str, Any]]:
    """Answer the checks by name, each held to its shape."""
    found = {check["name"]: check for check in answer.json["checks"]}
    assert len(found) == len(answer.json["checks"])
    for check in found.values():
        assert set(check) - {"fix"} == {"name", "status", "detail"}
        assert check["status"] in {"ok", "warning", "failed"}
        assert ("fix" in check) >= (check["status"] != "ok"), "what is wrong comes with what to do"
    return found


def s3(endpoint: str, bucket: str, **rest: Any) -> Settings:
    reached = S3Settings(
        bucket,
        "us-east-1",
        endpoint=endpoint,
        force_path_style=True,
        access_key_id="a",
        secret_access_key="b",
    )
    return Settings(storage_driver="s3", s3=reached, **rest)


def test_shallow_health_touches_no_storage(app: PrismApp) -> None:
    store = CountingStore(MemoryStore())

    answer = ask(app, Settings(storage_driver="memory"), "/v1/health", store=store)

    assert answer.json == {"status": "ok", "storage": {"driver": "memory"}, "artifacts": {"driver": "memory"}}
    assert store.calls == []


def test_deep_health_of_a_sound_registry_is_ok_and_leaves_nothing_behind(app: PrismApp) -> None:
    store = MemoryStore()

    answer = ask(app, Settings(storage_driver="memory"), store=store)

    assert (answer.status, answer.json["status"]) == (200, "ok")
    assert {name: check["status"] for name, check in checks(answer).items()} == {
        "settings": "ok",
        "conditional-writes": "ok",
    }
    assert list(store.list("")) == []
    assert answer.headers["cache-control"] == "no-store"


def test_a_bucket_that_is_not_set_up_degrades_the_registry(app: PrismApp, s3_emulator: S3Emulator) -> None:
    bucket = s3_emulator.new_bucket()

    answer = ask(app, s3(s3_emulator.endpoint, bucket))

    place = {"driver": "s3", "bucket": bucket, "prefix": "prism/", "endpoint": s3_emulator.endpoint}
    assert (answer.status, answer.json["status"]) == (200, "degraded")
    assert answer.json["storage"] == answer.json["artifacts"] == place
    assert {name for name, check in checks(answer).items() if check["status"] != "ok"} == {
        "notifications",
        "lifecycle",
    }


def test_a_bucket_that_does_not_exist_fails_the_registry_which_still_names_it(
    app: PrismApp, s3_emulator: S3Emulator
) -> None:
    answer = ask(app, s3(s3_emulator.endpoint, "nobodys-bucket"))

    assert (answer.status, answer.json["status"]) == (503, "failing")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["storage"]["bucket"] == "nobodys-bucket"
    assert checks(answer)["bucket"]["fix"] == "create it, or correct PRISM_S3_BUCKET"


def test_a_store_that_ignores_conditions_fails_the_registry_whatever_was_proven(app: PrismApp) -> None:
    class CreatesAgain(MemoryStore):
        def put(self, key: str, data: bytes, *, if_absent: bool = False, **rest: Any) -> str:
            return super().put(key, data, **rest)

    store = CreatesAgain()
    store.put("prism/probes/conditional-writes.json", b'{"probe": 1, "driver": "memory"}')

    answer = ask(app, Settings(storage_driver="memory"), store=store)

    assert answer.status == 503
    assert "replaced an object that was there" in checks(answer)["conditional-writes"]["detail"]


def test_a_store_that_does_not_answer_fails_the_registry(app: PrismApp) -> None:
    store = FaultyStore(MemoryStore(), Fault.UNAVAILABLE, at=1, times=1000)

    answer = ask(app, Settings(storage_driver="memory"), store=store)

    assert (answer.status, checks(answer)["conditional-writes"]["status"]) == (503, "failed")


def test_both_media_are_looked_at_where_there_are_two(
    app: PrismApp, s3_emulator: S3Emulator, tmp_path: Path
) -> None:
    settings = s3(
        s3_emulator.endpoint, s3_emulator.new_bucket(), artifact_driver="filesystem", storage_root=tmp_path
    )

    answer = ask(app, settings)

    assert answer.json["artifacts"] == {"driver": "filesystem", "root": str(tmp_path)}
    assert {"bucket", "artifacts root", "conditional-writes", "artifacts conditional-writes"} <= set(
        checks(answer)
    )
    assert "`prism/heads/`" in checks(answer)["notifications"]["detail"]
    assert "incoming" not in checks(answer)["notifications"]["detail"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        pytest.param(
            {"access": "open", "on_lambda": True}, "everybody may read and write", id="open-on-lambda"
        ),
        pytest.param({"on_lambda": True}, "a function forgets", id="memory-on-lambda"),
        pytest.param({"unknown": ("PRISM_ACESS",)}, "PRISM_ACESS is set, and", id="misspelt"),
    ],
)
def test_settings_that_are_hardly_meant_are_a_warning(
    app: PrismApp, settings: dict[str, Any], told: str
) -> None:
    answer = ask(app, Settings(storage_driver="memory", **settings))

    assert answer.json["status"] == "degraded"
    assert any(told in check["detail"] for check in answer.json["checks"] if check["name"] == "settings")


class TestWhoMayAsk:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(storage_driver="memory", access="token", admin_token=ADMIN)

    def test_deep_health_takes_an_admin(self, app: PrismApp, settings: Settings) -> None:
        assert ask(app, settings, Authorization=f"Bearer {ADMIN}").status == 200

    def test_without_a_token_it_tells_nothing(self, app: PrismApp, settings: Settings) -> None:
        store = CountingStore(MemoryStore())

        assert_problem(ask(app, settings, store=store), 401, "authentication_required")
        assert store.calls == []

    def test_with_a_lesser_token_it_tells_nothing(self, app: PrismApp, settings: Settings) -> None:
        container = Container(settings)
        with installed(container):
            made = call(
                app,
                "POST",
                "/v1/tokens",
                body=b'{"name": "ci", "scopes": ["publish"]}',
                headers={"Authorization": f"Bearer {ADMIN}", "content-type": "application/json"},
            )
            assert made.status == 201, made.json
            answer = call(app, "GET", DEEP, headers={"Authorization": f"Bearer {made.json['token']}"})

        assert_problem(answer, 403, "forbidden")

    def test_shallow_health_is_for_everybody(self, app: PrismApp, settings: Settings) -> None:
        assert ask(app, settings, "/v1/health").status == 200


def test_whether_deep_is_true_or_false_must_be_clear(app: PrismApp) -> None:
    assert_problem(
        ask(app, Settings(storage_driver="memory"), "/v1/health?deep=perhaps"), 400, "invalid_query"
    )


class TestMisconfigured:
    """A function whose settings cannot be read says so instead of failing to start."""

    PROGRAM = (
        "import json, sys\n"
        "import app\n"
        "from tests.api.callers import call\n"
        "answers = {}\n"
        "for method, address in [('GET', '/v1/health'), ('GET', '/v1/health?deep=true'), ('GET', '/v1/packages'),\n"
        "                        ('POST', '/v1/packages/demo'), ('GET', '/v1/openapi.json')]:\n"
        "    answer = call(app.app, method, address)\n"
        "    answers[f'{method} {address}'] = [answer.status, answer.json]\n"
        "failed = []\n"
        "for function in (app.publish_uploads, app.derive_packages):\n"
        "    try: function({'Records': []}, None)\n"
        "    except Exception as error: failed.append(type(error).__name__)\n"
        "print(json.dumps([answers, failed]))"
    )

    def run(self, **variables: str) -> tuple[dict[str, Any], list[str], str]:
        import json
        import os

        env = {"PATH": os.environ["PATH"], **variables}
        done = subprocess.run(
            [sys.executable, "-c", self.PROGRAM],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        answers, failed = json.loads(done.stdout)
        return answers, failed, done.stderr

    def test_every_request_is_answered_with_the_sentence(self) -> None:
        answers, _, logged = self.run(PRISM_STORAGE_DRIVER="s3")

        sentence = "PRISM_S3_BUCKET is not set, and the s3 driver keeps everything in it"
        for request in ("GET /v1/packages", "POST /v1/packages/demo", "GET /v1/openapi.json"):
            status, problem = answers[request]
            assert (status, problem["code"], problem["detail"]) == (500, "misconfigured", sentence)
        assert logged.count(f'"message": "misconfigured: {sentence}"') == 1

    def test_health_says_failing_with_the_sentence(self) -> None:
        answers, _, _ = self.run(PRISM_STORAGE_DRIVER="s3")

        for request in ("GET /v1/health", "GET /v1/health?deep=true"):
            status, document = answers[request]
            assert (status, document["status"]) == (503, "failing")
            assert document["checks"][0]["detail"].startswith("PRISM_S3_BUCKET is not set")

    def test_functions_fail_so_that_events_come_again(self) -> None:
        _, failed, _ = self.run(PRISM_STORAGE_DRIVER="s3")

        assert failed == ["InvalidSettings", "InvalidSettings"]

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("PRISM_S3_ENDPOINT", "user:hunter2-hunter2@minio"),
            ("PRISM_STORAGE_DRIVER", "hunter2-hunter2"),
            ("LOG_LEVEL", "hunter2-`hunter2`, which"),
            ("PRISM_ADMIN_TOKEN", "hunter2 hunter2"),
            ("PRISM_MAX_FILES", "hunter2-hunter2"),
        ],
    )
    def test_a_value_that_may_be_a_secret_is_told_to_nobody(self, variable: str, value: str) -> None:
        valid = {"PRISM_STORAGE_DRIVER": "s3", "PRISM_S3_BUCKET": "b", "PRISM_S3_REGION": "us-east-1"}

        answers, _, logged = self.run(**{**valid, variable: value})

        told = f"{answers} {logged.partition('Traceback')[0]}"
        assert "hunter2" not in told
        assert variable in answers["GET /v1/packages"][1]["detail"]

    def test_a_driver_that_cannot_be_opened_is_a_matter_of_settings_too(self, app: PrismApp) -> None:
        answer = ask(app, Settings(storage_driver="no.such.module:Store"), "/v1/packages")

        assert "no.such.module" not in answer.json["detail"]
        assert_problem(answer, 500, "misconfigured")
        assert ask(app, Settings(storage_driver="no.such.module:Store")).json["status"] == "failing"

    def test_a_known_word_in_the_wrong_place_may_be_told(self) -> None:
        answers, _, _ = self.run(PRISM_STORAGE_DRIVER="memory", PRISM_STAGE="prod", PRISM_ACCESS="open")

        detail = answers["GET /v1/packages"][1]["detail"]
        assert detail == "PRISM_ACCESS is `open`, which the stage prod refuses; set it to `token`"


def test_an_unsafe_store_is_told_of_and_no_repeat_is_asked_for(
    app: PrismApp, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.worlds import package

    settings = Settings(storage_driver="tests.storage.test_guard:CreatesAgain")
    with installed(Container(settings)), caplog.at_level(logging.INFO, logger="prism"):
        raw = {"content-type": "application/octet-stream"}
        answer = call(app, "POST", "/v1/packages/demo", body=package(), headers=raw)
        read = call(app, "GET", "/v1/packages/demo")

    problem = assert_problem(answer, 503, "unsafe_store")
    assert "create-only write" in problem["detail"]
    assert "honours conditional writes" in problem["detail"]
    assert problem["retryable"] is False
    assert "retry-after" not in answer.headers
    assert_problem(read, 404, "package_not_found")
