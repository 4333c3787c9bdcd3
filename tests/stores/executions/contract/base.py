"""What the parts of the contract share."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ClassVar, TypeVar

import pytest

from chalicelib.storage.port import ObjectInfo, ObjectStore, StoredObject
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import Clock, executions

Outcome = TypeVar("Outcome")


def together(workers: int, action: Callable[[int], Outcome]) -> list[Outcome]:
    """Run an action in so many threads that start as one, and answer what each came to."""
    barrier = Barrier(workers)

    def run(number: int) -> Outcome:
        barrier.wait()
        return action(number)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))


def stored(medium: ObjectStore, key: str) -> bytes:
    """Answer the bytes under a key."""
    found = medium.get(key)
    assert isinstance(found, StoredObject)
    return found.data


def keys_of(medium: ObjectStore, prefix: str = "") -> list[str]:
    """Answer every key below a prefix."""
    return [info.key for info in medium.list(prefix) if isinstance(info, ObjectInfo)]


class ContractBase:
    """The part that a driver's tests fill in: a medium, and whether it is exact."""

    races: ClassVar[bool] = True
    """Whether the medium under test is exact when threads race; an emulator may not be."""

    @property
    def workers(self) -> int:
        """How many race; fewer where nothing can be told of the outcome but that nobody fails."""
        return 16 if self.races else 4

    @pytest.fixture
    def medium(self) -> ObjectStore:
        """Give an empty store."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> Clock:
        """Give a clock that stands still."""
        return Clock()

    @pytest.fixture
    def work(self, medium: ObjectStore, clock: Clock) -> Executions:
        """Give executions over the medium."""
        return executions(medium, clock)
