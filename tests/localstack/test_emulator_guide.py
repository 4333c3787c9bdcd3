"""The guide's commands work as they stand, on an emulation that `make emulate` has started."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack.emulate import LOGS
from localstack.host import ROOT
from tests.servers import environment

GUIDE = (ROOT / "docs" / "guides" / "run-on-an-emulator.md").read_text()
START, PUBLISH, LOOK, DOWNLOAD, BOTO, HEALTH, SWEEPS, LETTERS, DOCKER = re.findall(
    r"```sh\n(.*?)```", GUIDE, re.DOTALL
)
ADDRESSES = re.compile(r"Prism is at (\S+), over the bucket `prism` of an S3 emulator at (\S+)\.\n")


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[str, str]]:
    """The addresses of the API and the emulator, started as the guide says, on free ports."""
    process = subprocess.Popen(
        START.split(),
        cwd=ROOT,
        env=environment({"LOCALSTACK_PORT": "0", "LOG_LEVEL": "INFO", "SWEEP_SECONDS": "1"}),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        found = next(filter(None, map(ADDRESSES.fullmatch, process.stdout)), None)
        assert found, f"`make emulate` ended with {process.wait()}"
        yield found[1], found[2]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
        process.stdout.close()
    shutil.rmtree(LOGS / port_of(found[1]))


def port_of(url: str) -> str:
    """Answer the port in an address."""
    return url.rpartition(":")[2]


def run(script: str, started: tuple[str, str], folder: Path) -> str:
    """Run a block of the guide, with the addresses and the folder it is meant for."""
    url, endpoint = started
    script = script.replace("http://127.0.0.1:8000", url).replace("http://127.0.0.1:4566", endpoint)
    script = script.replace("emulate/8000", f"emulate/{port_of(url)}")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment({"PRISM_REGISTRY_URL": url}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_publish_look_and_download(started: tuple[str, str], tmp_path: Path) -> None:
    for name in (".venv", ".cache"):
        (tmp_path / name).symlink_to(ROOT / name)

    run(PUBLISH, started, tmp_path)
    time.sleep(2)  # as the guide says, a second later
    looked = run(LOOK, started, tmp_path)
    run(DOWNLOAD, started, tmp_path)
    run(BOTO, started, tmp_path)
    health = run(HEALTH, started, tmp_path)
    sweeps = run(SWEEPS, started, tmp_path)
    letters = run(LETTERS, started, tmp_path)

    assert "export const greet" in looked
    assert '"status": "published"' in looked
    assert '"status":"ok"' in health
    assert '"function": "publish_uploads"' in health
    assert '"message": "event handled", "function": "sweep"' in sweeps
    assert '"ReceiveMessageResult": null' in letters


def test_the_guide_starts_with_make_emulate_and_ends_with_docker() -> None:
    assert START == "make emulate\n"
    assert DOCKER.startswith("docker compose -f localstack/docker-compose.yml up -d\n")
