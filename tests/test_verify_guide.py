"""The guide to verifying packages is followed as it is written."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.servers import environment, serving

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "guides" / "verify-packages.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


def test_every_command_of_the_guide_works_in_the_order_it_is_written(tmp_path: Path) -> None:
    token = "the-operators-own-token"
    prism = tmp_path / "prism"
    prism.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chalicelib.cli "$@"\n')
    prism.chmod(0o755)
    with serving(tmp_path / "storage", PRISM_ACCESS="token", PRISM_ADMIN_TOKEN=token) as server:
        variables = {
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PRISM_TOKEN": token,
            "PRISM_REGISTRY_URL": server.url,
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(BLOCKS)],
            env=environment(variables),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert "in force" in done.stdout
    assert "Sigstore's public-good instance" in done.stdout
