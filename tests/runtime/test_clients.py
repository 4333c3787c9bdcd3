"""Real HTTP clients talk to the deployment package through the gateway's stand-in."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.builders import package_json, tarball
from tests.runtime.deployed import Deployed
from tests.runtime.front import Fleet, Front, serving
from tests.runtime.gateway import MAX_BODY
from tests.runtime.real import file_of, tarball_of, version_of


@pytest.fixture(scope="module")
def front(deployed: Deployed) -> Iterator[Front]:
    """The gateway's address, with up to two processes behind it."""
    with serving(deployed.gateway, Fleet(deployed.start, most=2).invoke) as front:
        yield front


def fetch(front: Front, path: str, **told: Any) -> tuple[int, bytes]:
    """Answer status and body of a request, whatever the status."""
    request = urllib.request.Request(f"{front.url}{path}", **told)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def prism(front: Front, *arguments: str) -> Any:
    """Run the command against the gateway, and answer the JSON it prints."""
    environment = {"PATH": os.environ["PATH"], "PRISM_REGISTRY_URL": front.url}
    done = subprocess.run(
        [sys.executable, "-m", "chalicelib.cli", *arguments, "--json"],
        env={**environment, "PRISM_PUBLISHER_NAME": "Ada", "PRISM_PUBLISHER_EMAIL": "ada@example.org"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_prism_command_publishes_and_resolves(front: Front, tmp_path: Path) -> None:
    folder = tmp_path / "hello"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps(package_json("hello", "1.2.3", main="main.js")))
    (folder / "main.js").write_text("module.exports = 'hello'\n")

    published = prism(front, "publish", str(folder))
    resolved = prism(front, "resolve", "hello@^1", "--runtime", "node")

    assert published["identifier"] == {"name": "hello", "version": "1.2.3"}
    assert (resolved["version"], resolved["entryPath"]) == ("1.2.3", "main.js")


def test_a_resolved_address_leads_below_the_stage(front: Front) -> None:
    fetch(front, "/v1/packages/ms", data=tarball_of("ms"), headers={"Content-Type": "application/gzip"})

    _, resolution = fetch(front, "/v1/resolve?spec=ms&runtime=node")
    address = json.loads(resolution)["url"]

    assert address.startswith(f"/{front.gateway.stage}/packages/ms/")
    assert fetch(front, address.removeprefix(f"/{front.gateway.stage}")) == (200, file_of("ms", "index.js"))


def test_bytes_reach_a_client_whatever_it_says_that_it_accepts(front: Front) -> None:
    fetch(front, "/v1/packages/pino", data=tarball_of("pino"), headers={"Content-Type": "application/gzip"})
    path = f"/packages/pino/{version_of('pino')}/favicon-16x16.png"

    answers = [
        fetch(front, path, headers={"Accept": accept})
        for accept in ("*/*", "image/png,*/*;q=0.8", "text/html")
    ]

    assert answers == [(200, file_of("pino", "favicon-16x16.png"))] * 3


def test_a_body_in_chunks_is_published(front: Front) -> None:
    data = tarball({"package.json": package_json("chunked")})
    pieces = (data[start : start + 100] for start in range(0, len(data), 100))

    status, _ = fetch(
        front, "/v1/packages/chunked", data=pieces, headers={"Content-Type": "application/gzip"}
    )

    assert status == 201


def test_clients_at_the_same_time_each_get_their_own_answer(front: Front) -> None:
    paths = [f"/v1/problems/none-{number}" for number in range(40)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda path: fetch(front, path), paths))

    assert [status for status, _ in answers] == [404] * 40
    assert all(
        path.rpartition("/")[2] in body.decode() for path, (_, body) in zip(paths, answers, strict=True)
    )


@pytest.mark.parametrize(
    "size", [pytest.param(MAX_BODY + 1, id="gateway"), pytest.param(6 << 20, id="lambda")]
)
def test_a_body_that_is_too_large_is_refused_before_the_function(front: Front, size: int) -> None:
    status, body = fetch(
        front, "/v1/packages/large", data=bytes(size), headers={"Content-Type": "application/gzip"}
    )

    assert (status, b"Too Long" in body or b"payload_too_large" in body) == (413, True)


def test_an_address_outside_the_stage_is_the_gateways_to_answer(front: Front) -> None:
    outside = front.url.removesuffix(front.gateway.stage)

    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(f"{outside}v1/health"):
        pass

    with closing(refused.value):
        assert refused.value.code in {403, 404}
