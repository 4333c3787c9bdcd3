"""Attestations and the trusted root over HTTP: what npm asks for, and who may change whom to trust."""

import base64
import hashlib
import json

import pytest

from chalicelib.npm.attestations.trust import default_root
from tests.api.callers import assert_problem
from tests.api.test_access import ADMIN, Guarded
from tests.cli.fake_registry import fake_registry
from tests.oracles.driver import ask
from tests.sigstore import SLSA, Json, Sigstore, statement
from tests.worlds import package

NAME = "@acme/widget"
AT = "/npm/-/npm/v1/attestations"


@pytest.fixture
def client() -> Guarded:
    return Guarded()


@pytest.fixture
def bundle(client: Guarded) -> Json:
    """Publish a package with an attestation."""
    made = Sigstore().bundle(statement(NAME, "1.0.0", "0" * 128))
    client.put_package(NAME)
    client.world.container.attesting.keep(NAME, "1.0.0", json.dumps(made).encode())
    return made


@pytest.mark.parametrize(
    "spec", ["@acme%2fwidget@1.0.0", "@acme/widget@1.0.0", "@acme%2Fwidget%401.0.0", "%40acme%2fwidget@1.0.0"]
)
def test_npm_finds_the_bundle_however_it_writes_the_version(client: Guarded, bundle: Json, spec: str) -> None:
    answer = client.ask("GET", f"{AT}/{spec}", client.token())

    assert answer.json == {"attestations": [{"predicateType": SLSA, "bundle": bundle}]}


def test_npm_follows_what_is_told_of_a_version_to_its_bundle_and_verifies_it(client: Guarded) -> None:
    sigstore, digest = Sigstore(), hashlib.sha512(package("1.0.0", name=NAME))
    attesting = client.world.container.attesting
    attesting.keep(
        NAME, "1.0.0", json.dumps(sigstore.bundle(statement(NAME, "1.0.0", digest.hexdigest()))).encode()
    )
    client.put_package(NAME)
    summary = attesting.summary(NAME, "1.0.0") or {}
    told = {
        "url": f"https://elsewhere.example/npm/{summary['path']}",
        "provenance": summary["provenance"],
    }
    dist = {
        "tarball": "https://elsewhere.example/npm/@acme/widget/-/widget-1.0.0.tgz",
        "integrity": f"sha512-{base64.b64encode(digest.digest()).decode()}",
        "attestations": told,
    }
    packument = {
        "name": NAME,
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": {"name": NAME, "version": "1.0.0", "dist": dist}},
    }
    with fake_registry() as registry:
        registry.answer("GET /npm/@acme%2fwidget", packument)
        path = f"{AT}/@acme%2Fwidget@1.0.0"
        registry.answer(f"GET {path}", client.ask("GET", path, ADMIN).json)
        case = {"registry": f"{registry.url}/npm/", "spec": f"{NAME}@1.0.0"}

        answers = ask("attested", [case | {"root": root} for root in (sigstore.root(), Sigstore().root())])

    assert answers == [{"attestations": told}, {"error": "EATTESTATIONVERIFY"}]


def test_a_version_without_an_attestation_has_none(client: Guarded, bundle: Json) -> None:
    client.put_package(NAME, "1.0.1")

    for version in ("1.0.1", "9.9.9"):
        refused = assert_problem(
            client.ask("GET", f"{AT}/@acme%2fwidget@{version}", ADMIN), 404, "attestation_not_found"
        )
        assert refused["error"] == f"`@acme/widget@{version}` has no attestation"
    assert_problem(client.ask("GET", f"{AT}/@acme%2fwidget", ADMIN), 400, "invalid_spec")


def test_who_may_not_read_a_package_is_not_told_of_its_attestations(client: Guarded, bundle: Json) -> None:
    stranger = client.token("read", "other")

    for spec in ("@acme%2fwidget@1.0.0", "@acme%2fnever@1.0.0", "@acme%2fwidget"):
        assert_problem(client.ask("GET", f"{AT}/{spec}", stranger), 404, "package_not_found")
    assert_problem(client.ask("GET", f"{AT}/@acme%2fwidget@1.0.0"), 401, "authentication_required")


def test_an_admin_sets_shows_and_resets_the_trusted_root(client: Guarded) -> None:
    root = Sigstore().root()

    first = client.ask("GET", "/v1/trust", ADMIN).json
    changed = client.ask("PUT", "/v1/trust", ADMIN, root).json
    shown = client.ask("GET", "/v1/trust", ADMIN).json
    reset = client.ask("DELETE", "/v1/trust", ADMIN).json

    assert first == {"source": "default", "root": default_root()}
    assert (changed["source"], changed["changedBy"], changed["root"]) == ("set", "admin", root)
    assert shown == changed
    assert (reset["source"], reset["root"]) == ("default", default_root())


def test_nobody_else_may(client: Guarded) -> None:
    token = client.token("publish")

    for method in ("GET", "PUT", "DELETE"):
        assert_problem(
            client.ask(method, "/v1/trust", token, {} if method == "PUT" else b""), 403, "forbidden"
        )


def test_what_is_no_root_is_refused(client: Guarded) -> None:
    assert_problem(client.ask("PUT", "/v1/trust", ADMIN, {"mediaType": "x"}), 400, "invalid_trusted_root")
    assert_problem(client.ask("PUT", "/v1/trust", ADMIN, [1]), 400, "invalid_payload")
