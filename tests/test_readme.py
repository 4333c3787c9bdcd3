"""The README's commands work as they stand, on a registry that `make run` has started."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import environment

ROOT = Path(__file__).parents[1]
ADDRESS = "http://127.0.0.1:8000"
NPM = "http://localhost:8000"
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address of a registry that was started as the README says, on a free port."""
    process = subprocess.Popen(
        BLOCKS[0].split(),
        cwd=ROOT,
        env=environment({"STORAGE_ROOT": str(tmp_path / "storage"), "PORT": "0"}),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                break
        else:
            pytest.fail(f"`make run` ended with {process.wait()}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=15)
        if process.stdout is not None:
            process.stdout.close()


def test_the_readme_starts_with_make_run_and_tests_with_make_test() -> None:
    assert BLOCKS[0] == "make run\n"
    assert BLOCKS[-1] == "make test\n"


def test_the_commands_publish_resolve_read_and_install_a_project(address: str, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    script = (
        (BLOCKS[1] + BLOCKS[2])
        .replace(ADDRESS, address)
        .replace(NPM, address.replace("127.0.0.1", "localhost"))
    )

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment({"PRISM_REGISTRY_URL": address, "npm_config_cache": str(tmp_path / "cache")}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "hello-prism@1.0.0" in done.stdout + done.stderr
    assert "/packages/hello-prism/1.0.0/index.js" in done.stdout
    assert "export const greet = (name) => `Hello, ${name}!`" in done.stdout
    assert done.stdout.endswith("Hello, npm!\n")
