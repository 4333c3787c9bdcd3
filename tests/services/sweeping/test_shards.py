"""Shards that no snapshot names are removed."""

from tests.services.sweeping.swept import Registry, leave_shard, task
from tests.worlds import publish


class TestShards:
    """Shards that no snapshot names are removed."""

    def test_a_shard_that_a_dead_fold_has_written_is_removed_after_an_hour(self, registry: Registry) -> None:
        publish(registry.process())
        registry.process().index.fold()
        named = registry.lying("index/shards/")
        orphan = leave_shard(registry)
        assert task(registry.sweep(), "shards").done == 0
        registry.clock.forward(hours=2)

        assert task(registry.sweep(), "shards").named == [orphan]
        assert registry.lying("index/shards/") == named
        assert registry.listed() == [("demo", "1.0.0")]

    def test_shards_that_are_in_use_or_retired_are_kept(self, registry: Registry) -> None:
        for number in range(3):
            publish(registry.process(), f"{number}.0.0")
            registry.process().index.fold()
        before = registry.lying("index/shards/")
        registry.clock.forward(days=1)

        told = task(registry.sweep(), "shards")

        assert (told.examined, told.done) == (2, 0)
        assert registry.lying("index/shards/") == before

    def test_nothing_is_removed_when_the_snapshot_cannot_be_read(self, registry: Registry) -> None:
        leave_shard(registry)
        registry.put("index/snapshot.json", b"{")
        registry.clock.forward(hours=2)

        told = task(registry.sweep(), "shards")

        assert (told.done, told.failed, told.left) == (0, 1, True)
        assert len(registry.lying("index/shards/")) == 1
