"""The guide to uploads is followed as it is written."""

import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.servers import environment, serving
from tests.uploads.scenarios import asked
from tests.worlds import package

ROOT: Final = Path(__file__).parents[1]
GUIDE: Final = (ROOT / "docs" / "guides" / "upload.md").read_text()
LARGE: Final = 9 << 20


def blocks(language: str) -> list[str]:
    """Answer what the guide has in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def done(command: list[str], folder: Path, url: str) -> str:
    """Answer what a command prints, which has to end well."""
    variables = {
        "PATH": os.environ["PATH"],
        "NODE_PATH": str(ROOT / "tests" / "node_modules"),
        "PRISM_REGISTRY_URL": url,
    }
    ended = subprocess.run(
        command,
        env=environment(variables),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_every_command_of_the_guide_works_in_the_order_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "my-package-1.0.0.tgz").write_bytes(package(name="my-package"))

    with serving(tmp_path / "storage") as server:
        said = done(["bash", "-euo", "pipefail", "-c", "\n".join(blocks("sh"))], tmp_path, server.url)

    assert "upload-offset: 11" in said.lower()
    assert "prism-job: publish-" in said.lower()
    assert '"name":"my-package"' in said


def test_every_client_of_the_guide_uploads(tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(random.Random(0).randbytes(LARGE))
    programs = [["node", "-e", block] for block in blocks("js")]
    programs += [[sys.executable, "-c", block] for block in blocks("python")]

    with serving(tmp_path / "storage") as server:
        for program in programs:
            url = done(program, tmp_path, server.url).strip()
            status, headers = asked(url)
            assert (status, headers["Upload-Offset"]) == (200, str(LARGE))

    assert len(programs) == 3


def test_the_guide_tells_the_extensions_that_are_spoken(tmp_path: Path) -> None:
    with serving(tmp_path / "storage") as server:
        _, headers = asked(f"{server.url}/v1/uploads", "OPTIONS")

    assert all(f"`{extension}`" in GUIDE for extension in headers["Tus-Extension"].split(","))
    assert all(f"`{algorithm}`" in GUIDE for algorithm in headers["Tus-Checksum-Algorithm"].split(","))
