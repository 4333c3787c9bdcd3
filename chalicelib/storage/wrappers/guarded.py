"""A store that writes only where conditional writes were seen to hold.

Everything that Prism promises rests on the store judging conditions. Services that ignore them answer as if all were
well, and then lose a version or let one be replaced. So before a process writes for the first time it looks for the
proof that somebody has tried; without one it tries itself, and leaves the proof.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final, TypeVar

from chalicelib.storage.diagnosis import place_of
from chalicelib.storage.port import NOT_MODIFIED, ObjectNotFound, ObjectStore, StorageUnsafe
from chalicelib.storage.probing import PROBE, BrokenPromise, probe
from chalicelib.storage.wrappers.passing import PassingStore

Answer = TypeVar("Answer")

READS: Final = frozenset({"get", "stream", "head", "list", "list_parts", "presign_get"})
DOUBT_SECONDS: Final = 60.0
"""How long a store that failed is not tried again."""


class Guard:
    """Knows whether a store may be written to; asks it once in a process."""

    def __init__(
        self,
        store: ObjectStore,
        driver: str,
        *,
        probes: str,
        proof: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._proven_of = {"probe": PROBE, "driver": driver, **place_of(store)}
        self._probes = probes
        self._proof = proof
        self._monotonic = monotonic
        self._lock = Lock()
        self._safe = False
        self._failed: tuple[float, BrokenPromise] | None = None

    def check(self) -> None:
        """Return if the store is safe to write to; raises StorageUnsafe, or StorageUnavailable if it cannot be told."""
        if self._safe:
            return
        with self._lock:
            if self._safe:
                return
            self._refuse_while_in_doubt()
            if not self._is_proven():
                self._prove()
            self._safe = True

    def _refuse_while_in_doubt(self) -> None:
        if self._failed is None:
            return
        at, broken = self._failed
        if self._monotonic() - at < DOUBT_SECONDS:
            raise unsafe(self._probes, broken)

    def _is_proven(self) -> bool:
        try:
            found = self._store.get(self._proof)
        except ObjectNotFound:
            return False
        assert found is not NOT_MODIFIED
        proof = _read(found.data)
        return all(proof.get(name) == value for name, value in self._proven_of.items())

    def _prove(self) -> None:
        try:
            probe(self._store, self._probes)
        except BrokenPromise as broken:
            self._failed = self._monotonic(), broken
            raise unsafe(self._probes, broken) from broken
        now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
        proof = json.dumps({**self._proven_of, "provenAt": now}, indent=2, sort_keys=True, ensure_ascii=False)
        self._store.put(self._proof, f"{proof}\n".encode(), content_type="application/json")


class GuardedStore(PassingStore):
    """Passes reads on, and writes once its guard has found the store safe."""

    def __init__(self, inner: ObjectStore, guard: Guard) -> None:
        super().__init__(inner)
        self._guard = guard

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if verb not in READS:
            self._guard.check()
        return call()


def unsafe(key: str, broken: BrokenPromise) -> StorageUnsafe:
    """Answer the refusal to write to a store that broke a promise."""
    return StorageUnsafe(
        key, f"nothing is written, because in the storage behind the registry {broken}; {broken.fix}"
    )


def _read(data: bytes) -> dict[str, Any]:
    """Read a proof; what is none proves nothing."""
    try:
        proof = json.loads(data)
    except ValueError:
        return {}
    return proof if isinstance(proof, dict) else {}
