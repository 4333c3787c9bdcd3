"""What is as large as Lambda and the gateway let it be arrives, and what is larger is told what works instead."""

import json
import os
import urllib.request

import pytest

from tests.builders import Content
from tests.runtime.deployed import Deployed, publish_document
from tests.runtime.real import tarball_of, version_of
from tests.worlds import package

INLINE = 4 << 20
"""Bytes of the largest file and document that a function answers itself."""
MIB = 1 << 20


def noise(name: str, size: int) -> bytes:
    """Answer a tarball of about so many bytes that compress to nothing smaller."""
    return package(name=name, files={"index.js": "", "noise.bin": os.urandom(size)})


def download(url: str | None) -> bytes:
    """Fetch what a redirect leads to."""
    assert url is not None
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
        return body


def test_a_real_tarball_of_more_than_four_megabytes_is_published_as_it_is(deployed: Deployed) -> None:
    name = "@esbuild/linux-x64"
    data = tarball_of(name)

    given = deployed.publish(name, data)

    assert len(data) > 4_300_000
    assert given.status == 201


def test_a_tarball_as_large_as_an_invocation_lets_it_is_published(deployed: Deployed) -> None:
    assert deployed.publish("almost", noise("almost", 4_700_000)).status == 201


def test_a_tarball_inside_json_may_be_three_quarters_of_that(deployed: Deployed) -> None:
    body = json.dumps(publish_document(noise("inside", 3_500_000))).encode()

    given = deployed.send(
        "POST", "/v1/packages/inside", headers={"content-type": "application/json"}, body=body
    )

    assert given.status == 201


def test_a_tarball_too_large_for_an_invocation_is_refused_and_nothing_is_kept(deployed: Deployed) -> None:
    given = deployed.publish("beyond", noise("beyond", 4_720_000))

    assert given.status == 413
    assert deployed.send("GET", "/v1/packages/beyond").status == 404


def test_what_is_too_large_for_the_gateway_is_published_through_the_bucket(deployed: Deployed) -> None:
    key = deployed.drop("three", tarball_of("three"))

    verdict = deployed.announce(key)["verdicts"][key]

    assert (verdict["status"], verdict["version"]) == ("published", version_of("three"))


@pytest.fixture(scope="module")
def large(deployed: Deployed) -> dict[str, Content]:
    """A published package with one file that is just answered, and one that is just too large."""
    files: dict[str, Content] = {"just.bin": os.urandom(INLINE), "over.bin": bytes(INLINE + 1)}
    key = deployed.drop("large", package(name="large", files=files))
    assert deployed.announce(key)["verdicts"][key]["status"] == "published"
    return files


def test_a_file_just_small_enough_is_answered_by_the_function(
    deployed: Deployed, large: dict[str, Content]
) -> None:
    given = deployed.send("GET", "/packages/large/1.0.0/just.bin")

    assert (given.status, given.body == large["just.bin"]) == (200, True)


def test_a_file_too_large_for_a_function_is_fetched_from_the_bucket(
    deployed: Deployed, large: dict[str, Content]
) -> None:
    given = deployed.send("GET", "/packages/large/1.0.0/over.bin")

    assert given.status == 302
    assert download(given.header("location")) == large["over.bin"]


def test_a_document_too_large_for_a_function_is_fetched_from_the_bucket(deployed: Deployed) -> None:
    folder = "x" * 200
    files: dict[str, Content] = {f"{folder}/{number}.js": "" for number in range(11_000)}
    key = deployed.drop("many", package(name="many", files=files))
    assert deployed.announce(key)["verdicts"][key]["status"] == "published"

    given = deployed.send("GET", "/v1/packages/many/1.0.0/files")

    assert given.status == 302
    assert len(download(given.header("location"))) > INLINE
