"""What the parts of the contract share: the back doors, the medium's limits, and short ways to read."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

import pytest

from chalicelib.storage.port import ObjectInfo, ObjectStore, Prefix, StoredObject


class ContractBase(ABC):
    """The part that a driver's tests fill in."""

    races: ClassVar[bool] = True
    """Whether the medium under test is exact when threads race; an emulator may not be."""

    throttles: ClassVar[bool] = False
    """Whether the medium refuses a crowd of writers to one key, who must then try again themselves."""

    nests: ClassVar[bool] = True
    """Whether `a` and `a/b` may both be keys; where not, the second write raises InvalidKey."""

    bounded_memory: ClassVar[bool] = True
    """Whether a streamed write needs less memory than the object; a store in memory cannot."""

    presigns: ClassVar[bool] = False
    """Whether clients can send bytes to the medium by themselves, with URLs; where not, no URL is made."""

    @pytest.fixture
    def store(self) -> ObjectStore:
        """Give an empty store; a driver's tests override this."""
        raise NotImplementedError(f"{type(self).__name__} has no `store` fixture")

    @abstractmethod
    def peek(self, store: ObjectStore, key: str) -> bytes | None:
        """Read an object from the medium without calling the store; None if there is none."""

    @abstractmethod
    def plant(self, store: ObjectStore, key: str, data: bytes) -> None:
        """Write an object into the medium without calling the store."""

    def plant_all(self, store: ObjectStore, keys: Iterable[str]) -> None:
        """Plant many objects, each holding its key; override it where the medium has a faster way."""
        for key in keys:
            self.plant(store, key, key.encode())


def read(store: ObjectStore, key: str, start: int | None = None, end: int | None = None) -> StoredObject:
    """Read an object without a condition."""
    found = store.get(key, start=start, end=end)
    assert isinstance(found, StoredObject)
    return found


def names(entries: Iterable[ObjectInfo | Prefix]) -> list[str]:
    """Answer the key or prefix of each entry of a listing."""
    return [entry.prefix if isinstance(entry, Prefix) else entry.key for entry in entries]
