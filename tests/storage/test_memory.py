"""The memory driver keeps the port's promises."""

from datetime import UTC, datetime

import pytest

from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectInfo, ObjectStore, StoredObject
from chalicelib.storage.testing import ObjectStoreContract


class TestMemoryStore(ObjectStoreContract):
    """The contract, over a dictionary."""

    bounded_memory = False

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()

    def peek(self, store: ObjectStore, key: str) -> bytes | None:
        assert isinstance(store, MemoryStore)
        found = store._objects.get(key)
        return found.data if found else None

    def plant(self, store: ObjectStore, key: str, data: bytes) -> None:
        assert isinstance(store, MemoryStore)
        info = ObjectInfo(key, len(data), f"planted-{len(store._objects)}", datetime.now(UTC))
        store._objects[key] = StoredObject(info, data)
        store._keys = sorted(store._objects)

    def test_an_etag_never_returns(self, store: MemoryStore) -> None:
        etags = [store.put("a", b"same") for _ in range(3)]
        store.delete("a")
        etags.append(store.put("a", b"same"))

        assert len(set(etags)) == 4
