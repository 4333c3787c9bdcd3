"""A small cache of what was read before, bounded by the bytes it stands for."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Keeps the values used last, up to `max_bytes` of weight; safe for threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._used = 0
        self._entries: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Value | None:
        """Answer the value kept under a key, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: str, value: Value, weight: int) -> None:
        """Keep a value of so many bytes; what was unused longest makes room."""
        with self._lock:
            self._drop(key)
            if weight > self._max_bytes:
                return
            self._entries[key] = (value, weight)
            self._used += weight
            while self._used > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def forget(self, key: str) -> None:
        """Drop the value kept under a key, if any."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._used -= entry[1]
