"""What clients of tus do, against any server: one function a scenario, called with a site and a folder."""

import hashlib
import random
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from email.message import Message
from pathlib import Path
from typing import Final, NamedTuple

from tests.uploads.clients import (
    CHUNK,
    aiotus_metadata,
    aiotus_parts,
    aiotus_upload,
    tus_js,
    tuspy,
)
from tests.worlds import package

MIB: Final = 1 << 20
SIZE: Final = 13 * MIB + 12_345
"""Several chunks, the last of which is a part of one."""
STOP: Final = 5 * MIB
NAMES: Final = {"filename": "Ünïcödé 日本語 🎈.bin", "filetype": "application/x-thing", "note": ""}


def fetched(url: str) -> bytes:
    """Answer what is served at an address."""
    with urllib.request.urlopen(url, timeout=120) as answer:
        data: bytes = answer.read()
        return data


class Site(NamedTuple):
    """A server: where uploads begin, and how a finished one is read, which may be more than one answer carries."""

    endpoint: str
    read: Callable[[str], bytes] = fetched


Scenario = Callable[[Site, Path], None]


def file_of(folder: Path, size: int = SIZE, name: str = "file.bin") -> Path:
    """Make a file of bytes that are the same for the same size."""
    path = folder / name
    path.write_bytes(random.Random(size).randbytes(size))
    return path


