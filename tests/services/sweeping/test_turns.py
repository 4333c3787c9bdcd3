"""Tasks take turns: each has its time, and what one cannot do stops no other."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from chalicelib.domain.errors import Busy
from chalicelib.domain.sweeping import MOST_NAMED, MOST_REMEMBERED, Position, SweepReport
from chalicelib.services.sweeping import Sweeping
from chalicelib.services.sweeping.tasks import Candidate
from chalicelib.storage.memory import MemoryStore
from chalicelib.storage.port import ObjectStore, StorageUnavailable
from chalicelib.stores.sweeping import Progress
from tests.services.sweeping.swept import Clock, Registry, task


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
