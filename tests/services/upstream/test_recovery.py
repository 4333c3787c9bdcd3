"""Whatever a worker dies at while it takes a version from the upstream, nothing half is seen and a repeat finishes."""

import pytest

from chalicelib.container import Container
from chalicelib.domain.errors import PackageNotFound, PrismError, VersionNotFound
from chalicelib.domain.names import PackageName
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.upstreams import Upstream, mirror_world

LEFT = PackageName("left")
CALLS_AT_MOST = 90


@pytest.mark.parametrize("fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER, Fault.UNAVAILABLE])
def test_a_version_is_taken_whole_or_not_at_all(behind: Upstream, fault: Fault) -> None:
    data = behind.add("left")
    for number in range(1, CALLS_AT_MOST, 3):
        world = mirror_world(behind.url)
        dying = Container(world.settings, store=FaultyStore(world.medium, fault, at=number))
        try:
            dying.importing.ensure(LEFT, "1.0.0")
        except (Death, PrismError, StorageUnavailable):
            reader = world.fresh()
            try:
                assert b"".join(reader.browsing.tarball(LEFT, "1.0.0").chunks) == data
            except (PackageNotFound, VersionNotFound):
                assert not reader.heads.committed(LEFT, "1.0.0")

        again = world.later(world.medium)
        again.importing.ensure(LEFT, "1.0.0")

        assert b"".join(again.browsing.tarball(LEFT, "1.0.0").chunks) == data
        head = again.heads.get(LEFT)
        assert head is not None
        assert [event.type for event in head.events] == ["mirror", "publish"]
