"""The whole of Prism, with nothing played but the bucket: what is dropped into it can be seen, imported and downloaded.

Everything is reached as a user reaches it: boto3 writes objects, the prism command asks, Deno imports by URL.
"""

import http.client
import json
import random
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import pytest

from deployment.bucket import lifecycle_rules
from localstack.provision import ATTEMPTS
from scripts.fetch_packages import path_of, pinned
from tests.builders import gzipped, package_json, raw_entry, raw_tar, tarball
from tests.deno import deno
from tests.localstack.emulations import Running, emulating, eventually, most_memory

MOST_MEMORY: Final = 256 << 20
LARGE: Final = 60 << 20
MEBIBYTE: Final = 1 << 20


@pytest.fixture(scope="module")
def emulation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running emulation."""
    with emulating(tmp_path_factory.mktemp("logs"), SWEEP_SECONDS="2") as running:
        yield running


def real(name: str) -> bytes:
    """Answer the tarball of a pinned package."""
    path = next(path_of(row) for row in pinned() if row["name"] == name)
    assert path.exists(), "run `make packages`, which fetches the pinned packages with npm"
    return path.read_bytes()


def dropped(emulation: Running, name: str) -> dict[str, Any]:
    """Drop a real package into the bucket and answer the verdict on it."""
    upload_id = f"{name.strip('@').replace('/', '-')}-{uuid.uuid4()}"
    emulation.drop(upload_id, real(name))
    verdict = emulation.verdict(upload_id)
    assert verdict["status"] == "published", verdict
    return verdict


def asked(url: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Ask for an address, and follow no redirect."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_the_command_shows_what_was_dropped_within_seconds(emulation: Running) -> None:
    emulation.drop("shown", real("is-odd"))

    shown = eventually(
        lambda: done if not (done := emulation.prism("info", "is-odd")).returncode else None, 10
    )

    assert "3.0.1" in shown.stdout


def test_what_was_dropped_is_installable_by_npm(emulation: Running, tmp_path: Path) -> None:
    dropped(emulation, "ms")
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"ms": "^2.1"}}))

    done = subprocess.run(
        ["npm", "install", "--registry", f"{emulation.url}/npm/", "--cache", str(tmp_path / "cache")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "node_modules/ms/package.json").read_text())["version"] == "2.1.3"


def test_a_tarball_is_redirected_to_a_signed_address_with_the_same_bytes(emulation: Running) -> None:
    dropped(emulation, "ms")

    answer, _ = asked(f"{emulation.url}/v1/packages/ms/2.1.3.tgz")
    location = answer.headers["Location"]
    with urllib.request.urlopen(location) as download:
        data = download.read()

    assert answer.status == 302
    assert location.startswith(f"{emulation.told['endpoint']}/{emulation.bucket}/")
    assert "X-Amz-Signature=" in location
    assert data == real("ms")


def test_a_changed_signature_is_refused_by_the_bucket(emulation: Running) -> None:
    dropped(emulation, "ms")

    answer, _ = asked(f"{emulation.url}/v1/packages/ms/2.1.3.tgz")
    refused, _ = asked(answer.headers["Location"].replace("X-Amz-Signature=", "X-Amz-Signature=0"))

    assert refused.status == 403


def test_a_file_comes_from_the_function_itself_with_its_type(emulation: Running) -> None:
    dropped(emulation, "ms")

    answer, data = asked(f"{emulation.url}/packages/ms/2.1.3/index.js")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert data.startswith(b"/**\n * Helpers.\n */")


def test_deno_runs_a_package_of_many_modules_from_its_address(emulation: Running, tmp_path: Path) -> None:
    dropped(emulation, "hono")
    told = json.loads(emulation.prism("resolve", "hono@^4", "--runtime", "deno", "--json").stdout)
    entry = urljoin(emulation.url, told["url"])
    (tmp_path / "main.ts").write_text(
        f'import {{ Hono }} from "{entry}";\n'
        'const app = new Hono().get("/:name", (context) => context.text(`Hello, ${context.req.param("name")}!`));\n'
        'console.log(await (await app.request("/Prism")).text());\n'
    )

    done = subprocess.run(
        [
            deno(),
            "run",
            "--no-config",
            "--no-lock",
            f"--allow-import={urlsplit(emulation.url).netloc}",
            "main.ts",
        ],
        cwd=tmp_path,
        env={
            "DENO_DIR": str(tmp_path / "deno"),
            "DENO_NO_UPDATE_CHECK": "1",
            "NO_COLOR": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "Hello, Prism!\n", done.stderr
    assert done.stderr.count("Download ") > 10


@pytest.mark.parametrize(
    "upload_id",
    [
        pytest.param("with a space", id="space"),
        pytest.param("a+b%2Bc", id="plus-and-percent"),
        pytest.param("grün/漢字 🎉", id="unicode-and-slash"),
    ],
)
def test_any_key_is_read_as_it_was_written(emulation: Running, upload_id: str) -> None:
    emulation.drop(upload_id, real("ms"))

    verdict = emulation.verdict(upload_id)

    assert (verdict["status"], verdict["uploadId"], verdict["name"]) == ("published", upload_id, "ms")


def test_a_refused_tarball_gets_its_verdict_and_is_removed(emulation: Running) -> None:
    described = json.dumps(package_json(name="refused")).encode()
    archive = raw_tar(
        raw_entry("package/package.json", described), raw_entry("package/package.json", described)
    )
    emulation.drop("refused", gzipped(archive))

    verdict = emulation.verdict("refused")

    assert (verdict["status"], verdict["code"]) == ("refused", "duplicate_entry")
    eventually(lambda: emulation.read("incoming/refused.tgz") is None or None)
    assert emulation.prism("info", "refused").returncode != 0


def test_a_job_that_is_queued_is_done_again_by_the_function_that_hears_of_it(emulation: Running) -> None:
    dropped(emulation, "ms")
    _, listed = asked(f"{emulation.url}/v1/jobs?package=ms&state=completed")
    job = json.loads(listed)["jobs"][0]["id"]

    queued = post(f"{emulation.url}/v1/jobs/{job}/replay?from=read")
    done = eventually(lambda: next(taken_up(emulation, job), None))

    assert queued.status == 202
    assert done["key"].startswith(emulation.key("index/jobs/state/queued/"))
    _, told = asked(f"{emulation.url}/v1/jobs/{job}")
    assert (json.loads(told)["state"], json.loads(told)["replays"]) == ("completed", 1)


def post(url: str) -> http.client.HTTPResponse:
    """Ask for something to be done."""
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=30) as answer:
        assert isinstance(answer, http.client.HTTPResponse)
        return answer


def taken_up(emulation: Running, job: str) -> Iterator[dict[str, Any]]:
    """Answer the lines that say that a job has come to its end by way of an event."""
    return (
        line for line in emulation.events() if line.get("jobId") == job and line["message"] == "job completed"
    )


def test_the_sweeper_is_called_again_and_again(emulation: Running) -> None:
    sweeps = eventually(lambda: at_least(2, handled(emulation, "sweep")))

    assert emulation.told["sweepSeconds"] == 2
    assert {line["attempt"] for line in sweeps} == {1}


def handled(emulation: Running, function: str) -> list[dict[str, Any]]:
    """Answer the lines that say that a function has handled an event."""
    lines = (line for line in emulation.events() if line["message"] == "event handled")
    return [line for line in lines if line["function"] == function]


def at_least(count: int, lines: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Answer the lines if there are so many."""
    return lines if len(lines) >= count else None


