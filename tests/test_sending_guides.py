"""The guides to large packages and to sending files are followed as they are written, by somebody new."""

import os
import random
import re
import subprocess
import sys
from pathlib import Path

from tests.servers import environment, serving

ROOT = Path(__file__).parents[1]


def blocks(guide: str) -> list[str]:
    """Answer the commands of a guide."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "guides" / guide).read_text(), re.DOTALL)


def follow(commands: list[str], folder: Path, registry: str) -> "subprocess.CompletedProcess[str]":
    """Follow commands in a folder, with the prism command at hand and a home of one's own."""
    tools = folder.parent / "tools"
    tools.mkdir()
    prism = tools / "prism"
    prism.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chalicelib.cli "$@"\n')
    prism.chmod(0o755)
    variables = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder.parent / "home"),
        "PYTHONPATH": str(ROOT),
        "PRISM_REGISTRY_URL": registry,
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        env=environment(variables),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_a_large_package_is_published_as_the_guide_says(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "package.json").write_text('{"name": "large", "version": "1.0.0"}')
    (folder / "data.bin").write_bytes(random.Random(1).randbytes(6 << 20))
    with serving(tmp_path / "storage", PRISM_MAX_PAYLOAD=str(1 << 20)) as server:
        done = follow(blocks("publish-large.md"), folder, server.url)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Published large@1.0.0",
        "large@1.0.0 was published before, with the same content",
        "large@1.0.0 was published before, with the same content",
    ]
    assert "uploaded 75%" in done.stderr


def test_files_are_sent_as_the_guide_says(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    with serving(tmp_path / "storage", PRISM_MAX_PAYLOAD=str(1 << 20)) as server:
        done = follow(blocks("send.md"), folder, server.url)

    assert done.returncode == 0, done.stderr
    assert re.search(rf"^See {re.escape(server.url)}/s/[0-9a-f]{{12}}$", done.stdout, re.MULTILINE)
    assert "draft.txt" in done.stdout
    assert "Deleted " in done.stdout
    assert (folder / "everything.zip").stat().st_size > 0
