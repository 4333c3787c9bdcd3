"""Workers are killed, and others finish what they began: between two stages, time and again, and too often."""

from collections.abc import Iterator
from itertools import product
from typing import Final

import pytest
from _pytest.mark.structures import ParameterSet

from tests.services.executing.conftest import BUCKET, FOLDER
from tests.services.executing.fates import Fate
from tests.services.executing.registries import (
    Registry,
    assert_each_stage_begun_at_most_twice,
    assert_published_as_if_undisturbed,
    assert_the_first_analysis_counts,
    really_begun,
)
from tests.services.executing.workers import STAGE_NAMES

WRITTEN: Final = ["nothing", "event", "checkpoint", "both"]
"""What is written of a finished stage when its worker dies."""


def death(stage: str, written: str) -> Fate:
    """Answer a death at the end of a stage."""
    told = {"event": f"finishStage {stage}", "checkpoint": f"-{stage}.json"}
    made = tuple(call for name, call in told.items() if written in {name, "both"})
    return Fate(made, tuple(call for call in told.values() if call not in made))


def boundaries() -> Iterator[ParameterSet]:
    """Answer every boundary, and both ways of going on: in a folder all of them, in a bucket one way each, by turns."""
    for number, (stage, written) in enumerate(product(STAGE_NAMES, WRITTEN)):
        for taken_up, way in ((False, "sent again"), (True, "taken up")):
            yield pytest.param(FOLDER, stage, written, taken_up, id=f"{FOLDER}-{stage}-{written}-{way}")
        turn = (number + number // len(WRITTEN)) % 2 == 1
        yield pytest.param(BUCKET, stage, written, turn, id=f"{BUCKET}-{stage}-{written}")


@pytest.mark.parametrize(("registry", "stage", "written", "taken_up"), [*boundaries()], indirect=["registry"])
def test_what_a_worker_began_who_died_between_two_stages_is_finished(
    registry: Registry, stage: str, written: str, taken_up: bool
) -> None:
    assert registry.begin(death(stage, written)).end() == "SIGKILL"

    ended = registry.begin(taken_up=taken_up).end()

    assert ended in {"completed", "created", "joined"}
    assert_published_as_if_undisturbed(registry)
    assert_the_first_analysis_counts(registry)
    assert_each_stage_begun_at_most_twice(registry)


@pytest.mark.parametrize(
    "fate",
    [
        pytest.param(Fate(unmade=("put .*staged/",)), id="before the bytes are durable"),
        pytest.param(Fate(made=("put .*staged/",)), id="after the bytes are durable"),
        pytest.param(Fate(made=("99999998.json",)), id="with a lease"),
        pytest.param(Fate(made=("claimRun",)), id="with a run and no job"),
        pytest.param(Fate(made=("publish running",)), id="with a job"),
        pytest.param(Fate(made=("completeRun",), unmade=("publish completed",)), id="before the job's end"),
        pytest.param(Fate(made=("publish completed",), unmade=("completeRun",)), id="before the run's end"),
        pytest.param(Fate(unmade=("99999997.json",)), id="before it gives the job back"),
        pytest.param(Fate(made=("99999997.json",)), id="before it removes what was staged"),
    ],
)
def test_what_a_worker_began_who_died_before_or_after_all_stages_is_finished(
    registry: Registry, fate: Fate
) -> None:
    assert registry.begin(fate).end() == "SIGKILL"

    assert registry.begin().end() in {"created", "joined"}

    assert_published_as_if_undisturbed(registry)
    assert_each_stage_begun_at_most_twice(registry)


@pytest.mark.parametrize(
    ("registry", "written"),
    [*((FOLDER, written) for written in WRITTEN), (BUCKET, "event"), (BUCKET, "checkpoint")],
    indirect=["registry"],
)
def test_of_a_job_whose_every_worker_dies_at_the_end_of_a_stage_no_stage_is_begun_more_than_twice(
    registry: Registry, written: str
) -> None:
    for number, stage in enumerate(STAGE_NAMES):
        assert registry.begin(death(stage, written), taken_up=number % 2 == 1).end() == "SIGKILL"

    assert registry.begin().end() in {"created", "joined"}

    assert_published_as_if_undisturbed(registry)
    assert_the_first_analysis_counts(registry)
    assert max(really_begun(registry).values()) <= 2


class TestTooManyDeaths:
    """A job that kills its workers is given up, and replayed once the cause is gone."""

    ATTEMPTS: Final = 3

    @pytest.fixture
    def registry(self, registry: Registry) -> Registry:
        """Give a registry with little patience."""
        registry.environment["PRISM_MAX_ATTEMPTS"] = str(self.ATTEMPTS)
        return registry

    @pytest.mark.parametrize(
        ("stage", "poison"),
        [
            pytest.param("read", "put_stream .*staged/", id="while it reads"),
            pytest.param("claim", "put .*manifest", id="while it claims"),
            pytest.param("commit", "put .*heads/", id="while it commits"),
        ],
    )
    def test_it_has_failed_and_can_be_replayed(self, registry: Registry, stage: str, poison: str) -> None:
        ends = [registry.begin(Fate(unmade=(poison,))).end() for _ in range(self.ATTEMPTS)]
        last = registry.begin().end()

        assert [*ends, last] == ["SIGKILL"] * self.ATTEMPTS + ["AttemptsExhausted"]
        job = registry.job()
        assert (job.state, job.attempts, job.replays) == ("failed", self.ATTEMPTS + 1, None)
        assert job.error is not None
        assert (job.error.code, job.error.stage) == ("attempts_exhausted", stage)
        assert job.error.is_retryable

        registry.world.container.publishing.replay(job.id, stage)

        assert registry.begin(taken_up=True).end() == "completed"
        assert_published_as_if_undisturbed(registry)

    def test_all_but_the_reading_is_done_again_when_the_same_is_sent_after_that(
        self, registry: Registry
    ) -> None:
        poison = Fate(unmade=("put .*manifest",))
        ends = [registry.begin(poison).end() for _ in range(self.ATTEMPTS)] + [registry.begin().end()]

        assert registry.begin().end() == "created"

        assert ends[-1] == "AttemptsExhausted"
        assert_published_as_if_undisturbed(registry)
        assert registry.workers[-1].stages == STAGE_NAMES[1:]
