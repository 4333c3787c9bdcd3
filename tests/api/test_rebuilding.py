"""Rebuilding over HTTP: by whom, which portion, and what is told of it."""

import pytest

from tests.api.callers import assert_problem
from tests.api.test_access import ADMIN, Guarded


@pytest.fixture
def client() -> Guarded:
    """Give a registry with one package."""
    client = Guarded()
    client.put_package("demo")
    return client


def test_a_check_tells_what_it_has_found(client: Guarded) -> None:
    client.world.medium.delete("prism/files/demo/1.0.0.pack")

    answer = client.ask("POST", "/v1/rebuild", ADMIN, {"check": True})

    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json == {
        "examined": 13,
        "packages": 1,
        "versions": 1,
        "jobs": 1,
        "counts": {
            "index": {"equal": 1},
            "tarball": {"equal": 1},
            "pack": {"missing": 1},
            "manifest": {"equal": 1},
            "metadata": {"equal": 1},
            "text": {"equal": 1},
            "packument": {"equal": 2},
            "head": {"equal": 1},
            "entry": {"equal": 1},
            "job": {"equal": 3},
        },
        "findings": [{"kind": "pack", "key": "prism/files/demo/1.0.0.pack", "outcome": "missing"}],
    }


def test_a_rebuild_writes_what_is_missing(client: Guarded) -> None:
    before = client.ask("GET", "/packages/demo/1.0.0/index.js", ADMIN)
    client.world.medium.delete("prism/files/demo/1.0.0.pack")
    client.world.container = client.world.fresh()

    gone = client.ask("GET", "/packages/demo/1.0.0/index.js", ADMIN)
    rebuilt = client.ask("POST", "/v1/rebuild", ADMIN, {})
    after = client.ask("GET", "/packages/demo/1.0.0/index.js", ADMIN)

    assert rebuilt.json["counts"]["pack"] == {"missing": 1}
    assert (before.status, gone.status >= 400, after.body) == (200, True, before.body)


def test_a_portion_goes_on_behind_its_cursor(client: Guarded) -> None:
    for version in ("1.1.0", "1.2.0"):
        client.put_package("demo", version)

    body = {"check": True, "cursor": "packages demo 1.1.0", "seconds": 25}
    portion = client.ask("POST", "/v1/rebuild", ADMIN, body).json

    assert (portion["versions"], portion["packages"]) == (1, 1)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "invalid_payload", id="nothing"),
        pytest.param([], "invalid_payload", id="no-object"),
        pytest.param({"chekc": True}, "invalid_payload", id="misspelt"),
        pytest.param({"check": "yes"}, "invalid_payload", id="no-boolean"),
        pytest.param({"seconds": 0}, "invalid_payload", id="no-time"),
        pytest.param({"seconds": 26}, "invalid_payload", id="longer-than-a-gateway-waits"),
        pytest.param({"cursor": "x" * 1001}, "invalid_payload", id="a-long-cursor"),
        pytest.param({"cursor": "elsewhere"}, "invalid_query", id="no-cursor"),
        pytest.param({"cursor": "packages UP! x"}, "invalid_query", id="no-package"),
    ],
)
def test_what_cannot_be_understood_is_refused(client: Guarded, body: object, code: str) -> None:
    refused = client.ask("POST", "/v1/rebuild", ADMIN, body, content_type="application/json")

    assert_problem(refused, 400, code)


@pytest.mark.parametrize("scope", ["read", "publish"])
def test_only_an_admin_may_rebuild(scope: str) -> None:
    client = Guarded()

    refused = client.ask("POST", "/v1/rebuild", client.token(scope), {"check": True})
    nobody = client.ask("POST", "/v1/rebuild", None, {"check": True})
    allowed = client.ask("POST", "/v1/rebuild", ADMIN, {"check": True})

    assert (nobody.status, refused.status, allowed.status) == (401, 403, 200)