def test_an_event_that_fails_every_time_ends_as_a_dead_letter_and_loses_nothing(emulation: Running) -> None:
    """The function cannot read the verdict that lies there, so it cannot tell whether the upload is done."""
    broken = emulation.key("verdicts/broken.json")
    emulation.s3.put_object(Bucket=emulation.bucket, Key=broken, Body=b"no verdict")
    emulation.drop("broken", real("ms"))
    dead = emulation.told["queues"]["publish_uploads"]["deadUrl"]

    letter = eventually(lambda: next(iter(received(emulation, dead)), None), 30)

    event = json.loads(letter["Body"])
    attempts = [line for line in emulation.events() if line.get("messageId") == letter["MessageId"]]
    assert event["Records"][0]["s3"]["object"]["key"] == emulation.key("incoming/broken.tgz")
    assert [line["attempt"] for line in attempts] == list(range(1, ATTEMPTS + 1))
    assert attempts[-1]["message"] == "event becomes a dead letter"
    assert emulation.read("incoming/broken.tgz") == real("ms")


def received(emulation: Running, url: str) -> list[dict[str, Any]]:
    """Take the messages of a queue."""
    messages: list[dict[str, Any]] = emulation.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get(
        "Messages", []
    )
    return messages


def test_sixty_megabytes_need_little_memory_on_the_way_in_and_out(emulation: Running) -> None:
    chance = random.Random(60)
    piece = chance.randbytes(MEBIBYTE)
    large = {f"data/{number}.bin": chance.randbytes(LARGE // 12) for number in range(12)}
    data = tarball({"package.json": package_json(name="large"), "piece.bin": piece, **large})
    emulation.drop("large", data)

    verdict = emulation.verdict("large", seconds=60)
    served, file = asked(f"{emulation.url}/packages/large/1.0.0/piece.bin")
    redirected, _ = asked(f"{emulation.url}/v1/packages/large/1.0.0.tgz")
    with urllib.request.urlopen(redirected.headers["Location"]) as download:
        assert download.read() == data

    assert len(data) > LARGE
    assert verdict["status"] == "published"
    assert (served.status, file) == (200, piece)
    assert redirected.status == 302
    assert most_memory(emulation.pid("localstack.bridge")) < MOST_MEMORY
    assert most_memory(emulation.pid("localstack.api")) < MOST_MEMORY


def test_deep_health_names_where_everything_is_kept(emulation: Running) -> None:
    answer, data = asked(f"{emulation.url}/v1/health?deep=true")

    health = json.loads(data)
    assert (answer.status, health["status"]) == (200, "ok"), health
    assert health["storage"] == {
        "driver": "s3",
        "bucket": emulation.bucket,
        "prefix": emulation.told["prefix"],
        "endpoint": emulation.told["endpoint"],
    }


def test_the_bucket_is_what_an_operator_gets(emulation: Running) -> None:
    rules = emulation.s3.get_bucket_lifecycle_configuration(Bucket=emulation.bucket)["Rules"]
    told = emulation.s3.get_bucket_notification_configuration(Bucket=emulation.bucket)

    assert {rule["ID"] for rule in rules} == {rule["ID"] for rule in lifecycle_rules("prism/")}
    assert {rule["Id"] for rule in told["QueueConfigurations"]} == {
        "prism:publish_uploads:prism/incoming/",
        "prism:derive_packages:prism/heads/",
        "prism:run_jobs:prism/index/jobs/state/queued/",
    }
