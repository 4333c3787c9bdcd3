"""Workers are killed from outside, at any moment whatever."""

import random
import time
from collections.abc import Iterator
from signal import SIGKILL
from typing import Final

import pytest

from tests.builders import Content
from tests.services.executing.conftest import IN_A_BUCKET, IN_A_FOLDER
from tests.services.executing.registries import (
    Registry,
    assert_each_stage_begun_at_most_twice,
    assert_published_as_if_undisturbed,
)
from tests.services.executing.workers import BEGUN, Worker

MODULES: Final[dict[str, Content]] = {
    f"lib/m{number}.js": f"export const m{number} = '{'x' * 60}'\n" * 50 for number in range(300)
}
"""Enough to be at for a while."""
SECONDS: Final = {IN_A_FOLDER: 0.6, IN_A_BUCKET: 1.2}
"""About as long as a worker needs who is not disturbed."""
DEATHS: Final = [
    pytest.param(driver, seed, id=f"{driver}-{seed}")
    for driver, deaths in ((IN_A_FOLDER, 15), (IN_A_BUCKET, 6))
    for seed in range(deaths)
]


@pytest.mark.parametrize(("registry", "seed"), DEATHS, indirect=["registry"])
def test_what_a_worker_began_who_was_killed_at_any_moment_is_finished(
    registry: Registry, seed: int, request: pytest.FixtureRequest
) -> None:
    registry.more.update(MODULES)
    killed = registry.begin()
    killed.wait_for(BEGUN)
    time.sleep(random.Random(seed).uniform(0, SECONDS[IN_A_FOLDER]))
    killed.send(SIGKILL)

    print(killed.end(), killed.stages, registry.begin().end())

    assert_published_as_if_undisturbed(registry)
    assert_each_stage_begun_at_most_twice(registry)
