"""Sweeping finishes what dead workers began and removes what nothing needs, wherever it dies, whoever else is at it."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib.container import Container
from chalicelib.domain.errors import Busy, PrismError
from chalicelib.domain.executions.errors import Overtaken, RunHeld
from chalicelib.domain.executions.names import JobPlace
from chalicelib.domain.executions.records import Failure, Job, JobState
from chalicelib.domain.head import Head
from chalicelib.domain.index import Shard
from chalicelib.domain.names import PackageName
from chalicelib.domain.sweeping import MOST_NAMED, MOST_REMEMBERED, Position, SweepReport, TaskReport
from chalicelib.services.publishing import Publishing
from chalicelib.services.publishing.wishes import job_id
from chalicelib.services.sweeping import Sweeping
from chalicelib.services.sweeping.jobs import AbandonedJobs
from chalicelib.services.sweeping.tasks import Candidate
from chalicelib.settings import S3Settings, Settings
from chalicelib.storage import open_store
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectInfo, ObjectStore, StorageUnavailable
from chalicelib.storage.testing.wrappers import CountingStore, Death, Fault, FaultyStore
from chalicelib.storage.wrappers.passing import PassingStore
from chalicelib.stores.sweeping import Progress, Rooms
from tests.worlds import ALICE, package, publish

Answer = TypeVar("Answer")

NAME = PackageName("demo")
DEATHS = [Fault.DEATH_BEFORE, Fault.DEATH_AFTER]
CALLS_AT_MOST = 400
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


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture(params=["memory", "filesystem"])
def new_registry(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], Registry]:
    """Answer a maker of registries that have nothing in common."""
    if request.param == "memory":
        return lambda _: Registry()
    return lambda number: filesystem_registry(tmp_path / str(number))


def filesystem_registry(root: Path) -> Registry:
    settings = Settings(storage_driver="filesystem", storage_root=root)
    return Registry(settings, medium=open_store("filesystem", settings))


def task(report: SweepReport, name: str) -> TaskReport:
    return next(told for told in report.tasks if told.name == name)


def calls(registry: Registry) -> list[str]:
    """Answer what was asked of the medium, but for the progress, and forget it."""
    made = [f"{call.verb} {'/'.join(call.key.split('/')[1:3])}" for call in registry.store.calls]
    registry.store.reset()
    return [call for call in made if not call.endswith("sweep/progress.json")]


class TestTurns:
    """What all tasks have in common."""

    @dataclass
    class Numbers:
        """A task of so many numbers, each of which takes some seconds and may fail."""

        clock: "TestTurns.Seconds"
        count: int = 10
        seconds: float = 0.0
        name: str = "numbers"
        failing: frozenset[int] = frozenset()
        treated: list[int] = field(default_factory=list)

        def candidates(self, position: Position) -> Iterator[Candidate]:
            for number in range(int(position.after or -1) + 1, self.count):
                yield Candidate(str(number), str(number), True, datetime(2026, 1, 1, tzinfo=UTC))

        def treat(self, candidate: Candidate) -> str | None:
            self.clock.now += self.seconds
            number = int(candidate.subject)
            if number in self.failing:
                raise Busy(candidate.subject)
            self.treated.append(number)
            return f"number {number}"

    @dataclass
    class Seconds:
        """Seconds that pass when work is done."""

        now: float = 0.0

        def __call__(self) -> float:
            return self.now

    @pytest.fixture
    def seconds(self) -> "TestTurns.Seconds":
        return self.Seconds()

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()

    def sweeping(self, store: ObjectStore, *tasks: "TestTurns.Numbers") -> Sweeping:
        progress = Progress(store, Registry().process().keys)
        return Sweeping(tasks, progress, now=Clock(), clock=tasks[0].clock)

    def test_a_sweep_goes_through_everything_and_says_so(self, seconds: Seconds, store: MemoryStore) -> None:
        numbers = self.Numbers(seconds, count=2500)

        report = self.sweeping(store, numbers).sweep(60)

        assert report.complete
        told = task(report, "numbers")
        assert (told.examined, told.done, told.failed, told.left) == (2500, 2500, 0, None)
        assert numbers.treated == list(range(2500))

    def test_a_sweep_ends_when_its_time_is_up_and_the_next_goes_on_there(
        self, seconds: Seconds, store: MemoryStore
    ) -> None:
        numbers = self.Numbers(seconds, count=450, seconds=0.1)

        reports: list[SweepReport] = []
        while not reports or not reports[-1].complete:
            begun = seconds.now
            reports.append(self.sweeping(store, numbers).sweep(20))
            assert seconds.now - begun <= 20.2

        assert [task(report, "numbers").left for report in reports] == [True, True, None]
        assert numbers.treated == list(range(450))

    def test_a_slow_task_does_not_keep_the_others_from_their_turn(
        self, seconds: Seconds, store: MemoryStore
    ) -> None:
        slow = self.Numbers(seconds, count=10_000, seconds=1, name="slow")
        quick = self.Numbers(seconds, count=300, name="quick")

        report = self.sweeping(store, slow, quick).sweep(20)

        assert (task(report, "slow").left, task(report, "quick").left) == (True, None)
        assert len(quick.treated) == 300

    def test_one_sweep_looks_at_a_bounded_number_of_things_however_quick_they_are(
        self, seconds: Seconds, store: MemoryStore
    ) -> None:
        numbers = self.Numbers(seconds, count=50_000)

        report = self.sweeping(store, numbers).sweep(60)

        assert task(report, "numbers").left
        assert len(numbers.treated) < 20_000

    def test_what_fails_is_told_and_stops_nothing(self, seconds: Seconds, store: MemoryStore) -> None:
        numbers = self.Numbers(seconds, failing=frozenset({3, 4}))

        told = task(self.sweeping(store, numbers).sweep(60), "numbers")

        assert (told.examined, told.done, told.failed, told.left) == (10, 8, 2, None)
        assert [failure.subject for failure in told.failures] == ["3", "4"]
        assert "too many writers" in told.failures[0].reason

    def test_the_next_round_is_told_what_failed_in_this_one(
        self, seconds: Seconds, store: MemoryStore
    ) -> None:
        numbers = self.Numbers(seconds, failing=frozenset({3, 4}))

        sweeping = self.sweeping(store, numbers)
        sweeping.sweep(60)

        assert sweeping.progress().position("numbers").again == ["3", "4"]

    def test_where_too_much_has_failed_the_next_round_starts_from_nothing(
        self, seconds: Seconds, store: MemoryStore
    ) -> None:
        numbers = self.Numbers(seconds, count=200, failing=frozenset(range(MOST_REMEMBERED + 1)))

        sweeping = self.sweeping(store, numbers)
        sweeping.sweep(60)

        assert sweeping.progress().position("numbers") == Position()

    def test_a_report_names_only_the_first(self, seconds: Seconds, store: MemoryStore) -> None:
        numbers = self.Numbers(seconds, count=200, failing=frozenset(range(100, 200)))

        told = task(self.sweeping(store, numbers).sweep(60), "numbers")

        assert told.named == [f"number {number}" for number in range(MOST_NAMED)]
        assert (told.failed, len(told.failures)) == (100, MOST_NAMED)

    def test_a_task_that_cannot_go_on_leaves_the_others_alone(
        self, seconds: Seconds, store: MemoryStore
    ) -> None:
        class Broken(TestTurns.Numbers):
            def candidates(self, position: Position) -> Iterator[Candidate]:
                raise StorageUnavailable("heads/", "no answer", retryable=True)

        numbers = self.Numbers(seconds)
        report = self.sweeping(store, Broken(seconds, name="broken"), numbers).sweep(60)

        assert not report.complete
        broken = task(report, "broken")
        assert (broken.left, [failure.subject for failure in broken.failures]) == (True, ["broken"])
        assert len(numbers.treated) == 10

    def test_an_error_of_unknown_kind_is_named_and_not_quoted(
        self, seconds: Seconds, store: MemoryStore
    ) -> None:
        class Buggy(TestTurns.Numbers):
            def treat(self, candidate: Candidate) -> str | None:
                raise RuntimeError("password is secret")

        told = task(self.sweeping(store, Buggy(seconds, count=1)).sweep(60), "numbers")

        assert told.failures[0].reason == "RuntimeError; the log tells more"

    def test_the_last_report_is_kept(self, seconds: Seconds, store: MemoryStore) -> None:
        report = self.sweeping(store, self.Numbers(seconds)).sweep(60)

        assert self.sweeping(store, self.Numbers(seconds)).progress().report == report

    def test_a_sweep_that_finds_another_one_further_on_leaves_the_task_to_it(
        self, seconds: Seconds, store: MemoryStore
    ) -> None:
        class Met(TestTurns.Numbers):
            def treat(self, candidate: Candidate) -> str | None:
                if candidate.subject == "150":
                    sweeping.sweep(60)
                return super().treat(candidate)

        others = self.Numbers(seconds, count=300)
        sweeping = self.sweeping(store, others)
        report = self.sweeping(store, Met(seconds, count=300)).sweep(60)

        assert task(report, "numbers").left
        assert others.treated == list(range(100, 300))
        assert sweeping.progress().position("numbers").at_rest

    def test_progress_that_cannot_be_read_is_begun_anew(self, seconds: Seconds, store: MemoryStore) -> None:
        store.put("prism/sweep/progress.json", b"{")

        report = self.sweeping(store, self.Numbers(seconds)).sweep(60)

        assert report.complete
        assert self.sweeping(store, self.Numbers(seconds)).progress().report == report

    def test_each_task_tells_one_line(
        self, seconds: Seconds, store: MemoryStore, caplog: pytest.LogCaptureFixture
    ) -> None:
        numbers = self.Numbers(seconds, failing=frozenset({1}))

        with caplog.at_level(logging.INFO, "prism"):
            self.sweeping(store, numbers, self.Numbers(seconds, name="others")).sweep(60)

        lines = [vars(record) for record in caplog.records if record.message == "swept"]
        assert [(line["task"], line["done"], line["failed"]) for line in lines] == [
            ("numbers", 9, 1),
            ("others", 10, 0),
        ]


class TestJobs:
    """Jobs that nobody works on are taken up."""

    def test_the_publish_of_a_worker_that_died_is_finished_once_its_lease_has_ended(
        self, registry: Registry
    ) -> None:
        assert registry.die_publishing(at=12)
        registry.clock.forward(seconds=30)
        assert task(registry.sweep(), "jobs").done == 0
        registry.clock.forward(seconds=60)

        told = task(registry.sweep(), "jobs")

        assert told.named == [f"{job_id(SHA256, ALICE.name)} completed"]
        assert registry.listed() == [("demo", "1.0.0")]

    def test_a_job_whose_lease_cannot_be_read_is_finished(self, registry: Registry) -> None:
        assert registry.die_publishing(at=12)
        keys = registry.process().keys
        leases = list(registry.medium.list(keys.leases(job_id(SHA256, ALICE.name))))
        for lease in leases:
            assert isinstance(lease, ObjectInfo)
            registry.medium.put(lease.key, b"{")
        registry.clock.forward(seconds=90)

        assert task(registry.sweep(), "jobs").done == 1
        assert leases
        assert registry.listed() == [("demo", "1.0.0")]

    def test_a_queued_job_is_taken_up_after_a_minute(self, registry: Registry) -> None:
        registry.process().artifacts.stage(SHA256, package())
        registry.job()
        assert task(registry.sweep(), "jobs").done == 0
        registry.clock.forward(seconds=61)

        assert task(registry.sweep(), "jobs").done == 1
        assert registry.listed() == [("demo", "1.0.0")]

    def test_a_job_that_was_marked_as_running_and_never_leased_is_taken_up_after_a_minute(
        self, registry: Registry
    ) -> None:
        registry.process().artifacts.stage(SHA256, package())
        registry.job(attempts=1)
        assert task(registry.sweep(), "jobs").done == 0
        registry.clock.forward(seconds=61)

        assert task(registry.sweep(), "jobs").done == 1

    def test_an_attempt_that_fails_is_told_and_repeated_until_the_job_has_failed(
        self, registry: Registry
    ) -> None:
        job = registry.job()  # whose bytes were never staged

        outcomes = []
        for _ in range(7):
            registry.clock.forward(minutes=2)
            outcomes.append(task(registry.sweep(), "jobs"))

        assert [told.failed for told in outcomes] == [1, 1, 1, 1, 1, 0, 0]
        assert outcomes[0].failures[0].subject == job.id
        ended = registry.process().executions.retrieve_job(job.id)
        assert ended is not None
        assert ended.state == "failed"

    def test_a_refusal_ends_the_job_and_is_no_failure_of_the_sweep(self, registry: Registry) -> None:
        data = package("one")
        sha256 = hashlib.sha256(data).hexdigest()
        registry.process().artifacts.stage(sha256, data)
        registry.job(id=job_id(sha256, ALICE.name), digest=sha256)
        registry.clock.forward(minutes=2)

        told = task(registry.sweep(), "jobs")

        assert (told.failed, told.named) == (0, [f"{job_id(sha256, ALICE.name)} failed"])

    @pytest.mark.parametrize("error", [RunHeld, Overtaken], ids=lambda error: error.code)
    def test_a_job_that_another_worker_has_is_passed_over(
        self, registry: Registry, error: type[RunHeld | Overtaken], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        registry.job()
        registry.clock.forward(minutes=2)

        def work(_: object, wanted: str) -> Job:
            raise error(wanted, "") if error is Overtaken else RunHeld(wanted, registry.clock.milliseconds)

        monkeypatch.setattr(Publishing, "work", work)

        told = task(registry.sweep(), "jobs")

        assert (told.examined, told.done, told.failed) == (1, 0, 0)

    @pytest.mark.parametrize("state", ["running", "queued"])
    def test_a_place_that_the_job_has_left_or_never_taken_is_passed_over(
        self, registry: Registry, state: JobState
    ) -> None:
        job = registry.job(status="completed")
        room = registry.process().keys.job_places(f"state/{state}")
        for job_id_ in (job.id, "publish-never-written"):
            registry.store.put(f"{room}{JobPlace(job.started_at, job_id_, 1)}.json", b"{}")
        registry.store.put(f"{room}no-place", b"{}")
        registry.clock.forward(minutes=2)

        told = task(registry.sweep(), "jobs")

        assert (told.examined, told.done, told.failed) == (3, 0, 0)

    def test_a_round_goes_on_after_the_last_job_that_was_looked_at(self, registry: Registry) -> None:
        jobs = [registry.job(id=f"publish-{number}", attempts=number % 2) for number in range(6)]
        registry.clock.forward(minutes=2)
        keys = registry.process().keys
        abandoned = AbandonedJobs(
            Rooms(registry.store, keys, registry.store, keys),
            registry.process().executions,
            lambda wanted: jobs[0].changed(id=wanted),
            now=registry.clock,
        )
        places = [candidate.place for candidate in abandoned.candidates(Position())]

        assert len(places) == 6
        for number, place in enumerate(places):
            rest = [candidate.place for candidate in abandoned.candidates(Position(after=place))]
            assert rest == places[number + 1 :]

    def test_a_job_of_another_kind_is_left_to_its_own_workers(self, registry: Registry) -> None:
        registry.job(type=None)
        registry.clock.forward(minutes=2)

        told = task(registry.sweep(), "jobs")

        assert (told.examined, told.done, told.failed) == (1, 0, 0)

    def test_a_job_that_cannot_be_read_is_told_and_the_others_are_taken_up(self, registry: Registry) -> None:
        registry.process().artifacts.stage(SHA256, package())
        registry.job()
        registry.clock.forward(seconds=1)
        broken = registry.job(id="publish-broken", started_at=registry.clock.milliseconds)
        registry.store.put(registry.process().keys.job(broken.id), b"{")
        registry.clock.forward(minutes=2)

        told = task(registry.sweep(), "jobs")

        assert (told.done, [failure.subject for failure in told.failures]) == (1, ["publish-broken"])

    def test_a_registry_without_open_jobs_costs_two_listings(self, registry: Registry) -> None:
        publish(registry.process())
        registry.sweep()
        registry.store.reset()

        registry.sweep()

        assert [call for call in calls(registry) if "jobs" in call] == ["list index/jobs"] * 2


class TestDerived:
    """What is derived follows heads."""

    def test_a_package_that_nobody_could_find_is_found(self, registry: Registry) -> None:
        publish(registry.process())
        publish(registry.process(), name="@acme/widget")
        registry.forget("index/")

        told = task(registry.sweep(), "derived")

        assert told.named == ["@acme/widget", "demo"]
        assert registry.listed() == [("@acme/widget", "1.0.0"), ("demo", "1.0.0")]

    def test_an_entry_older_than_its_head_is_brought_up_to_date(self, registry: Registry) -> None:
        publish(registry.process())
        registry.process().index.fold()
        publish(registry.process(), "2.0.0")
        registry.forget("index/tail/")
        assert registry.listed() == [("demo", "1.0.0")]

        assert task(registry.sweep(), "derived").done == 1
        assert registry.listed() == [("demo", "2.0.0")]

    def test_only_heads_that_changed_since_the_last_round_are_read(self, registry: Registry) -> None:
        for number in range(3):
            publish(registry.process(), name=f"demo-{number}")
        registry.clock.forward(hours=1)
        registry.sweep()
        publish(registry.process(), "2.0.0", name="demo-1")
        registry.forget("index/tail/")
        registry.store.reset()

        told = task(registry.sweep(), "derived")

        assert (told.examined, told.named) == (3, ["demo-1"])
        read = {call for call in calls(registry) if call.startswith("get heads")}
        assert read == {"get heads/demo-1.json"}

    def test_a_head_that_changed_shortly_before_the_last_round_is_read_as_clocks_differ(
        self, registry: Registry
    ) -> None:
        publish(registry.process())
        registry.clock.forward(minutes=14)
        registry.sweep()
        registry.forget("index/")

        assert task(registry.sweep(), "derived").done == 1

    @pytest.mark.parametrize("count", [1, 999, 1000, 2001])
    def test_heads_that_have_not_changed_cost_one_listing_a_thousand_and_no_reads(
        self, registry: Registry, count: int
    ) -> None:
        requests = self.fill(registry, count)
        registry.sweep()
        registry.clock.forward(hours=1)
        registry.sweep()
        registry.store.reset()
        requests.clear()

        told = task(registry.sweep(), "derived")

        assert told.examined == count
        assert len(requests) == -(-count // 1000)
        assert [call for call in calls(registry) if not call.startswith("list")] == []

    def fill(self, registry: Registry, count: int) -> list[str]:
        """Write heads without versions; answers where the listings of heads are noted, a thousand keys at a time."""
        requests: list[str] = []
        inner = registry.store.list

        def counted(prefix: str, **options: Any) -> Iterator[Any]:
            for number, entry in enumerate(inner(prefix, **options)):
                if number % 1000 == 0 and prefix.endswith("heads/"):
                    requests.append(prefix)
                yield entry

        registry.store.list = counted  # type: ignore[method-assign]  # for this one registry
        process = registry.process()
        for number in range(count):
            name = PackageName(f"demo-{number:05d}")
            registry.store.put(process.keys.head(name), Head(name=name, seq=1).to_bytes())
        return requests

    def test_a_round_over_a_thousand_heads_goes_on_where_a_dead_sweep_stopped(
        self, registry: Registry
    ) -> None:
        self.fill(registry, 1000)
        with suppress(Death):
            registry.sweep(FaultyStore(registry.store, Fault.DEATH_BEFORE, at=2000))
        derived = len(registry.lying("index/tail/")) + len(registry.lying("index/shards/"))
        registry.store.reset()

        told = task(registry.sweep(), "derived")

        assert derived
        assert told.left is None
        assert 0 < told.examined <= 800
        index = registry.process().index
        assert all(index.entry(f"demo-{number:05d}") for number in range(1000))

    def test_a_head_that_cannot_be_read_is_told_every_round_and_stops_nothing(
        self, registry: Registry
    ) -> None:
        publish(registry.process(), name="zebra")
        registry.put("heads/broken.json", b"{")
        registry.forget("index/")

        for done in (1, 0, 0):
            told = task(registry.sweep(), "derived")
            assert (told.done, [failure.subject for failure in told.failures]) == (done, ["broken"])
            registry.clock.forward(hours=1)
        assert registry.listed() == [("zebra", "1.0.0")]

    def test_a_head_that_could_not_be_derived_is_derived_in_the_next_round(self, registry: Registry) -> None:
        publish(registry.process())
        registry.clock.forward(hours=1)
        manifest = registry.process().keys.manifest("demo", "1.0.0")
        found = registry.medium.get(manifest)
        registry.medium.put(manifest, b"{")
        registry.forget("index/")
        assert task(registry.sweep(), "derived").failed == 1
        registry.clock.forward(hours=1)
        registry.medium.put(manifest, found.data)  # type: ignore[union-attr]  # without a condition it is an object

        assert task(registry.sweep(), "derived").named == ["demo"]
        assert registry.listed() == [("demo", "1.0.0")]

    @pytest.mark.parametrize("key", ["heads/UPPER.json", "heads/demo", "heads/@acme.json"])
    def test_what_is_no_head_is_left_alone(self, registry: Registry, key: str) -> None:
        registry.put(key)

        told = task(registry.sweep(), "derived")

        assert (told.examined, told.done, told.failed) == (1, 0, 0)


RETRYABLE = Failure(name="StorageUnavailable", message="no answer", is_retryable=True)
REFUSED = Failure(name="VersionExists", message="taken")
KEPT = [
    pytest.param({"attempts": 0}, id="queued"),
    pytest.param({"attempts": 1}, id="running"),
    pytest.param({"attempts": 1, "error": RETRYABLE}, id="queued again"),
    pytest.param({"status": "stoppedByError", "error": RETRYABLE}, id="failed and worth a repeat"),
]
REMOVED = [
    pytest.param({"status": "completed"}, id="completed"),
    pytest.param({"status": "stoppedByError", "error": REFUSED}, id="refused"),
    pytest.param({"status": "stoppedByError", "error": RETRYABLE, "finished_at": 1}, id="failed long ago"),
]


class TestStaged:
    """Staged bytes are removed when nothing needs them, and never otherwise."""

    @pytest.fixture
    def registry(self, monkeypatch: pytest.MonkeyPatch) -> Registry:
        """Answer a registry with staged bytes, in which no job gets anywhere."""

        def work(_: object, wanted: str) -> Job:
            raise RunHeld(wanted, 0)

        monkeypatch.setattr(Publishing, "work", work)
        registry = Registry()
        registry.put(f"staged/{SHA256}.tgz", package())
        registry.put(f"staged/{SHA256}.pack", b"pack")
        return registry

    def remaining(self, registry: Registry) -> list[str]:
        return [key for key in registry.lying("staged/") if not key.startswith("aside/")]

    def test_bytes_without_a_job_are_set_aside_after_an_hour_and_removed_after_another(
        self, registry: Registry
    ) -> None:
        registry.clock.forward(minutes=59)
        assert task(registry.sweep(), "staged").done == 0
        registry.clock.forward(minutes=2)

        aside = task(registry.sweep(), "staged")

        assert aside.named == [f"{SHA256}.pack set aside", f"{SHA256}.tgz set aside"]
        assert (len(registry.lying("staged/aside/")), self.remaining(registry)) == (2, [])
        registry.clock.forward(minutes=59)
        assert task(registry.sweep(), "staged").done == 0
        registry.clock.forward(minutes=2)
        removed = task(registry.sweep(), "staged")
        assert sorted(removed.named) == [f"{SHA256}.pack removed", f"{SHA256}.tgz removed"]
        assert registry.lying("staged/") == []

    @pytest.mark.parametrize("fields", KEPT)
    def test_bytes_of_a_job_that_may_go_on_are_kept(self, registry: Registry, fields: dict[str, Any]) -> None:
        registry.job(**fields)

        registry.sweep_to_the_end()

        assert len(self.remaining(registry)) == 2

    @pytest.mark.parametrize("fields", REMOVED)
    def test_bytes_of_a_job_at_its_end_are_removed(self, registry: Registry, fields: dict[str, Any]) -> None:
        registry.clock.forward(days=8)
        registry.job(**fields)

        registry.sweep_to_the_end()

        assert registry.lying("staged/") == []

    def test_bytes_of_a_job_that_failed_are_kept_for_a_week(self, registry: Registry) -> None:
        registry.job(
            status="stoppedByError", error=RETRYABLE, attempts=5, finished_at=registry.clock.milliseconds
        )
        registry.clock.forward(days=6)
        registry.sweep_to_the_end()
        assert len(self.remaining(registry)) == 2
        registry.clock.forward(days=1)

        registry.sweep_to_the_end()

        assert registry.lying("staged/") == []

    def test_any_job_of_the_same_bytes_keeps_them(self, registry: Registry) -> None:
        registry.job(status="completed")
        registry.job(id=job_id(SHA256, "Bob"))

        registry.sweep_to_the_end()

        assert len(self.remaining(registry)) == 2

    def claimed(self, registry: Registry, sha256: str = SHA256) -> None:
        """Take the number 1.0.0 for some bytes, without making it visible."""
        publish(registry.process())
        process = registry.process()
        stored = process.manifests.get("demo", "1.0.0")
        assert stored is not None
        dist = stored.manifest.dist.model_copy(update={"sha256": sha256})
        manifest = stored.manifest.model_copy(update={"dist": dist})
        registry.store.put(process.keys.manifest("demo", "1.0.0"), manifest.to_bytes())
        registry.medium.delete(process.keys.head(NAME))
        registry.forget("index/")
        registry.put(f"staged/{SHA256}.tgz", package())

    def test_bytes_that_hold_a_claim_are_kept_until_their_version_is_visible(
        self, registry: Registry
    ) -> None:
        self.claimed(registry)
        registry.job(status="stoppedByError", error=REFUSED, name="demo", version="1.0.0")

        registry.sweep_to_the_end()

        assert self.remaining(registry) == [f"{SHA256}.tgz"]

    def test_a_claim_of_other_bytes_keeps_none(self, registry: Registry) -> None:
        self.claimed(registry, sha256="0" * 64)
        registry.job(status="stoppedByError", error=REFUSED, name="demo", version="1.0.0")

        registry.sweep_to_the_end()

        assert registry.lying("staged/") == []

    def broken_job(self, registry: Registry) -> None:
        job = registry.job(status="completed")
        registry.store.put(registry.process().keys.job(job.id), b"{")

    def broken_manifest(self, registry: Registry) -> None:
        registry.job(status="completed", name="demo", version="1.0.0")
        registry.put("manifests/demo/1.0.0.json", b"{")

    def broken_head(self, registry: Registry) -> None:
        self.claimed(registry)
        registry.job(status="completed", name="demo", version="1.0.0")
        registry.put("heads/demo.json", b"{")

    @pytest.mark.parametrize("broken", ["job", "manifest", "head"])
    def test_nothing_is_removed_because_a_record_cannot_be_read(
        self, registry: Registry, broken: str
    ) -> None:
        getattr(self, f"broken_{broken}")(registry)
        registry.clock.forward(hours=2)

        for _ in range(3):
            told = task(registry.sweep(), "staged")
            assert (told.done, told.failed > 0) == (0, True)
            registry.clock.forward(hours=2)

        assert f"{SHA256}.tgz" in self.remaining(registry)

    @pytest.mark.parametrize("name", ["notes.txt", "0123.tgz", f"{'g' * 64}.tgz", f"aside/x/{SHA256}.tgz"])
    def test_what_no_publish_has_staged_is_left_alone(self, registry: Registry, name: str) -> None:
        registry.put(f"staged/{name}")

        registry.sweep_to_the_end()

        assert registry.lying("staged/") == [name]

    def test_looking_at_young_bytes_costs_one_listing(self, registry: Registry) -> None:
        registry.sweep()
        registry.store.reset()

        registry.sweep()

        assert [call for call in calls(registry) if "staged" in call] == ["list staged/"]

    @pytest.mark.parametrize("at", range(1, 40))
    def test_a_job_that_is_begun_at_any_moment_of_the_removal_has_its_bytes_in_the_end(
        self, registry: Registry, at: int
    ) -> None:
        registry.clock.forward(hours=2)
        meeting = Meeting(registry.store, at, lambda: registry.job(started_at=registry.clock.milliseconds))

        registry.sweep(meeting)
        if meeting.waiting:
            meeting.happen()
        registry.clock.forward(minutes=5)
        registry.sweep()

        assert self.remaining(registry) == [f"{SHA256}.pack", f"{SHA256}.tgz"]
        found = registry.medium.get(registry.process().keys.staged(SHA256))
        assert found.data == package()  # type: ignore[union-attr]  # without a condition it is an object

    @hypothesis_settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_two_sweeps_and_a_new_job_in_any_order_leave_the_bytes(self, data: st.DataObject) -> None:
        registry = Registry()
        registry.put(f"staged/{SHA256}.tgz", package())
        registry.clock.forward(hours=2)
        second = data.draw(st.integers(1, 30), label="the second sweep begins at the call")
        begun = data.draw(st.integers(1, 60), label="the job is begun at the call")
        meeting = Meeting(registry.store, begun, lambda: registry.job(started_at=registry.clock.milliseconds))
        first = Meeting(meeting, second, lambda: registry.sweep(meeting))

        registry.sweep(first)
        if meeting.waiting:
            meeting.happen()
        registry.clock.forward(seconds=30)
        registry.sweep()

        assert f"{SHA256}.tgz" in self.remaining(registry)


class Meeting(PassingStore):
    """A store at whose `at`-th call something else happens first."""

    def __init__(self, inner: ObjectStore, at: int, what: Callable[[], object]) -> None:
        super().__init__(inner)
        self.waiting = True
        self._left = at
        self._what = what

    def _call(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        self._left -= 1
        if self._left == 0 and self.waiting:
            self.happen()
        return call()

    def happen(self) -> None:
        """Let it happen."""
        self.waiting = False
        self._what()


class TestShards:
    """Shards that no snapshot names are removed."""

    def orphan(self, registry: Registry) -> str:
        """Leave a shard behind, as a fold does that dies before its swap."""
        data = Shard(entries=[]).to_bytes()
        digest = hashlib.sha256(data).hexdigest()
        registry.store.put(registry.process().keys.index_shard(digest), data)
        return digest

    def test_a_shard_that_a_dead_fold_has_written_is_removed_after_an_hour(self, registry: Registry) -> None:
        publish(registry.process())
        registry.process().index.fold()
        named = registry.lying("index/shards/")
        orphan = self.orphan(registry)
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
        self.orphan(registry)
        registry.put("index/snapshot.json", b"{")
        registry.clock.forward(hours=2)

        told = task(registry.sweep(), "shards")

        assert (told.done, told.failed, told.left) == (0, 1, True)
        assert len(registry.lying("index/shards/")) == 1


def leave_everything(registry: Registry) -> None:
    """Leave something for every task: a publish that died, a package not found, staged bytes, a shard."""
    publish(registry.process(), name="lost")
    registry.forget("index/")
    assert registry.die_publishing(at=20)
    registry.put(f"staged/{'0' * 64}.tgz")
    TestShards().orphan(registry)
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