def asked(url: str, method: str = "HEAD") -> tuple[int, Message]:
    """Answer the status and the headers of a request of tus."""
    request = urllib.request.Request(url, method=method, headers={"Tus-Resumable": "1.0.0"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with closing(error):
            return error.code, error.headers


def is_there(site: Site, url: str, file: Path) -> None:
    """Hold an upload to the file that it was made of."""
    status, headers = asked(url)
    assert status == 200
    assert headers["Upload-Offset"] == headers["Upload-Length"] == str(file.stat().st_size)
    assert hashlib.sha256(site.read(url)).digest() == hashlib.sha256(file.read_bytes()).digest()


def js_in_chunks(site: Site, folder: Path) -> None:
    """Upload in chunks of 4 MiB, with names that are not ASCII."""
    file = file_of(folder)

    done = tus_js(file, site.endpoint, metadata=NAMES)

    is_there(site, done.well(), file)
    assert done.requests == ["POST 201", *["PATCH 204"] * 4]
    assert aiotus_metadata(done.well()) == {key: value.encode() or None for key, value in NAMES.items()}


def js_of_a_few_bytes(site: Site, folder: Path) -> None:
    """Upload what fits into one request, from memory."""
    file = file_of(folder, 11)

    done = tus_js(file, site.endpoint, told={"whole": True})

    is_there(site, done.well(), file)


def js_of_a_few_bytes_in_parallel(site: Site, folder: Path) -> None:
    """Upload parts of a few bytes, which are joined; end what was made of them, and nothing of it is left."""
    file = folder / "hello.txt"
    file.write_bytes(b"hello world")
    told = {"nonlatin": "słońce", "number": 100, "filename": "hello.txt", "filetype": "text/plain"}

    done = tus_js(file, site.endpoint, told={"whole": True}, parallelUploads=2, metadata=told)

    is_there(site, done.well(), file)
    assert aiotus_metadata(done.well())["nonlatin"] == "słońce".encode()
    assert aiotus_metadata(done.well())["number"] == b"100"
    assert asked(done.well(), "DELETE")[0] == 204
    assert asked(done.well())[0] == 410


def js_of_nothing(site: Site, folder: Path) -> None:
    """Upload an empty file."""
    file = file_of(folder, 0)

    done = tus_js(file, site.endpoint)

    is_there(site, done.well(), file)
    assert done.requests == ["POST 201"]


def js_of_a_length_told_last(site: Site, folder: Path) -> None:
    """Upload a stream whose length is known when it ends."""
    file = file_of(folder)

    done = tus_js(file, site.endpoint, told={"stream": True}, uploadLengthDeferred=True)

    is_there(site, done.well(), file)


def js_with_the_first_bytes_at_once(site: Site, folder: Path) -> None:
    """Upload the first chunk with the request that begins the upload."""
    file = file_of(folder)

    done = tus_js(file, site.endpoint, uploadDataDuringCreation=True)

    is_there(site, done.well(), file)
    assert done.requests == ["POST 201", *["PATCH 204"] * 3]


def js_by_post(site: Site, folder: Path) -> None:
    """Upload where PATCH cannot be sent."""
    file = file_of(folder)

    done = tus_js(file, site.endpoint, overridePatchMethod=True)

    is_there(site, done.well(), file)
    assert done.requests == ["POST 201", *["POST 204"] * 4]


def js_in_parallel(site: Site, folder: Path) -> None:
    """Upload in parts at the same time, which the server joins."""
    file = file_of(folder)

    done = tus_js(file, site.endpoint, parallelUploads=3, metadata=NAMES)

    is_there(site, done.well(), file)
    _, headers = asked(done.well())
    assert len(headers["Upload-Concat"].split()) == 3
    assert aiotus_metadata(done.well())["filename"] == NAMES["filename"].encode()


def js_again_after_it_stopped(site: Site, folder: Path) -> None:
    """Stop in the middle of a chunk, and go on with another process that remembers the address."""
    file, storage = file_of(folder), str(folder / "remembered.json")

    first = tus_js(file, site.endpoint, told={"stopAfter": STOP, "storage": storage})
    assert first.stopped
    status, headers = asked(first.well())
    second = tus_js(file, site.endpoint, told={"storage": storage})

    assert (status, second.url) == (200, first.url)
    assert int(headers["Upload-Offset"]) in {0, CHUNK, 2 * CHUNK}
    is_there(site, second.well(), file)
    assert second.requests[0] == "HEAD 200"


def js_in_parallel_again_after_it_stopped(site: Site, folder: Path) -> None:
    """Stop an upload in parts, and go on with each of them."""
    file, storage = file_of(folder), str(folder / "remembered.json")
    remembered = {"stopAfter": STOP, "storage": storage}

    tus_js(file, site.endpoint, told=remembered, parallelUploads=2)
    second = tus_js(file, site.endpoint, told={"storage": storage}, parallelUploads=2)

    is_there(site, second.well(), file)


def js_until_it_is_ended(site: Site, folder: Path) -> None:
    """Stop and end an upload, which is gone from then on."""
    file = file_of(folder)

    stopped = tus_js(file, site.endpoint, told={"stopAfter": STOP, "terminate": True})

    assert stopped.stopped
    assert asked(stopped.well())[0] == 410


def js_by_the_ietfs_draft(site: Site, folder: Path) -> None:
    """Upload by the two versions of the IETF's draft that the client speaks."""
    for protocol in ("ietf-draft-03", "ietf-draft-05"):
        file = file_of(folder)

        done = tus_js(file, site.endpoint, protocol=protocol)

        is_there(site, done.well(), file)
        assert done.requests == ["POST 201", *["PATCH 204"] * 4]


def js_of_a_package(site: Site, folder: Path) -> None:
    """Upload a tarball that is published when it is there."""
    file = folder / "package.tgz"
    file.write_bytes(package(name="by-tus-js"))

    done = tus_js(file, site.endpoint, metadata={"package": "by-tus-js"})

    assert done.job
    assert done.job.startswith("publish-")
    assert fetched(site.endpoint.replace("/v1/uploads", "/v1/packages/by-tus-js"))


def py_in_chunks(site: Site, folder: Path) -> None:
    """Upload with tuspy, a checksum with each chunk."""
    file = file_of(folder)

    url = tuspy(file, site.endpoint, upload_checksum=True, metadata=NAMES)

    is_there(site, url, file)
    assert aiotus_metadata(url)["filename"] == NAMES["filename"].encode()


def py_again_after_it_stopped(site: Site, folder: Path) -> None:
    """Stop tuspy after a chunk, and go on where the server says."""
    file = file_of(folder)

    url = tuspy(file, site.endpoint, stop_at=CHUNK)
    assert asked(url)[1]["Upload-Offset"] == str(CHUNK)

    assert tuspy(file, site.endpoint, url=url) == url
    is_there(site, url, file)


def py_of_nothing(site: Site, folder: Path) -> None:
    """Upload an empty file with tuspy."""
    file = file_of(folder, 0)

    is_there(site, tuspy(file, site.endpoint), file)


def aio_in_chunks(site: Site, folder: Path) -> None:
    """Upload with aiotus."""
    file = file_of(folder)

    url = aiotus_upload(file, site.endpoint, {"filename": NAMES["filename"].encode(), "flag": None})

    is_there(site, url, file)
    assert aiotus_metadata(url) == {"filename": NAMES["filename"].encode(), "flag": None}


def aio_in_parts(site: Site, folder: Path) -> None:
    """Upload files with aiotus at the same time, joined to one."""
    files = [file_of(folder, size, f"{size}.bin") for size in (5 * MIB, 11, 6 * MIB + 1)]
    whole = folder / "whole.bin"
    whole.write_bytes(b"".join(file.read_bytes() for file in files))

    is_there(site, aiotus_parts(files, site.endpoint, {"filename": b"whole"}), whole)


SCENARIOS: Final[tuple[Scenario, ...]] = (
    js_in_chunks,
    js_of_a_few_bytes,
    js_of_a_few_bytes_in_parallel,
    js_of_nothing,
    js_of_a_length_told_last,
    js_with_the_first_bytes_at_once,
    js_by_post,
    js_in_parallel,
    js_again_after_it_stopped,
    js_in_parallel_again_after_it_stopped,
    js_until_it_is_ended,
    js_by_the_ietfs_draft,
    js_of_a_package,
    py_in_chunks,
    py_again_after_it_stopped,
    py_of_nothing,
    aio_in_chunks,
    aio_in_parts,
)
