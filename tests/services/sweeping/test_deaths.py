"""A sweep comes to the same end wherever it dies, whoever else is at it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.domain.errors import PrismError
from chalicelib.settings import S3Settings, Settings
from chalicelib.storage import open_store
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import StorageUnavailable
from chalicelib.storage.testing.wrappers import Death, Fault, FaultyStore
from tests.services.sweeping.swept import Registry, leave_shard, task
from tests.worlds import publish

DEATHS = [Fault.DEATH_BEFORE, Fault.DEATH_AFTER]
CALLS_AT_MOST = 400


def leave_everything(registry: Registry) -> None:
    """Leave something for every task: a publish that died, a package not found, staged bytes, a shard."""
    publish(registry.process(), name="lost")
    registry.forget("index/")
    assert registry.die_publishing(at=20)
    registry.put(f"staged/{'0' * 64}.tgz")
    leave_shard(registry)
    registry.clock.forward(hours=2)


def state(registry: Registry) -> dict[str, Any]:
    """Answer what a registry comes to, whoever has brought it there."""
    jobs = registry.process().executions.get_all_jobs()
    rooms = ("jobs/", "index/", "sweep/")
    return {
        "listed": registry.listed(),
        "jobs": [(job.id, job.state) for job in jobs],
        "keys": [key for key in registry.lying() if not key.startswith(rooms)],
        "shards": sorted(registry.lying("index/shards/")),
        "named": sorted(_named(registry)),
    }


def _named(registry: Registry) -> list[str]:
    present = [key.removesuffix(".json") for key in registry.lying("index/shards/")]
    return [f"{digest}.json" for digest in set(present) - registry.process().index.unnamed_shards(present)]


class TestDeaths:
    """A sweep may die anywhere; whoever sweeps next brings everything to the same end."""

    @pytest.mark.parametrize("fault", DEATHS, ids=lambda fault: fault.name.lower())
    def test_a_sweep_that_dies_at_any_storage_call_is_finished_by_the_next(
        self, new_registry: Callable[[int], Registry], fault: Fault
    ) -> None:
        undisturbed = new_registry(0)
        leave_everything(undisturbed)
        undisturbed.sweep_to_the_end()
        expected = state(undisturbed)
        for call in range(1, CALLS_AT_MOST, 1 if isinstance(undisturbed.medium, MemoryStore) else 11):
            registry = new_registry(call)
            leave_everything(registry)
            faulty = FaultyStore(registry.store, fault, at=call)
            with suppress(Death):
                registry.sweep(faulty)
            registry.clock.forward(minutes=5)

            registry.sweep_to_the_end()

            after = state(registry)
            assert after["shards"] == after["named"]
            assert {**after, "shards": [], "named": []} == {**expected, "shards": [], "named": []}
            if not faulty.struck:
                return
        pytest.fail("the sweep never came to its end")

    @pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
    def test_a_publish_that_died_anywhere_is_finished_or_leaves_nothing(self, fault: Fault) -> None:
        for call in range(1, CALLS_AT_MOST):
            registry = Registry()
            faulty = FaultyStore(registry.store, fault, at=call)
            with suppress(Death, StorageUnavailable, PrismError):
                publish(registry.process(faulty))
            registry.clock.forward(hours=2)

            registry.sweep_to_the_end()

            jobs = registry.process().executions.get_all_jobs()
            assert [job.state for job in jobs] in ([], ["completed"])
            assert registry.listed() == ([("demo", "1.0.0")] if jobs else [])
            assert registry.lying("staged/") == []
            if not faulty.struck:
                return
        pytest.fail("the publish never came to its end")

    def test_many_sweeps_at_once_come_to_the_same_end(self, new_registry: Callable[[int], Registry]) -> None:
        alone, together = new_registry(0), new_registry(1)
        leave_everything(alone)
        leave_everything(together)
        alone.sweep_to_the_end()

        for _ in range(4):
            with ThreadPoolExecutor(4) as pool:
                reports = list(pool.map(lambda _: together.sweep(), range(4)))
            together.clock.forward(hours=2)

        assert all(failure == [] for report in reports for failure in [task(report, "staged").failures])
        ours, theirs = state(together), state(alone)
        assert ours["shards"] == ours["named"]
        assert {**ours, "shards": [], "named": []} == {**theirs, "shards": [], "named": []}

    def test_a_bucket_is_swept_like_memory(self, s3_emulator: Any) -> None:
        place = S3Settings(
            bucket=s3_emulator.new_bucket(),
            region="us-east-1",
            endpoint=s3_emulator.endpoint,
            force_path_style=True,
            access_key_id="test",
            secret_access_key="test",
        )
        settings = Settings(storage_driver="s3", s3=place)
        bucket, memory = Registry(settings, medium=open_store("s3", settings)), Registry()
        for registry in (bucket, memory):
            leave_everything(registry)
            registry.sweep_to_the_end()

        assert state(bucket) == state(memory)
