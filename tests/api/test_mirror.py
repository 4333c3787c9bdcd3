"""Mirroring and importing as clients meet it: over HTTP, and with the npm that is on this machine."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import app
from chalicelib.container import installed
from tests.api.callers import Received, assert_problem, call
from tests.builders import gzipped, package_json, raw_entry, raw_tar
from tests.servers import serving
from tests.upstreams import Upstream, mirror_world, upstream
from tests.worlds import World, package, publish

ROOT = Path(__file__).parents[2]


@pytest.fixture
def behind() -> Iterator[Upstream]:
    with upstream() as registry:
        yield registry


@contextmanager
def registry(behind: Upstream | None, *own: str) -> Iterator[World]:
    """Let a registry answer that has an upstream."""
    world = mirror_world(behind.url if behind else None, *own)
    with installed(world.container):
        yield world


def get(address: str, **headers: str) -> Received:
    """Send a GET."""
    return call(app, "GET", address, headers=headers)


def post(specs: list[str]) -> Received:
    """Ask for specs to be imported."""
    body = json.dumps({"specs": specs}).encode()
    return call(app, "POST", "/v1/imports", headers={"Content-Type": "application/json"}, body=body)


def test_a_packument_has_an_etag_that_is_known_again(behind: Upstream) -> None:
    behind.add("left")
    with registry(behind):
        first = get("/npm/left", **{"Accept-Encoding": "gzip"})
        again = get("/npm/left", **{"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]})
        plain = get("/npm/left")
        plain_again = get("/npm/left", **{"If-None-Match": plain.headers["etag"]})

    assert [first.status, again.status, plain.status, plain_again.status] == [200, 304, 200, 304]
    assert plain.json["versions"]["1.0.0"]["dist"]["tarball"].endswith("/npm/left/-/left-1.0.0.tgz")


def test_a_tarball_is_fetched_when_it_is_asked_for(behind: Upstream) -> None:
    data = behind.add("left")
    with registry(behind):
        first = get("/npm/left/-/left-1.0.0.tgz")
        again = get("/npm/left/-/left-1.0.0.tgz")

    assert (first.status, first.body) == (200, data)
    assert (again.status, again.body) == (200, data)
    assert behind.paths() == ["/left", "/left/-/left-1.0.0.tgz"]


def test_what_is_refused_is_told_with_the_reason(behind: Upstream) -> None:
    escape = gzipped(
        raw_tar(
            raw_entry("package/package.json", json.dumps(package_json("left")).encode()),
            raw_entry("package/../../escape", b"x"),
        )
    )
    behind.add("left", data=escape)
    behind.add("right")
    behind.packuments["right"]["versions"]["1.0.0"]["dist"]["integrity"] = "sha512-AAAA"
    with registry(behind):
        refused = get("/npm/left/-/left-1.0.0.tgz")
        wrong = get("/npm/right/-/right-1.0.0.tgz")

    assert refused.status == 422
    assert refused.json["error"] == refused.json["detail"]
    assert_problem(wrong, 422, "upstream_integrity_mismatch")


def test_an_upstream_that_is_away_is_told_as_such() -> None:
    with upstream() as behind:
        pass
    with registry(behind):
        assert_problem(get("/npm/left"), 503, "upstream_unavailable")
        assert_problem(get("/npm/left/-/left-1.0.0.tgz"), 503, "upstream_unavailable")


def test_a_name_in_another_case_is_another_package_there(behind: Upstream) -> None:
    behind.add("left")
    with registry(behind) as world:
        for path in ("LEFT", "LEFT/latest", "-/package/LEFT/dist-tags"):
            assert_problem(get(f"/npm/{path}"), 404, "package_not_found")
        assert_problem(get("/npm/LEFT/-/left-1.0.0.tgz"), 404, "package_not_found")
        publish(world.container, name="mine")
        assert get("/npm/MINE").status == 200
    assert behind.asked == []


@pytest.mark.parametrize("name", ["__proto__", "..", "@acme", ".hidden", "a%00b", "%2e%2e%2fleft"])
def test_a_name_that_no_package_can_have_is_never_asked_for(behind: Upstream, name: str) -> None:
    with registry(behind):
        assert get(f"/npm/{name}").status in {400, 404}
    assert behind.asked == []


@pytest.mark.parametrize("name", ["constructor", "tostring", "hasownproperty"])
def test_a_name_that_objects_have_too_is_a_name_as_any(behind: Upstream, name: str) -> None:
    behind.add(name)
    with registry(behind):
        assert get(f"/npm/{name}").json["name"] == name
        assert get(f"/npm/{name}/-/{name}-1.0.0.tgz").status == 200


def test_names_of_ones_own_are_not_told_to_the_upstream(behind: Upstream) -> None:
    with registry(behind, "@acme/*"):
        assert_problem(get("/npm/@acme%2fleft"), 404, "package_not_found")
        assert_problem(get("/npm/@acme%2fleft/-/left-1.0.0.tgz"), 404, "package_not_found")
        assert_problem(get("/npm/@acme%2fleft/latest"), 404, "package_not_found")
        [item] = post(["@acme/left"]).json["items"]
    assert item["error"]["code"] == "package_owned"
    assert behind.asked == []


def test_credentials_of_users_never_go_to_the_upstream(behind: Upstream) -> None:
    behind.add("left")
    with registry(behind):
        get(
            "/npm/left/-/left-1.0.0.tgz",
            **{"Cookie": "a=b", "npm-otp": "123456", "X-Forwarded-For": "10.1.1.1"},
        )

    told = {name for _, headers in behind.asked for name in headers}
    assert told <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_versions_are_imported_each_with_its_own_answer(behind: Upstream) -> None:
    behind.add("left", dependencies={"right": "^1"})
    with registry(behind):
        [first, missing, beyond, wrong] = post(["left@^1", "right", "left@^9", "../x"]).json["items"]
        [again] = post(["left"]).json["items"]

    assert first["version"]["requires"] == ["right@^1"]
    assert first["version"]["created"] is True
    assert missing["error"]["code"] == "package_not_found"
    assert beyond["error"]["code"] == "version_not_found"
    assert wrong["error"]["status"] == 400
    told = {key: value for key, value in first["version"].items() if key != "job"}
    assert again["version"] == {**told, "created": False}


def test_nothing_is_imported_without_an_upstream_or_by_too_many() -> None:
    with registry(None):
        assert_problem(post(["left"]), 400, "no_upstream")
        assert_problem(post(["left"] * 21), 413, "too_many_specs")
        assert_problem(post([]), 400, "invalid_payload")


def npm(folder: Path, cache: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run npm with a cache and a configuration of its own."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "npm_config_cache": str(folder / cache),
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
        "npm_config_fetch_retries": "0",
        "npm_config_userconfig": str(folder / ".npmrc"),
    }
    return subprocess.run(
        ["npm", *arguments], cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def test_npm_installs_through_the_mirror_and_again_when_the_upstream_is_gone(tmp_path: Path) -> None:
    """The upstream is another Prism, which is stopped before the second install."""
    app_folder = tmp_path / "app"
    app_folder.mkdir()
    (app_folder / "package.json").write_text('{"name":"app","version":"1.0.0"}')
    (app_folder / ".npmrc").write_text("")
    with serving(tmp_path / "upstream") as there:
        _publish(there.url, package(name="@acme/left", dependencies={"right": "^1"}), "@acme/left")
        _publish(there.url, package(name="right"), "right")
        with serving(tmp_path / "mirror", PRISM_UPSTREAM_REGISTRY=f"{there.url}/npm") as here:
            first = npm(app_folder, "cache-1", "install", "@acme/left", "--registry", f"{here.url}/npm/")
    assert first.returncode == 0, first.stderr
    lock = json.loads((app_folder / "package-lock.json").read_text())["packages"]
    (app_folder / "package-lock.json").unlink()
    subprocess.run(["rm", "-rf", "node_modules"], cwd=app_folder, check=True)
    with serving(tmp_path / "mirror", PRISM_UPSTREAM_REGISTRY=f"{there.url}/npm") as here:
        second = npm(app_folder, "cache-2", "install", "@acme/left", "--registry", f"{here.url}/npm/")
    assert second.returncode == 0, second.stderr

    again = json.loads((app_folder / "package-lock.json").read_text())["packages"]
    for place in ("node_modules/@acme/left", "node_modules/right"):
        assert (app_folder / place / "index.js").is_file()
        assert again[place]["integrity"] == lock[place]["integrity"]


def test_npm_is_told_why_a_mirrored_package_cannot_be_changed(tmp_path: Path, behind: Upstream) -> None:
    behind.add("left")
    folder = tmp_path / "left"
    folder.mkdir()
    (folder / "package.json").write_text('{"name":"left","version":"2.0.0"}')
    with serving(tmp_path / "mirror", PRISM_UPSTREAM_REGISTRY=behind.url) as here:
        (folder / ".npmrc").write_text(f"registry={here.url}/npm/\n")
        installed_it = npm(folder, "cache", "install", "left@1", "--no-save", "--prefix", str(tmp_path / "x"))
        assert installed_it.returncode == 0, installed_it.stderr
        changed = {
            "deprecate": npm(folder, "cache", "deprecate", "left@1.0.0", "no"),
            "tag": npm(folder, "cache", "dist-tag", "add", "left@1.0.0", "beta"),
        }

    for how, done in changed.items():
        assert done.returncode != 0, how
        assert "is mirrored from the upstream" in done.stderr, done.stderr


def _publish(url: str, data: bytes, name: str) -> None:
    import urllib.request
    from urllib.parse import quote

    request = urllib.request.Request(
        f"{url}/v1/packages/{quote(name, safe='@')}",
        data=data,
        headers={"Content-Type": "application/octet-stream"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.status == 201
