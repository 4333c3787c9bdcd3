"""Workers are stopped in the middle of their work, and go on when others have done it."""

from signal import SIGCONT, SIGSTOP
from typing import Final

import pytest

from tests.services.executing.conftest import FOLDER
from tests.services.executing.fates import Fate
from tests.services.executing.registries import (
    Registry,
    assert_published_as_if_undisturbed,
    contents,
)
from tests.services.executing.workers import FORETOLD, STAGE_NAMES

MOMENTS: Final[dict[str, str]] = {
    "before the job is written": "publish running",
    "before the pack is kept": "put_stream .*staged/",
    **{f"at the end of {stage}": f"finishStage {stage}" for stage in STAGE_NAMES},
    "before the claim": "put .*manifest",
    "before the tarball is settled": "copy ",
    "before the commit": "put .*heads/",
    "before the index knows": "put .*index/tail/",
}
"""Calls before which a worker is stopped that others overtake."""


@pytest.fixture(params=[*MOMENTS.values()], ids=[*MOMENTS])
def stop(request: pytest.FixtureRequest) -> Fate:
    """Give a fate that stops a worker somewhere."""
    return Fate(unmade=(request.param,), signal=SIGSTOP)


def test_a_worker_that_was_overtaken_joins_who_has_published_instead(registry: Registry, stop: Fate) -> None:
    stopped = registry.begin(stop)
    stopped.wait_for(FORETOLD)
    registry.begin().end()
    there, job = contents(registry.world), registry.job()

    stopped.send(SIGCONT)

    assert stopped.end() == "joined"
    assert (contents(registry.world), registry.job()) == (there, job)
    assert_published_as_if_undisturbed(registry)


@pytest.mark.parametrize("registry", [FOLDER], indirect=True)
def test_a_worker_that_was_overtaken_while_it_took_up_a_job_stops(registry: Registry, stop: Fate) -> None:
    assert (
        registry.begin(Fate(made=("publish running",), unmade=("put_stream .*staged/",))).end() == "SIGKILL"
    )
    stopped = registry.begin(stop, taken_up=True)
    stopped.wait_for(FORETOLD)
    assert registry.begin(taken_up=True).end() == "completed"
    job = registry.job()

    stopped.send(SIGCONT)

    assert stopped.end() == "Overtaken"
    assert registry.job() == job


def test_a_worker_that_is_silent_is_waited_for_until_its_lease_has_ended(registry: Registry) -> None:
    stopped = registry.begin(Fate(unmade=("finishStage analyze",), signal=SIGSTOP), later=0)
    stopped.wait_for(FORETOLD)

    assert registry.begin(later=0).end() == "created"
    stopped.send(SIGCONT)

    assert stopped.end() == "joined"
    first, second = (event.timestamp for event in registry.events() if event.type == "claimRun")
    assert second - first > 1000 * registry.settings.lease_seconds
    assert_published_as_if_undisturbed(registry)


@pytest.mark.parametrize("call", ["completeRun", "publish completed"])
def test_a_worker_that_was_stopped_at_its_end_has_published(registry: Registry, call: str) -> None:
    stopped = registry.begin(Fate(unmade=(call,), signal=SIGSTOP))
    stopped.wait_for(FORETOLD)
    registry.begin().end()

    stopped.send(SIGCONT)

    assert stopped.end() in {"created", "joined"}
    assert_published_as_if_undisturbed(registry)
