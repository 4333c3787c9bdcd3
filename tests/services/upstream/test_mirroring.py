"""Packuments of the upstream are kept, served from what is kept, and asked for again when they are old."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.domain.errors import PackageNotFound, VersionNotFound
from chalicelib.domain.names import PackageName
from chalicelib.domain.upstream import BadUpstream, UpstreamUnavailable
from chalicelib.npm import mirrored
from chalicelib.npm.gzipping import unpacked
from chalicelib.npm.versions import Form
from chalicelib.services.npm import rendering
from tests.services.rebuilding.rebuilt import rebuild
from tests.upstreams import Upstream, mirror_world, send, upstream
from tests.worlds import World, publish

BASE = "http://localhost:8000/npm/"
LEFT = PackageName("left")


def read(container: Container, name: str = LEFT, form: Form = "full", *, base: str = BASE) -> dict[str, Any]:
    """Read a packument."""
    found = container.npm_reading.packument(PackageName(name), form, base=base, known=None)
    assert found.data is not None
    document: dict[str, Any] = json.loads(unpacked(found.data))
    return document


def later(world: World, minutes: int = 10) -> Container:
    """Answer another process, after a while."""
    return Container(
        world.settings, store=world.store, now=lambda: datetime.now(UTC) + timedelta(minutes=minutes)
    )


def calls(world: World) -> list[str]:
    """Answer what was asked of the medium, and forget it."""
    made = [f"{call.verb} {call.key.split('/')[1]}" for call in world.store.calls]
    world.store.reset()
    return made


def test_a_packument_is_what_the_upstream_says_with_our_addresses(behind: Upstream) -> None:
    behind.add("left", "1.0.0", scripts={"postinstall": "x"}, dependencies={"a": "^1"}, deprecated="old")
    behind.add("left", "1.1.0", custom={"kept": [1]})

    full = read(mirror_world(behind.url).container)
    there = behind.packuments["left"]

    assert full["dist-tags"] == {"latest": "1.1.0"}
    assert full["time"] == there["time"]
    assert full["readme"] == "# left"
    assert full["maintainers"] == there["maintainers"]
    assert list(full["versions"]) == ["1.0.0", "1.1.0"]
    for version, fields in full["versions"].items():
        said = there["versions"][version]
        ours = {**said["dist"], "tarball": f"{BASE}left/-/left-{version}.tgz"}
        assert fields == {**said, "dist": ours}


def test_the_abbreviated_form_has_what_an_installation_needs(behind: Upstream) -> None:
    behind.add("left", scripts={"postinstall": "x"}, dependencies={"a": "^1"}, deprecated="old", custom=1)

    short = read(mirror_world(behind.url).container, form="abbreviated")

    assert "readme" not in short
    assert set(short["versions"]["1.0.0"]) == {
        "name",
        "version",
        "dependencies",
        "hasInstallScript",
        "deprecated",
        "dist",
    }


def test_a_package_with_a_scope_is_asked_for_as_clients_do(behind: Upstream) -> None:
    behind.add("@acme/left")

    full = read(mirror_world(behind.url).container, "@acme/left")

    assert behind.paths() == ["/@acme%2Fleft"]
    assert full["versions"]["1.0.0"]["dist"]["tarball"] == f"{BASE}@acme/left/-/left-1.0.0.tgz"


def test_who_knows_the_registry_by_another_address_gets_that(behind: Upstream) -> None:
    behind.add("left")

    full = read(mirror_world(behind.url).container, base="https://other.example/npm/")

    assert full["versions"]["1.0.0"]["dist"]["tarball"].startswith("https://other.example/npm/left/-/")


@pytest.mark.parametrize("form", ["full", "abbreviated"])
def test_a_fresh_packument_costs_one_read_and_asks_nobody(behind: Upstream, form: Form) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    read(world.container, form="full")
    behind.paths()
    world.store.reset()

    for container in (world.fresh(), world.container):
        read(container, form=form)
        assert calls(world) == ["get npm"]
    assert behind.paths() == []


@pytest.mark.parametrize("form", ["full", "abbreviated"])
def test_who_has_a_fresh_packument_is_told_so_without_bytes(behind: Upstream, form: Form) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    etag = world.container.npm_reading.packument(LEFT, form, base=BASE, known=None).etag
    world.store.reset()

    found = world.container.npm_reading.packument(LEFT, form, base=BASE, known=etag)

    assert found.data is None
    assert [(call.verb, call.bytes_out) for call in world.store.calls] == [("get", 0)]


@pytest.mark.parametrize("etags", [True, False])
def test_an_old_packument_that_has_not_changed_is_not_written_again(behind: Upstream, etags: bool) -> None:
    behind.etags = etags
    world = mirror_world(behind.url)
    behind.add("left")
    first = world.container.npm_reading.packument(LEFT, "full", base=BASE, known=None)
    world.store.reset()

    process = later(world)
    found = process.npm_reading.packument(LEFT, "full", base=BASE, known=first.etag)

    assert (found.etag, found.data) == (first.etag, None)
    assert calls(world) == ["get npm", "get npm", "get heads"]
    assert behind.paths() == ["/left", "/left"]
    process.npm_reading.packument(LEFT, "full", base=BASE, known=first.etag)
    assert behind.paths() == []


def test_an_old_packument_that_has_changed_is_replaced_in_both_forms(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    first = world.container.npm_reading.packument(LEFT, "full", base=BASE, known=None)
    behind.add("left", "2.0.0")

    process = later(world)
    found = process.npm_reading.packument(LEFT, "full", base=BASE, known=first.etag)

    assert found.etag != first.etag
    for form in ("full", "abbreviated"):
        assert read(world.fresh(), form=form)["dist-tags"] == {"latest": "2.0.0"}


def test_what_is_kept_is_served_while_the_upstream_is_away() -> None:
    with upstream() as behind:
        world = mirror_world(behind.url)
        behind.add("left")
        read(world.container)

    assert read(later(world))["dist-tags"] == {"latest": "1.0.0"}
    assert read(later(world), form="abbreviated")["dist-tags"] == {"latest": "1.0.0"}


def test_an_upstream_that_is_away_is_not_asked_for_each_package() -> None:
    with upstream() as behind:
        world = mirror_world(behind.url)
        for name in ("left", "right"):
            behind.add(name)
            read(world.container, name)
    process = later(world)
    read(process)
    with upstream() as again:
        assert process.settings.upstream is not None
        process.fetching.base = again.url
        again.add("right", "2.0.0")

        assert read(process, "right")["dist-tags"] == {"latest": "1.0.0"}
        assert again.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda handler: send(handler, b"no json"), id="not-json"),
        pytest.param(lambda handler: send(handler, b"[]"), id="no-object"),
        pytest.param(lambda handler: send(handler, b"{}"), id="about-nothing"),
        pytest.param(lambda handler: send(handler, b'{"name":"right","versions":{}}'), id="another-package"),
        pytest.param(lambda handler: send(handler, b'{"name":"LEFT","versions":{}}'), id="another-case"),
        pytest.param(lambda handler: send(handler, b'{"name":"left","versions":[]}'), id="versions"),
        pytest.param(lambda handler: send(handler, b'{"name":"left","dist-tags":1}'), id="tags"),
        pytest.param(lambda handler: send(handler, 99_999 * b"["), id="deep"),
        pytest.param(lambda handler: send(handler, b"", 403), id="forbidden"),
    ],
)
def test_what_is_no_packument_is_refused_and_what_is_kept_is_served(behind: Upstream, reply: Any) -> None:
    world = mirror_world(behind.url)
    behind.replies["/left"] = reply

    with pytest.raises(BadUpstream):
        read(world.container)
    assert world.stored() == []

    del behind.replies["/left"]
    behind.add("left")
    read(world.container)
    behind.replies["/left"] = reply
    assert read(later(world))["dist-tags"] == {"latest": "1.0.0"}


def test_what_no_client_could_use_is_left_out(behind: Upstream) -> None:
    behind.add("left", "1.0.0")
    document = behind.packuments["left"]
    sound = document["versions"]["1.0.0"]
    document["versions"] |= {
        "__proto__": sound,
        "constructor": {**sound, "version": "constructor"},
        "not-a-version": {**sound, "version": "not-a-version"},
        "../../1.0.0": {**sound, "version": "../../1.0.0"},
        "v2.0.0": {**sound, "version": "v2.0.0"},
        "3.0.0": sound,
        "4.0.0": {**sound, "version": "4.0.0", "name": "right"},
        "5.0.0": {**sound, "version": "5.0.0", "dist": {}},
        "6.0.0": 6,
    }
    document["dist-tags"] |= {
        "__proto__": "1.0.0",
        "1.x": "1.0.0",
        "gone": "9.9.9",
        "odd": {"a": 1},
        "a b": "1.0.0",
    }
    document["time"] |= {
        "__proto__": "2020-01-01",
        "1.5.0": "2020-02-02T00:00:00.000Z",
        "1.6.0": "yesterday",
        "x": 1,
    }

    full = read(mirror_world(behind.url).container)

    assert list(full["versions"]) == ["1.0.0"]
    assert full["dist-tags"] == {"latest": "1.0.0"}
    assert sorted(full["time"]) == ["1.0.0", "1.5.0", "created", "modified"]


def test_a_package_that_the_upstream_does_not_have_is_none_of_ours(behind: Upstream) -> None:
    world = mirror_world(behind.url)

    with pytest.raises(PackageNotFound):
        read(world.container)
    assert world.stored() == []


def test_a_package_that_went_from_the_upstream_stays(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    read(world.container)
    del behind.packuments["left"]

    assert read(later(world))["dist-tags"] == {"latest": "1.0.0"}


def test_a_name_in_another_case_is_not_asked_for_as_ours(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    read(world.container)
    behind.paths()

    with pytest.raises(PackageNotFound):
        world.container.npm_reading.packument(LEFT, "full", base=BASE, known=None, exact=False)
    assert behind.paths() == []


def test_without_an_upstream_what_was_mirrored_is_served(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    read(world.container)
    alone = mirror_world(None)
    without = Container(alone.settings, store=world.store)

    assert read(without)["dist-tags"] == {"latest": "1.0.0"}
    with pytest.raises(PackageNotFound):
        read(without, "right")


def test_while_the_upstream_is_away_what_came_from_there_makes_up_for_a_packument_that_cannot_be_read() -> (
    None
):
    with upstream() as behind:
        world = mirror_world(behind.url)
        behind.add("left", "1.0.0")
        behind.add("left", "1.1.0")
        world.container.importing.ensure(LEFT, "1.0.0")
    for form in ("full", "abbreviated"):
        world.medium.put(world.container.keys.packument(LEFT, form), b"damaged")

    assert list(read(later(world))["versions"]) == ["1.0.0"]


def away(behind: Upstream) -> None:
    """Let the upstream answer nothing about a package."""
    behind.replies["/left"] = lambda handler: send(handler, status=503)


@pytest.mark.parametrize("by", ["a read", "a rebuild"])
def test_what_makes_up_for_a_lost_packument_is_asked_for_again_once_the_upstream_answers(
    behind: Upstream, by: str
) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "1.0.0")
    behind.add("left", "1.1.0")
    world.container.importing.ensure(LEFT, "1.0.0")
    for form in ("full", "abbreviated"):
        world.medium.delete(world.container.keys.packument(LEFT, form))

    away(behind)
    if by == "a rebuild":
        rebuild(world.fresh())
    assert list(read(later(world))["versions"]) == ["1.0.0"]
    assert read(later(world), form="abbreviated")["dist-tags"] == {"latest": "1.0.0"}
    assert world.fresh().npm_reading.tags(LEFT) == {"latest": "1.0.0"}
    del behind.replies["/left"]

    assert list(read(later(world))["versions"]) == ["1.0.0", "1.1.0"]
    assert read(world.fresh(), form="abbreviated")["dist-tags"] == {"latest": "1.1.0"}


def test_a_form_that_is_there_stays_when_something_has_to_make_up_for_the_other(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "1.0.0")
    behind.add("left", "1.1.0")
    world.container.importing.ensure(LEFT, "1.0.0")
    world.medium.delete(world.container.keys.packument(LEFT, "abbreviated"))
    away(behind)

    assert list(read(later(world), form="abbreviated")["versions"]) == ["1.0.0"]
    assert list(read(later(world))["versions"]) == ["1.0.0", "1.1.0"]


def test_what_an_earlier_version_made_up_for_a_lost_packument_with_is_mended_by_a_rebuild(
    behind: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "1.0.0")
    world.container.importing.ensure(LEFT, "1.0.0")
    for form in ("full", "abbreviated"):
        world.medium.delete(world.container.keys.packument(LEFT, form))
    with monkeypatch.context() as earlier:
        earlier.setattr(rendering, "STAND_IN", {})
        rebuild(world.fresh())
    behind.add("left", "2.0.0")
    assert read(later(world))["dist-tags"] == {"latest": "1.0.0"}

    rebuild(world.fresh())

    assert read(later(world))["dist-tags"] == {"latest": "2.0.0"}


def test_a_version_and_the_tags_are_told_without_having_been_fetched(behind: Upstream) -> None:
    reading = mirror_world(behind.url).container.npm_reading
    behind.add("left", "1.0.0")
    behind.add("left", "1.1.0")

    assert reading.tags(LEFT) == {"latest": "1.1.0"}
    for wanted in ("1.0.0", "latest"):
        told = json.loads(reading.version(LEFT, wanted, base="https://x.example/npm/"))
        assert told["dist"]["tarball"].startswith("https://x.example/npm/left/-/left-1.")
    with pytest.raises(VersionNotFound):
        reading.version(LEFT, "3.0.0", base=BASE)
    with pytest.raises(PackageNotFound):
        reading.version(PackageName("right"), "3.0.0", base=BASE)


def test_a_package_of_very_many_versions_is_kept(behind: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        behind.add("left", f"1.0.{number}", b"x")
    document = behind.packuments["left"]
    for fields in document["versions"].values():
        fields["dist"]["tarball"] = f"{behind.url}/download/{fields['version']}"
    behind.add("left", "2.0.0")
    monkeypatch.setattr(mirrored, "MAX_ADDRESSES_BYTES", 1000)
    behind.replies["/download/1.0.7"] = b"no tarball"
    world = mirror_world(behind.url)

    assert len(read(world.container)["versions"]) == 301

    world.container.importing.ensure(LEFT, "2.0.0")
    # Too many addresses are unusual to be kept, so they are asked for again.
    assert behind.paths() == ["/left", "/left", "/left/-/left-2.0.0.tgz"]


def test_the_first_read_fails_clearly_while_the_upstream_is_away() -> None:
    with upstream() as behind:
        world = mirror_world(behind.url)

    with pytest.raises(UpstreamUnavailable, match="nobody answers"):
        read(world.container)
    publish(world.container, name="mine")
    assert read(world.container, "mine")["dist-tags"] == {"latest": "1.0.0"}
