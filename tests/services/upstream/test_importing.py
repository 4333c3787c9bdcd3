"""Versions of the upstream become versions of this registry, or nothing of them stays."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.domain.errors import (
    InvalidTarball,
    NameMismatch,
    PackageNotFound,
    PrismError,
    VersionMismatch,
)
from chalicelib.domain.names import PackageName
from chalicelib.domain.specs import PackageSpec
from chalicelib.domain.upstream import (
    BadUpstream,
    NoUpstream,
    UpstreamAddressRefused,
    UpstreamIntegrityMismatch,
    UpstreamUnavailable,
)
from chalicelib.npm.gzipping import unpacked
from chalicelib.services.upstream.importing import Imported
from tests.builders import gzipped, package_json, raw_entry, raw_tar
from tests.upstreams import Upstream, mirror_world, send, upstream
from tests.worlds import World, package

LEFT = PackageName("left")


def imported(world: World, *specs: str) -> list[Any]:
    """Import specs."""
    return world.container.importing.import_all(specs)


def reachable(world: World) -> list[str]:
    """Answer every key there is, but those of packuments and of what decides about nothing."""
    return [key for key in world.stored() if not key.startswith("prism/npm/")]


def test_a_mirrored_version_is_a_version_as_any(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    data = behind.add("left", "1.0.0")

    world.container.importing.ensure(LEFT, "1.0.0")

    assert b"".join(world.container.browsing.tarball(LEFT, "1.0.0").chunks) == data
    page = world.container.browsing.version_page(LEFT, "1.0.0")
    assert page.manifest.claim.source == "upstream"
    assert page.manifest.claim.publisher.name == "upstream"
    found = world.container.resolving.resolve(
        PackageSpec.parse("left@^1"), runtime="node", mode="import", base=""
    )
    assert found.entry_path == "index.js"
    head = world.container.heads.get("left")
    assert head is not None
    assert [event.type for event in head.events] == ["mirror", "publish"]
    assert [key for key in world.stored() if "staged" in key] == []


def test_what_is_here_is_not_fetched_again(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    world.container.importing.ensure(LEFT, "1.0.0")
    behind.paths()

    world.fresh().importing.ensure(LEFT, "1.0.0")

    assert behind.paths() == []


def test_who_asks_at_once_joins_the_first(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    processes = [world.container, world.container, world.fresh(), world.fresh()]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda process: process.importing.ensure(LEFT, "1.0.0"), processes))

    head = world.container.heads.get("left")
    assert head is not None
    assert [event.type for event in head.events] == ["mirror", "publish"]
    assert behind.paths().count("/left/-/left-1.0.0.tgz") <= 3  # once in each process


def test_latest_is_what_the_upstream_says_in_whatever_order_versions_come(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    for version in ("1.0.0", "3.0.0", "2.0.0"):
        behind.add("left", version)

    tags = []
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        world.container.importing.ensure(LEFT, version)
        head = world.container.heads.get("left")
        assert head is not None
        tags.append(head.view.tags)

    assert tags == [{"latest": "1.0.0"}, {"latest": "2.0.0"}, {"latest": "2.0.0"}]


def test_a_version_that_came_a_moment_ago_is_found(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "1.0.0")
    world.container.importing.ensure(LEFT, "1.0.0")
    behind.add("left", "1.1.0")

    world.container.importing.ensure(LEFT, "1.1.0")

    assert world.container.heads.committed("left", "1.1.0")


@pytest.mark.parametrize(
    ("integrity", "is_right"),
    [
        pytest.param("sha512-{sha512}", True, id="right"),
        pytest.param("sha512-{sha512}?option", True, id="with-an-option"),
        pytest.param("sha1-AAAA sha512-{sha512}", True, id="the-strongest-counts"),
        pytest.param("sha512-AAAA sha512-{sha512}", True, id="any-of-several"),
        pytest.param("sha384-{sha384}", True, id="sha384"),
        pytest.param("sha512-AAAA sha1-{sha1}", False, id="a-weaker-one-does-not-help"),
        pytest.param("sha512-AAAA", False, id="wrong"),
    ],
)
def test_bytes_are_held_to_the_strongest_digest(behind: Upstream, integrity: str, is_right: bool) -> None:
    world = mirror_world(behind.url)
    data = behind.add("left")
    digests = {
        name: base64.b64encode(hashlib.new(name, data).digest()).decode()
        for name in hashlib.algorithms_guaranteed
        if name in {"sha1", "sha384", "sha512"}
    }
    behind.packuments["left"]["versions"]["1.0.0"]["dist"]["integrity"] = integrity.format(**digests)

    if is_right:
        world.container.importing.ensure(LEFT, "1.0.0")
        return
    with pytest.raises(UpstreamIntegrityMismatch):
        world.container.importing.ensure(LEFT, "1.0.0")
    assert reachable(world) == []


def test_an_old_version_is_held_to_its_shasum(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    for version in ("1.0.0", "2.0.0"):
        behind.add("left", version)
        del behind.packuments["left"]["versions"][version]["dist"]["integrity"]
    behind.packuments["left"]["versions"]["2.0.0"]["dist"]["shasum"] = 40 * "0"

    world.container.importing.ensure(LEFT, "1.0.0")
    with pytest.raises(UpstreamIntegrityMismatch):
        world.container.importing.ensure(LEFT, "2.0.0")


@pytest.mark.parametrize(
    "dist", [{}, {"integrity": "md5-x", "shasum": "no hex"}, {"integrity": 1, "shasum": 2}]
)
def test_bytes_that_cannot_be_checked_are_not_taken(behind: Upstream, dist: dict[str, Any]) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    fields = behind.packuments["left"]["versions"]["1.0.0"]
    fields["dist"] = {"tarball": fields["dist"]["tarball"], **dist}

    with pytest.raises(BadUpstream, match="no digest"):
        world.container.importing.ensure(LEFT, "1.0.0")


def dangerous() -> bytes:
    """Answer a tarball that no registry should take."""
    return gzipped(
        raw_tar(
            raw_entry("package/package.json", json.dumps(package_json("left")).encode()),
            raw_entry("package/../../escape", b"x"),
        )
    )


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        pytest.param(dangerous(), InvalidTarball, id="dangerous"),
        pytest.param(b"no tarball", InvalidTarball, id="no-tarball"),
        pytest.param(package("1.0.0", name="right"), NameMismatch, id="another-name"),
        pytest.param(package("2.0.0", name="left"), VersionMismatch, id="another-version"),
    ],
)
def test_a_refused_tarball_leaves_nothing_that_a_read_can_reach(
    behind: Upstream, data: bytes, failure: type[PrismError]
) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "1.0.0", data)

    with pytest.raises(failure):
        world.container.importing.ensure(LEFT, "1.0.0")

    assert reachable(world) == []
    assert world.container.heads.get("left") is None


def test_a_tarball_may_be_anywhere_that_is_the_upstreams(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    data = behind.add("left")
    behind.packuments["left"]["versions"]["1.0.0"]["dist"]["tarball"] = f"{behind.url}/download/1"
    behind.replies["/download/1"] = data

    world.container.importing.ensure(LEFT, "1.0.0")

    assert behind.paths() == ["/left", "/download/1"]
    found = world.container.npm_reading.packument(LEFT, "full", base="http://localhost:8000/npm/", known=None)
    assert found.data is not None
    assert behind.url.encode() not in found.data + unpacked(found.data)


def test_an_address_that_may_hold_a_secret_is_not_told(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    data = behind.add("left")
    path = "/download/1?signature=secret"
    behind.packuments["left"]["versions"]["1.0.0"]["dist"]["tarball"] = behind.url + path
    behind.replies[path] = data

    found = world.container.npm_reading.packument(LEFT, "full", base="http://localhost:8000/npm/", known=None)
    world.container.importing.ensure(LEFT, "1.0.0")

    assert found.data is not None
    assert b"secret" not in found.data + unpacked(found.data)
    assert behind.paths() == ["/left", "/left", path]


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/left.tgz",
        "http://127.0.0.1:1/left.tgz",
        "file:///etc/passwd",
        "gopher://x/y",
        "//x",
    ],
)
def test_a_tarball_at_a_place_that_is_not_public_is_refused(behind: Upstream, address: str) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    behind.packuments["left"]["versions"]["1.0.0"]["dist"]["tarball"] = address

    with pytest.raises(UpstreamAddressRefused):
        world.container.importing.ensure(LEFT, "1.0.0")
    assert reachable(world) == []


def test_a_tarball_that_does_not_come_may_be_asked_for_again(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    data = behind.add("left")
    path = "/left/-/left-1.0.0.tgz"
    behind.replies[path] = lambda handler: send(handler, status=503)
    with pytest.raises(UpstreamUnavailable):
        world.container.importing.ensure(LEFT, "1.0.0")
    del behind.replies[path]
    with pytest.raises(BadUpstream, match="no tarball"):
        world.container.importing.ensure(LEFT, "1.0.0")
    behind.replies[path] = data

    world.container.importing.ensure(LEFT, "1.0.0")


def test_specs_pick_versions_by_npms_rules_and_tell_what_those_need(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "1.0.0")
    behind.add("left", "1.1.0", deprecated="do not")
    behind.add(
        "left",
        "2.0.0",
        dependencies={"a": "^1", "b": "npm:c@2", "d": "git+https://example.org/d.git", "e": "*", "f": "1"},
        optionalDependencies={"g": "~3"},
        peerDependencies={"h": ">=4", "i": "5"},
        peerDependenciesMeta={"i": {"optional": True}},
        bundleDependencies=["f"],
    )
    behind.packuments["left"]["dist-tags"]["next"] = "2.0.0"

    found = imported(world, "left@^1", "left@next", "left@latest", "left@9", "right", "left@file:x", "left@")

    assert [each.version for each in found[:3]] == ["1.0.0", "2.0.0", "2.0.0"]
    assert [each.created for each in found[:3]].count(True) == 2
    assert found[1].requires == ["h@>=4", "a@^1", "c@2", "e@*", "g@~3"]
    assert [each.code for each in found[3:6]] == ["version_not_found", "package_not_found", "invalid_spec"]
    assert isinstance(found[6], Imported)


def test_what_is_here_counts_as_imported_while_the_upstream_is_away() -> None:
    with upstream() as behind:
        world = mirror_world(behind.url)
        behind.add("left")
        imported(world, "left")

    [again, failed] = imported(world, "left@1", "right")

    assert (again.version, again.created) == ("1.0.0", False)
    assert isinstance(failed, UpstreamUnavailable)


def test_without_an_upstream_nothing_can_be_imported() -> None:
    with pytest.raises(NoUpstream):
        imported(mirror_world(None), "left")


def test_a_version_that_the_upstream_does_not_have_is_not_found(behind: Upstream) -> None:
    with pytest.raises(PackageNotFound):
        mirror_world(behind.url).container.importing.ensure(LEFT, "1.0.0")
