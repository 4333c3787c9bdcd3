"""A package is one's own or the upstream's, and never both: nobody can slip theirs in under another's name."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib.container import Container
from chalicelib.domain.errors import PackageNotFound, PrismError, VersionNotFound
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.domain.publishers import TrustedPublisher
from chalicelib.domain.upstream import PackageMirrored, PackageOwned
from chalicelib.npm.gzipping import unpacked
from chalicelib.services.publishing import PublishRequest, analyze, commit
from chalicelib.settings import InvalidSettings
from tests.upstreams import Upstream, mirror_world
from tests.worlds import World, package, publish

BASE = "http://localhost:8000/npm/"
LEFT = PackageName("left")


def versions(container: Container, name: PackageName = LEFT) -> list[str]:
    """Answer the versions in a packument."""
    found = container.npm_reading.packument(name, "full", base=BASE, known=None)
    assert found.data is not None
    return list(json.loads(unpacked(found.data))["versions"])


def later(world: World) -> Container:
    """Answer another process, after a while."""
    return Container(world.settings, store=world.store, now=lambda: datetime.now(UTC) + timedelta(minutes=10))


def test_a_name_of_ones_own_never_falls_through(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    publish(world.container, "1.0.0", name="left")
    behind.add("left", "99.0.0")

    for container in (world.container, later(world)):
        assert versions(container) == ["1.0.0"]
        with pytest.raises(PackageOwned):
            container.importing.ensure(LEFT, "99.0.0")
        assert container.npm_reading.tags(LEFT) == {"latest": "1.0.0"}
        with pytest.raises(VersionNotFound):
            container.npm_reading.version(LEFT, "99.0.0", base=BASE)
    assert behind.asked == []


def test_a_name_of_ones_own_stays_so_when_all_of_it_is_unpublished(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    publish(world.container, "1.0.0", name="left")
    head = world.container.heads.get("left")
    assert head is not None
    world.container.npm_writing.unpublish(LEFT, str(head.seq), actor="Alice")
    behind.add("left", "99.0.0")

    for container in (world.container, later(world)):
        with pytest.raises(PackageNotFound):
            versions(container)
        with pytest.raises(PackageOwned):
            container.importing.ensure(LEFT, "99.0.0")
    assert behind.asked == []


def test_a_name_that_is_to_be_ones_own_is_never_asked_for(behind: Upstream) -> None:
    world = mirror_world(behind.url, "@acme/*", "left-*")
    for name in map(PackageName, ("@acme/left", "left-pad")):
        behind.add(name)

        with pytest.raises(PackageNotFound):
            versions(world.container, name)
        with pytest.raises(PackageNotFound):
            world.container.npm_reading.tags(name)
        with pytest.raises(PackageOwned):
            world.container.importing.ensure(name, "1.0.0")
        [refused] = world.container.importing.import_all([name])
        assert isinstance(refused, PackageOwned)
        publish(world.container, name=name)
        assert versions(world.container, name) == ["1.0.0"]
    assert behind.asked == []


def test_a_name_that_becomes_ones_own_by_a_setting_is_served_no_longer(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    world.container.importing.ensure(LEFT, "1.0.0")
    known = world.container.npm_reading.packument(LEFT, "full", base=BASE, known=None).etag
    for url in (behind.url, None):
        strict = Container(mirror_world(url, "left").settings, store=world.store)

        with pytest.raises(PackageNotFound):
            versions(strict)
        with pytest.raises(PackageNotFound):
            strict.npm_reading.packument(LEFT, "full", base=BASE, known=known)


def test_a_pattern_that_means_nothing_is_a_setting_to_be_corrected(behind: Upstream) -> None:
    with pytest.raises(InvalidSettings, match="PRISM_OWN_PACKAGES"):
        _ = mirror_world(behind.url, "@acme").container.own_packages


def test_a_mirrored_name_cannot_be_published(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    world.container.importing.ensure(LEFT, "1.0.0")
    before = world.stored()

    for version in ("1.0.0", "2.0.0"):
        with pytest.raises(PackageMirrored):
            publish(world.container, version, name="left")
        with pytest.raises(PackageMirrored):
            publish(world.container, version, name="left", publisher=Publisher(name="upstream"))
    assert world.stored() == before


def test_what_was_mirrored_cannot_be_published_again_as_ones_own(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    data = behind.add("left")
    world.container.importing.ensure(LEFT, "1.0.0")

    request = PublishRequest(
        publisher=Publisher(name="upstream"), source="api", name=LEFT, tag="mine", data=data
    )
    with pytest.raises(PackageMirrored):
        world.container.publishing.publish(request)
    head = world.container.heads.get("left")
    assert head is not None
    assert head.view.tags == {"latest": "1.0.0"}


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.npm_writing.deprecate(
            LEFT, {"versions": {"1.0.0": {"deprecated": "x"}}}, actor="Alice"
        ),
        lambda it: it.npm_writing.unpublish(LEFT, "2", actor="Alice"),
        lambda it: it.npm_writing.keep(LEFT, "2", {"versions": {}}, actor="Alice"),
        lambda it: it.npm_writing.own(
            LEFT, "2", {"maintainers": [{"name": "me"}]}, actor="Alice", is_admin=True
        ),
        lambda it: it.curating.tag(LEFT, "beta", "1.0.0", actor="Alice"),
        lambda it: it.curating.untag(LEFT, "beta", actor="Alice"),
        lambda it: it.curating.yank(LEFT, "1.0.0", "x", actor="Alice"),
    ],
)
def test_a_mirrored_package_is_changed_by_nobody_here(behind: Upstream, change: Any) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    world.container.importing.ensure(LEFT, "1.0.0")

    with pytest.raises(PackageMirrored):
        change(world.container)


def test_a_name_that_was_only_looked_at_may_become_ones_own(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "99.0.0")
    known = world.container.npm_reading.packument(LEFT, "full", base=BASE, known=None).etag

    publish(world.container, "1.0.0", name="left")

    for container in (world.container, world.fresh(), later(world)):
        assert versions(container) == ["1.0.0"]
        assert container.npm_reading.packument(LEFT, "full", base=BASE, known=known).data is not None
        with pytest.raises(PackageOwned):
            container.importing.ensure(LEFT, "99.0.0")


def test_a_name_becomes_ones_own_also_when_its_publisher_dies_before_its_packument_is_made(
    behind: Upstream,
) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "99.0.0")
    versions(world.container)
    with (
        patch.object(world.container.deriving, "follow", side_effect=OSError("died")),
        pytest.raises(OSError),
    ):
        publish(world.container, "1.0.0", name="left")

    assert versions(later(world)) == ["1.0.0"]


def test_a_list_of_publishers_says_nothing_of_the_upstream(behind: Upstream) -> None:
    world = mirror_world(behind.url)
    behind.add("left")
    allowed = TrustedPublisher(name="alice", packages=["mine"], allowed_at="x", allowed_by="y")
    world.container.publishers.change(lambda listed: listed.allowing(allowed))

    world.container.importing.ensure(LEFT, "1.0.0")

    assert world.container.heads.committed("left", "1.0.0")


def race(world: World, stage: Any) -> tuple[list[Any], Container]:
    """Publish `left` here and take it from the upstream so that both are at the beginning of a stage at once."""
    meet = Barrier(2, timeout=20)
    execute = stage.execute

    def together(work: Any, watch: Any) -> Any:
        meet.wait()
        return execute(work, watch)

    def attempt(how: Any) -> Any:
        try:
            return how()
        except PrismError as error:
            return error

    mine, theirs = world.fresh(), world.fresh()
    with patch.object(stage, "execute", together), ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(
                attempt,
                [
                    lambda: publish(mine, "1.0.0", name="left"),
                    lambda: theirs.importing.ensure(LEFT, "99.0.0"),
                ],
            )
        )
    return found, world.fresh()


@pytest.mark.parametrize("stage", [analyze, commit])
@pytest.mark.parametrize("again", range(3))
def test_of_a_publish_and_a_mirrored_version_at_once_one_wins_whole(
    behind: Upstream, stage: Any, again: int
) -> None:
    world = mirror_world(behind.url)
    behind.add("left", "99.0.0")

    (mine, theirs), process = race(world, stage)

    head = process.heads.get("left")
    assert head is not None
    if head.is_mirrored:
        assert isinstance(mine, PackageMirrored)
        assert theirs is None
        assert list(head.view.versions) == versions(process) == ["99.0.0"]
    else:
        assert isinstance(theirs, PackageOwned)
        assert mine.created
        assert list(head.view.versions) == versions(process) == ["1.0.0"]


def test_a_version_of_the_upstream_never_takes_a_number_of_ones_own(behind: Upstream) -> None:
    """The name is taken first, so a mirrored version that loses has claimed nothing."""
    world = mirror_world(behind.url)
    behind.add("left", "1.0.0", package("1.0.0", name="left", files={"index.js": "theirs"}))
    execute = analyze.execute

    def beaten(work: Any, watch: Any) -> Any:
        finished = execute(work, watch)
        if work.source == "upstream":
            publish(world.fresh(), "0.9.0", name="left")
        return finished

    with patch.object(analyze, "execute", beaten), pytest.raises(PackageOwned):
        world.container.importing.ensure(LEFT, "1.0.0")

    assert world.container.manifests.get("left", "1.0.0") is None
    assert publish(world.fresh(), "1.0.0", name="left").created
