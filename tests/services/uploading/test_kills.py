"""Processes that are killed in the middle of it lose nothing that they have acknowledged."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chalicelib.domain.access import EVERYBODY
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.uploading import NewUpload
from tests.services.uploading.senders import content, uploading
from tests.services.uploading.victim import registry

ROOT = Path(__file__).parents[3]
LENGTH = 2_000_000
CHUNK = 20_000
KILLS = 4


@pytest.fixture(params=["filesystem", "localstack"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Answer where the victims send the upload."""
    if request.param == "filesystem":
        return str(tmp_path / "root")
    emulator = request.getfixturevalue("localstack")
    return f"{emulator.endpoint}#{emulator.new_bucket()}"


def test_an_upload_comes_whole_through_kills_at_any_moment(place: str) -> None:
    chance = random.Random(place)
    world = registry(place)
    fid = uploading(world.container).create(NewUpload(length=LENGTH), EVERYBODY).fid
    acknowledged = 0

    for _ in range(KILLS):
        acknowledged = max(acknowledged, killed(place, fid, chance.uniform(0.05, 0.4)))
        assert uploading(world.fresh()).find(fid, EVERYBODY).offset >= acknowledged

    assert killed(place, fid, None) == LENGTH
    assert b"".join(uploading(world.fresh()).open(fid)) == content(LENGTH)


def killed(place: str, fid: Fid, seconds: float | None) -> int:
    """Let a process go on with an upload and kill it so long after its first word; answers its last one."""
    arguments = [place, str(fid), str(LENGTH), str(CHUNK)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.services.uploading.victim", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline()]
        if seconds is not None:
            time.sleep(seconds)
            process.kill()
        said += process.stdout.readlines()
    return max(int(line) for line in said if line.endswith("\n"))
