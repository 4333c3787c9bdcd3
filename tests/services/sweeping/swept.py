"""Registries whose clock and medium are the test's, to be swept."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from chalicelib.container import Container
from chalicelib.domain.executions.records import Job
from chalicelib.domain.index import Shard
from chalicelib.domain.names import PackageName
from chalicelib.domain.sweeping import SweepReport, TaskReport
from chalicelib.services.publishing.wishes import job_id
from chalicelib.settings import Settings
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectInfo, ObjectStore
from chalicelib.storage.testing.wrappers import CountingStore, Death, Fault, FaultyStore
from chalicelib.storage.wrappers.passing import PassingStore
from tests.worlds import ALICE, package, publish

Answer = TypeVar("Answer")
NAME = PackageName("demo")
SHA256 = hashlib.sha256(package()).hexdigest()
WRITES = {"put", "put_stream", "copy", "delete"}


@dataclass
class Clock:
    """A clock that stands still until it is told otherwise."""

    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Answer the time."""
        return self.moment

    def forward(self, **duration: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**duration)

    @property
    def milliseconds(self) -> int:
        """The time in milliseconds since 1970."""
        return int(self.moment.timestamp() * 1000)


class DatedStore(PassingStore):
    """A medium with a clock of its own, by which it dates what is written."""

    def __init__(self, inner: ObjectStore, clock: Clock) -> None:
        super().__init__(inner)
        self._clock = clock
        self._dates: dict[str, datetime] = {}
        self._lock = Lock()

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        answer: Any = call()
        if verb in {"put", "put_stream", "copy"}:
            with self._lock:
                self._dates[key] = self._clock()
        if verb == "head":
            return self._dated(answer)  # type: ignore[no-any-return]  # as is answered
        return map(self._dated, answer) if verb == "list" else answer  # type: ignore[return-value]  # as is answered

    def _dated(self, entry: Any) -> Any:
        if not isinstance(entry, ObjectInfo):
            return entry
        return entry._replace(modified=self._dates.get(entry.key, self._clock()))


@dataclass
class Registry:
    """A registry whose clock and medium are the test's; each container is a process of its own."""

    settings: Settings = field(default_factory=lambda: Settings(storage_driver="memory"))
    clock: Clock = field(default_factory=Clock)
    medium: ObjectStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.store = CountingStore(DatedStore(self.medium, self.clock))

    def process(self, store: ObjectStore | None = None) -> Container:
        return Container(self.settings, store=store or self.store, now=self.clock)

    def sweep(self, store: ObjectStore | None = None) -> SweepReport:
        return self.process(store).sweeping.sweep(seconds=60)

    def sweep_to_the_end(self) -> None:
        """Sweep until time has removed all that it can remove."""
        for _ in range(4):
            assert self.sweep().complete
            self.clock.forward(hours=2)

    def lying(self, room: str = "") -> list[str]:
        """Answer the keys below a prefix of the registry, without it."""
        prefix = self.process().keys.prefix + room
        found = self.medium.list(prefix)
        return [info.key.removeprefix(prefix) for info in found if isinstance(info, ObjectInfo)]

    def put(self, key: str, data: bytes = b"x") -> str:
        self.store.put(self.process().keys.prefix + key, data)
        return key

    def listed(self) -> list[tuple[str, str | None]]:
        """Answer the packages that a new process lists, with their latest versions."""
        page = self.process().searching.packages(after="", limit=100)
        return [(line.name, line.latest) for line in page.packages]

    def forget(self, room: str) -> None:
        """Remove everything below a prefix."""
        for name in self.lying(room):
            self.medium.delete(self.process().keys.prefix + room + name)

    def die_publishing(self, at: int, fault: Fault = Fault.DEATH_AFTER, version: str = "1.0.0") -> bool:
        """Begin a publish that dies at a storage call; answers whether it has."""
        faulty = FaultyStore(self.store, fault, at=at)
        with suppress(Death):
            publish(self.process(faulty), version)
        return faulty.struck

    def job(self, **fields: Any) -> Job:
        """Store the job of publishing the one package of these tests."""
        described = {
            "id": job_id(SHA256, ALICE.name),
            "type": "publish",
            "started_at": self.clock.milliseconds,
            "digest": SHA256,
            "size": len(package()),
            "source": "cli",
            "publisher": ALICE,
            "attempts": 0,
        }
        job = Job.model_validate(described | fields)
        self.process().executions.store_job(job)
        return job


def task(report: SweepReport, name: str) -> TaskReport:
    return next(told for told in report.tasks if told.name == name)


def calls(registry: Registry) -> list[str]:
    """Answer what was asked of the medium, but for the progress, and forget it."""
    made = [f"{call.verb} {'/'.join(call.key.split('/')[1:3])}" for call in registry.store.calls]
    registry.store.reset()
    return [call for call in made if not call.endswith("sweep/progress.json")]


def leave_shard(registry: Registry) -> str:
    """Leave a shard behind, as a fold does that dies before its swap."""
    data = Shard(entries=[]).to_bytes()
    digest = hashlib.sha256(data).hexdigest()
    registry.store.put(registry.process().keys.index_shard(digest), data)
    return digest
