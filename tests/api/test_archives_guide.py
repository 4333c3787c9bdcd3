"""The guide to archives is followed as it is written."""

import re
import subprocess
import urllib.request
from pathlib import Path

from chalicelib.domain.access import EVERYBODY
from chalicelib.settings import Settings
from tests.api.send.registries import Bucket, Sender
from tests.servers import environment, serving
from tests.worlds import package, world

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "archives.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


def test_every_command_of_the_guide_works_in_the_order_it_is_written(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    with serving(storage) as server:
        for name, version in (("demo", "1.2.0"), ("@acme%2Fwidget", "2.0.0")):
            data = package(version, name=name.replace("%2F", "/"))
            request = urllib.request.Request(
                f"{server.url}/v1/packages/{name}", data, {"Content-Type": "application/octet-stream"}
            )
            urllib.request.urlopen(request, timeout=20).close()
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(BLOCKS)],
            env=environment({"PRISM_REGISTRY_URL": server.url, "BUCKET": a_bucket(storage).sid}),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert len(BLOCKS) == 5
    for told in ("No errors detected", "acme-widget-2.0.0.tgz", "demo-1.2.0.tgz", "a file of the bucket"):
        assert told in done.stdout


def a_bucket(storage: Path) -> Bucket:
    """Answer a bucket with a file, made by another process over the same folder."""
    registry = world(Settings(storage_driver="filesystem", storage_root=storage))
    bucket = Sender(registry).bucket()
    bucket.add(b"a file of the bucket\n", "hello.txt", caller=EVERYBODY)
    return bucket
