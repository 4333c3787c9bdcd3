"""What npm tells of packages: every command that reads, and what it prints."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import package_json, tarball
from tests.clients.npm import Npm
from tests.clients.registries import Registry, open_registry
from tests.clients.tree import project
from tests.clients.wire import put_package

WIDGET = {
    "description": "A widget of brass",
    "keywords": ["brass", "gadget"],
    "license": "MIT",
    "main": "index.js",
    "repository": {"type": "git", "url": "git+https://git.example.org/widget.git"},
}


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with open_registry() as registry:
        for version, tag in (("1.0.0", "latest"), ("1.1.0", "latest"), ("2.0.0-rc.1", "next")):
            described = package_json("@acme/widget", version, **WIDGET)
            data = tarball({"package.json": described, "index.js": f"module.exports = {version!r}\n"})
            put_package(registry.url, described, data, tag=tag)
        yield registry


@pytest.fixture
def npm(registry: Registry, tmp_path: Path) -> Npm:
    return Npm(tmp_path / "home", registry.url)


def test_view_shows_the_latest_version_a_version_and_a_tag(npm: Npm) -> None:
    page = npm.run("view", "@acme/widget", cwd=npm.home).well().out

    assert "@acme/widget@1.1.0 | MIT | deps: none | versions: 3" in page
    assert "A widget of brass" in page
    assert "keywords: brass, gadget" in page
    assert "next: 2.0.0-rc.1" in page
    assert f".tarball: {npm.registry}@acme/widget/-/widget-1.1.0.tgz" in page
    assert npm.asked("view", "@acme/widget@1.0.0", "version") == "1.0.0"
    assert npm.asked("view", "@acme/widget@next", "version") == "2.0.0-rc.1"


def test_view_shows_fields(npm: Npm) -> None:
    found = npm.asked("view", "@acme/widget@^1", "version", "dist.integrity")
    whole = npm.asked("view", "@acme/widget", "time", "versions", "dist-tags")

    assert [each["version"] for each in found] == ["1.0.0", "1.1.0"]
    assert all(each["dist.integrity"].startswith("sha512-") for each in found)
    assert whole["versions"] == ["1.0.0", "1.1.0", "2.0.0-rc.1"]
    assert whole["dist-tags"] == {"latest": "1.1.0", "next": "2.0.0-rc.1"}
    assert {"created", "modified", *whole["versions"]} <= whole["time"].keys()


def test_view_says_that_there_is_no_such_package_or_version(npm: Npm) -> None:
    npm.run("view", "nothing-of-the-kind", cwd=npm.home).badly("E404", "nothing-of-the-kind")
    npm.run("view", "@acme/widget@9.9.9", cwd=npm.home).badly("E404", "No match found for version 9.9.9")


def test_search_finds_packages(npm: Npm) -> None:
    (found,) = npm.asked("search", "widget")
    page = npm.run("search", "widget", cwd=npm.home).well().out

    assert (found["name"], found["version"]) == ("@acme/widget", "1.1.0")
    assert "@acme/widget\nA widget of brass\nVersion 1.1.0 published" in page
    assert npm.asked("search", "nothing-of-the-kind") == []


def test_ping_is_answered(npm: Npm) -> None:
    assert "PONG" in npm.run("ping", cwd=npm.home).well().text


def test_pack_fetches_a_package(npm: Npm, tmp_path: Path) -> None:
    (packed,) = npm.asked("pack", "@acme/widget@1.0.0", cwd=tmp_path)

    assert packed["id"] == "@acme/widget@1.0.0"
    assert packed["integrity"] == npm.asked("view", "@acme/widget@1.0.0", "dist.integrity")
    assert (tmp_path / packed["filename"]).is_file()


def test_an_installed_package_is_outdated(npm: Npm, tmp_path: Path) -> None:
    folder = _installed(npm, tmp_path / "project")

    outdated = npm.run("outdated", "--json", cwd=folder)

    (told,) = json.loads(outdated.out).items()
    assert told[0] == "@acme/widget"
    assert (told[1]["current"], told[1]["wanted"], told[1]["latest"]) == ("1.0.0", "1.0.0", "1.1.0")


def test_an_installed_package_is_audited(npm: Npm, tmp_path: Path) -> None:
    folder = _installed(npm, tmp_path / "project")

    assert "found 0 vulnerabilities" in npm.run("audit", cwd=folder).well().out


def _installed(npm: Npm, folder: Path) -> Path:
    """Answer a project in which an old version is installed."""
    wanted = {"name": "application", "version": "1.0.0", "dependencies": {"@acme/widget": "1.0.0"}}
    npm.run("install", cwd=project(folder, wanted)).well()
    return folder
