"""The guide to buckets is run as it is written."""

import json
import re
import subprocess
from pathlib import Path

from chalicelib.api.local.server import running
from chalicelib.container import installed
from tests.api.send.registries import Sender
from tests.servers import ROOT, environment
from tests.worlds import memory_world

GUIDE = (ROOT / "docs" / "guides" / "buckets.md").read_text()


def test_the_guides_commands_do_what_it_says(tmp_path: Path) -> None:
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE))
    sender = Sender(memory_world())

    with installed(sender.world.container), running(sender.app) as url:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands.replace("http://127.0.0.1:8000", url)],
            cwd=tmp_path,
            env=environment({}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert "HTTP/1.1 201 Created" in done.stdout
    assert re.findall(r"(?:^|\})(\d{3})$", done.stdout, re.MULTILINE) == ["401", "404"]
    assert (tmp_path / "copy.txt").read_text() == "It was a dark and stormy night.\n"
    listing = json.loads((tmp_path / "listing.json").read_text())
    assert (listing["locked"], listing["protected"], listing["comment"]) == (True, True, "The first draft")
    assert not any(key.endswith("bucket.json") for key in sender.world.stored())
