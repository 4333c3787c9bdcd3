"""Publishing survives every fault: death or failure at any storage call loses nothing and shows nothing half."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib.container import Container
from chalicelib.domain.errors import PackageNotFound, PrismError, VersionNotFound
from chalicelib.domain.names import PackageName
from chalicelib.storage.port import ObjectStore, StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.worlds import World, beside, filesystem_world, memory_world, package, publish, r2_world, s3_world

NAME = PackageName("demo")
FILES = {"index.js": "export * from './lib/a.js'\n", "lib/a.js": "export const a = 1\n"}
CALLS_AT_MOST = 80
DEATHS = [Fault.DEATH_BEFORE, Fault.DEATH_AFTER]
FAILURES = [Fault.UNAVAILABLE, Fault.LOST_RESPONSE]
FAULTS = [*DEATHS, *FAILURES]


@dataclass(frozen=True)
class Medium:
    """Makes registries that have nothing in common, and says at which calls each fault is tried over it."""

    new_world: Callable[[int], World]
    step: int = 1
    offset: int = 0

    def calls(self, fault: Fault) -> range:
        """Answer the numbers of the calls at which a fault is tried."""
        return range(1 + (FAULTS.index(fault) + self.offset) % self.step, CALLS_AT_MOST, self.step)


@pytest.fixture(params=["memory", "filesystem", "s3", "r2"])
def medium(request: pytest.FixtureRequest, tmp_path: Path) -> Medium:
    """Give a medium; in a bucket each call has one of the faults by turns, and not the same in both kinds of bucket."""
    if request.param == "memory":
        return Medium(lambda _: memory_world())
    if request.param == "filesystem":
        return Medium(lambda number: filesystem_world(tmp_path / str(number)))
    emulator = request.getfixturevalue("s3_emulator")
    make = s3_world if request.param == "s3" else r2_world
    first = make(emulator.endpoint, emulator.new_bucket())
    offset = 0 if request.param == "s3" else len(DEATHS)
    return Medium(lambda number: beside(first, f"{number}/"), len(FAULTS), offset)


def visible(world: World) -> list[str]:
    """Answer the versions that a new process sees, having read everything there is of each."""
    reader = world.fresh()
    try:
        page = reader.browsing.page(NAME)
    except PackageNotFound:
        assert_nothing_is_readable(world)
        return []
    for version in page.versions:
        assert_whole(reader, version)
    return page.versions


def assert_whole(reader: Container, version: str) -> None:
    """Read everything a visible version must have."""
    page = reader.browsing.version_page(NAME, version)
    tarball = reader.browsing.tarball(NAME, version)
    assert page.manifest.integrity == tarball.integrity
    assert reader.artifacts.stored_tarball(NAME, version) == package(version, files=dict(FILES))
    for path, content in FILES.items():
        assert reader.serving.read(reader.serving.find(NAME, version, path)) == content.encode()


def assert_nothing_is_readable(world: World) -> None:
    """Show that no part of a version that is not committed can be read."""
    reader = world.fresh()
    for read in (
        lambda: reader.browsing.version_page(NAME, "1.0.0"),
        lambda: reader.browsing.tarball(NAME, "1.0.0"),
        lambda: reader.browsing.files(NAME, "1.0.0"),
        lambda: reader.serving.find(NAME, "1.0.0", "index.js"),
    ):
        with pytest.raises((PackageNotFound, VersionNotFound)):
            read()
    assert world.fresh().searching.packages(after="", limit=10).packages == []


def attempt(world: World, store: ObjectStore, version: str) -> bool:
    """Publish through a store that may fail; answers whether it came to its end."""
    try:
        publish(world.fresh(store), version, files=dict(FILES))
    except (Death, StorageUnavailable, PrismError):
        return False
    return True


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
def test_a_fault_at_any_storage_call_loses_nothing_and_a_repeat_succeeds(
    medium: Medium, fault: Fault
) -> None:
    for call in medium.calls(fault):
        world = medium.new_world(call)
        faulty = FaultyStore(world.medium, fault, at=call)
        finished = attempt(world, faulty, "1.0.0")
        if not faulty.struck:
            assert finished
            return
        seen = visible(world)
        assert seen in ([], ["1.0.0"])
        assert seen == ["1.0.0"] or not finished

        publish(world.later(), files=dict(FILES))

        assert visible(world) == ["1.0.0"]
        assert [line.name for line in world.fresh().searching.packages(after="", limit=10).packages] == [
            "demo"
        ]
    pytest.fail("the publish never came to its end")


@pytest.mark.parametrize("fault", DEATHS, ids=lambda fault: fault.name.lower())
def test_a_death_while_publishing_harms_no_version_published_before(medium: Medium, fault: Fault) -> None:
    for call in medium.calls(fault):
        world = medium.new_world(call)
        publish(world.container, files=dict(FILES))
        faulty = FaultyStore(world.medium, fault, at=call)
        attempt(world, faulty, "1.1.0")
        seen = visible(world)
        assert seen in (["1.0.0"], ["1.0.0", "1.1.0"])
        if not faulty.struck:
            assert seen == ["1.0.0", "1.1.0"]
            return
    pytest.fail("the publish never came to its end")


def test_what_a_dead_writer_began_is_the_same_when_another_finishes_it() -> None:
    undisturbed = memory_world()
    publish(undisturbed.container, files=dict(FILES))
    for call in range(1, CALLS_AT_MOST):
        world = memory_world()
        faulty = FaultyStore(world.medium, Fault.DEATH_AFTER, at=call)
        attempt(world, faulty, "1.0.0")
        manifest = world.fresh().manifests.get(NAME, "1.0.0")
        publish(world.later(), files=dict(FILES))
        after = world.fresh().manifests.get(NAME, "1.0.0")
        assert manifest is None or manifest == after
        if not faulty.struck:
            return
    pytest.fail("the publish never came to its end")
