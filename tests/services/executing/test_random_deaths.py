"""Workers are killed from outside, in the middle of whatever they are doing."""

import random
import time
from signal import SIGKILL
from typing import Final

import pytest

from tests.builders import Content
from tests.services.executing.conftest import BUCKET, FOLDER
from tests.services.executing.registries import (
    Registry,
    assert_each_stage_begun_at_most_twice,
    assert_published_as_if_undisturbed,
)
from tests.services.executing.workers import STAGE_NAMES

MODULES: Final[dict[str, Content]] = {
    f"lib/m{number}.js": f"export const m{number} = '{'x' * 60}'\n" * 50 for number in range(300)
}
"""Enough to be at for a while."""
LONGEST_SECONDS: Final = 0.06
DEATHS: Final = [(FOLDER, seed) for seed in range(15)] + [(BUCKET, seed) for seed in range(6)]


@pytest.mark.parametrize(
    ("registry", "seed"), DEATHS, ids=[f"{medium}-{seed}" for medium, seed in DEATHS], indirect=["registry"]
)
def test_what_a_worker_began_who_was_killed_at_any_moment_is_finished(registry: Registry, seed: int) -> None:
    registry.more.update(MODULES)
    killed = registry.begin()
    killed.wait_for(STAGE_NAMES[seed % len(STAGE_NAMES)])
    # To be anywhere in what a stage does, and not to wait for anything.
    time.sleep(random.Random(seed).uniform(0, LONGEST_SECONDS))
    killed.send(SIGKILL)
    killed.end()

    assert registry.begin().end() in {"created", "joined"}

    assert_published_as_if_undisturbed(registry)
    assert_each_stage_begun_at_most_twice(registry)
