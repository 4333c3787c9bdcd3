"""A machine that fails takes what was not made durable with it; jobs come to their end all the same."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import pytest

from chalicelib.domain.executions.errors import Overtaken, RunHeld
from chalicelib.services.publishing import Published, PublishRequest
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import NOT_MODIFIED, ObjectNotFound, ObjectStore
from chalicelib.storage.testing.wrappers import Fault
from chalicelib.storage.wrappers.passing import PassingStore
from tests.services.sweeping.swept import NAME, Registry
from tests.worlds import ALICE, package

CALLS_AT_MOST: Final = 100
STEP: Final = 2


class Machine(PassingStore):
    """A medium that may fail and lose what was written and removed without being durable."""

    def __init__(self, inner: ObjectStore) -> None:
        super().__init__(inner)
        self.volatile: dict[str, bytes | None] = {}

    def put(self, key: str, data: bytes, *, durable: bool = True, **conditions: Any) -> str:
        before = None if durable else self._read(key)
        etag = super().put(key, data, durable=durable, **conditions)
        self._note(key, before, durable=durable)
        return etag

    def delete(self, key: str, *, durable: bool = True) -> None:
        before = None if durable else self._read(key)
        super().delete(key, durable=durable)
        self._note(key, before, durable=durable)

    def fail(self, damage: Callable[[ObjectStore, str, int], bool]) -> None:
        """Undo what is volatile, but for what the damage has taken care of."""
        for number, (key, before) in enumerate(sorted(self.volatile.items())):
            if damage(self.inner, key, number):
                continue
            if before is None:
                self.inner.delete(key)
            else:
                self.inner.put(key, before)
        self.volatile.clear()

    def _note(self, key: str, before: bytes | None, *, durable: bool) -> None:
        if durable:
            self.volatile.pop(key, None)
        else:
            self.volatile.setdefault(key, before)

    def _read(self, key: str) -> bytes | None:
        try:
            found = self.inner.get(key)
        except ObjectNotFound:
            return None
        assert found is not NOT_MODIFIED
        return found.data


def lost(_: ObjectStore, __: str, ___: int) -> bool:
    """Lose everything."""
    return False


def torn(medium: ObjectStore, key: str, _: int) -> bool:
    """Leave names without bytes."""
    medium.put(key, b"")
    return True


def every_second_lost(_: ObjectStore, __: str, number: int) -> bool:
    """Lose one of two."""
    return number % 2 == 1


def the_first_lost(_: ObjectStore, key: str, __: int) -> bool:
    """Lose the first of what is numbered, so that a new beginning finds numbers taken."""
    return not key.endswith(("/00000001.json", "/99999998.json"))


def every_second_torn(medium: ObjectStore, key: str, number: int) -> bool:
    """Leave one of two names without bytes."""
    return number % 2 == 0 or torn(medium, key, number)


DAMAGES = (lost, torn, every_second_lost, the_first_lost, every_second_torn)


def broken_registries(damage: Callable[[ObjectStore, str, int], bool]) -> list[Registry]:
    """Answer registries whose machines failed during a publish, each at another storage call."""
    found: list[Registry] = []
    for at in range(1 + DAMAGES.index(damage) % STEP, CALLS_AT_MOST, STEP):
        machine = Machine(MemoryStore())
        registry = Registry(medium=machine)
        if not registry.die_publishing(at=at):
            return found
        machine.fail(damage)
        found.append(registry)
    raise AssertionError("the publish does not end")


def send(registry: Registry) -> Published:
    """Send the bytes again from a new process, waiting for nobody."""
    asked = PublishRequest(publisher=ALICE, source="cli", data=package())
    return registry.process().publishing.publish(asked, patience=0)


@pytest.mark.parametrize("damage", DAMAGES)
def test_who_repeats_a_publish_finishes_it_within_the_time_of_two_leases(
    damage: Callable[[ObjectStore, str, int], bool],
) -> None:
    for registry in broken_registries(damage):
        registry.clock.forward(minutes=2)
        with suppress(RunHeld, Overtaken):
            send(registry)
        registry.clock.forward(minutes=2)

        published = send(registry)

        assert published.job.state == "completed"
        assert registry.process().heads.committed(NAME, "1.0.0")
        assert registry.listed() == [(NAME, "1.0.0")]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_job_that_there_is_comes_to_its_end_without_anybody_asking(
    damage: Callable[[ObjectStore, str, int], bool],
) -> None:
    for registry in broken_registries(damage):
        jobs = registry.process().executions.get_all_jobs()

        registry.sweep_to_the_end()

        for job in jobs:
            found = registry.process().executions.retrieve_job(job.id)
            assert found is not None
            assert found.state == "completed"
        assert not registry.lying("staged/")


def test_what_a_version_is_made_of_is_durable() -> None:
    machine = Machine(MemoryStore())
    registry = Registry(medium=machine)
    registry.die_publishing(at=CALLS_AT_MOST, fault=Fault.DEATH_BEFORE)
    rooms = {key.partition("/jobs/")[1] or key for key in machine.volatile if "/staged/" not in key}

    assert rooms == {"/jobs/"}
    assert not [key for key in machine.volatile if key.endswith("/job.json")]
    assert not [key for key, before in machine.volatile.items() if "/index/jobs/" in key and before is None]
