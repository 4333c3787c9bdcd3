"""Archives that serve no longer are removed, and none that somebody may be downloading."""

import pytest

from chalicelib.domain.archives.errors import ArchiveNotFound
from chalicelib.domain.specs import PackageSpec
from chalicelib.services.archiving import Standing
from chalicelib.services.buckets import Visitor
from chalicelib.stores.sweeping import Rooms
from tests.services.sweeping.swept import Registry, task
from tests.worlds import publish


@pytest.fixture
def ordered(registry: Registry) -> Standing:
    publish(registry.process())
    return order(registry)


def order(registry: Registry) -> Standing:
    return registry.process().archiving.of_packages([PackageSpec.parse("demo")], "zip").standing


def test_an_archive_is_left_for_a_day_after_it_serves_no_longer(
    registry: Registry, ordered: Standing
) -> None:
    registry.clock.forward(days=7, seconds=1)
    with pytest.raises(ArchiveNotFound):
        registry.process().archiving.of(ordered.archive, Visitor())

    assert task(registry.sweep(), "archives").done == 0
    assert registry.lying("archives/") == [f"{ordered.archive.id}.json", f"{ordered.archive.id}.zip"]
    registry.clock.forward(days=1)

    assert task(registry.sweep(), "archives").done == 2
    assert registry.lying("archives/") == []
    assert order(registry).info is not None


def test_one_that_was_made_again_is_kept(registry: Registry, ordered: Standing) -> None:
    registry.clock.forward(days=7, seconds=1)
    assert order(registry).archive == ordered.archive
    registry.clock.forward(days=6)

    assert task(registry.sweep(), "archives").done == 0
    assert registry.process().archiving.of(ordered.archive, Visitor()).info is not None


def test_one_that_is_made_again_while_it_is_looked_at_is_kept(registry: Registry, ordered: Standing) -> None:
    listed = registry.clock()
    registry.clock.forward(days=8)
    assert order(registry).info is not None
    keys, store = registry.process().artifact_keys, registry.store

    assert not Rooms(store, keys, store, keys).remove_archive(f"{ordered.archive.id}.zip", listed)
    assert not Rooms(store, keys, store, keys).remove_archive("none.zip", listed)
