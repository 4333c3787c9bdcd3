"""Downloads of uploaded files: ranges, conditions, names and types, and what may be downloaded only so often."""

import http.client
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chalicelib.api.local.server import running
from chalicelib.container import Container, installed
from chalicelib.domain.access import EVERYBODY
from chalicelib.services.buckets.downloading import HOLD_SECONDS
from chalicelib.services.buckets.values import Found
from chalicelib.services.uploading import NewUpload
from tests.api.callers import Received, assert_problem
from tests.api.send.registries import Bucket, Sender
from tests.emulators import S3Emulator
from tests.worlds import filesystem_world, memory_world, s3_world

DATA = bytes(range(256)) * 4000
"""A megabyte, in chunks of a quarter."""


@pytest.fixture(params=["memory", "filesystem"])
def sender(request: pytest.FixtureRequest, tmp_path: Path) -> Sender:
    return Sender(memory_world() if request.param == "memory" else filesystem_world(tmp_path))


@pytest.fixture
def near() -> Sender:
    return Sender(memory_world())


@pytest.fixture
def far(localstack: S3Emulator) -> Sender:
    return Sender(s3_world(localstack.endpoint, localstack.new_bucket()))


def fetched(url: str, **headers: str) -> Received:
    """Read an address of the medium."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            told = {name.lower(): value for name, value in answer.headers.items()}
            return Received(answer.status, told, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Received(error.code, {}, error.read())


def test_a_file_is_downloaded_as_an_attachment_that_no_browser_runs(sender: Sender) -> None:
    bucket = sender.bucket()
    fid = bucket.add(DATA, "café <b>.html", "text/html", pieces=3)

    got = sender.ask("GET", bucket.path(fid))

    assert (got.status, got.body) == (200, DATA)
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"caf_ _b_.html\"; filename*=UTF-8''caf%C3%A9%20_b_.html"
    )
    assert got.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"].startswith("private")
    assert "access-control-allow-origin" not in got.headers


@pytest.mark.parametrize(
    ("asked", "content_range", "part"),
    [
        pytest.param("bytes=0-0", "bytes 0-0/1024000", DATA[:1], id="first"),
        pytest.param("bytes=255999-256000", "bytes 255999-256000/1024000", DATA[255999:256001], id="seam"),
        pytest.param("bytes=-5", "bytes 1023995-1023999/1024000", DATA[-5:], id="last"),
        pytest.param("bytes=600000-", "bytes 600000-1023999/1024000", DATA[600000:], id="rest"),
    ],
)
def test_a_range_is_answered(sender: Sender, asked: str, content_range: str, part: bytes) -> None:
    bucket = sender.bucket()
    path = bucket.path(bucket.add(DATA, pieces=3))

    got = sender.ask("GET", path, headers={"Range": asked})

    assert (got.status, got.headers["content-range"], got.body) == (206, content_range, part)
    assert got.headers["accept-ranges"] == "bytes"


def test_a_range_is_held_to_its_condition(near: Sender) -> None:
    bucket = near.bucket()
    path = bucket.path(bucket.add(DATA, pieces=2))
    etag = near.ask("HEAD", path).headers["etag"]

    held = near.ask("GET", path, headers={"Range": "bytes=1-2", "If-Range": etag})
    other = near.ask("GET", path, headers={"Range": "bytes=1-2", "If-Range": '"other"'})

    assert (held.status, held.body) == (206, DATA[1:3])
    assert (other.status, other.body) == (200, DATA)
    assert_problem(near.ask("GET", path, headers={"Range": "bytes=2000000-"}), 416, "range_not_satisfiable")


def test_what_a_reader_has_is_not_sent_again(near: Sender) -> None:
    bucket = near.bucket()
    path = bucket.path(bucket.add(DATA, pieces=2))
    head = near.ask("HEAD", path)

    same = near.ask("GET", path, headers={"If-None-Match": head.headers["etag"]})

    assert (head.status, head.body) == (200, b"")
    assert (same.status, same.body) == (304, b"")


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("text/html\r\nX-Evil: 1", id="line"),
        pytest.param("nonsense", id="nothing"),
        pytest.param("a/b; boundary=x", id="parameter"),
        pytest.param("é/é", id="letters"),
        pytest.param("x" * 500 + "/y", id="long"),
    ],
)
def test_a_type_that_is_none_is_bytes(near: Sender, kind: str) -> None:
    bucket = near.bucket()

    got = near.ask("GET", bucket.path(bucket.add(b"x", "x", kind)))

    assert got.headers["content-type"] == "application/octet-stream"
    assert "x-evil" not in got.headers


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        pytest.param("../../etc/passwd", "_._.._etc_passwd", id="traversal"),
        pytest.param("..\\..\\boot.ini", "_._.._boot.ini", id="backslashes"),
        pytest.param('a"; filename="evil.exe', "a_; filename=_evil.exe", id="quotes"),
        pytest.param("a\r\nSet-Cookie: x=1", "a__Set-Cookie_ x=1", id="lines"),
        pytest.param("photo\u202egpj.exe", "photo_gpj.exe", id="turned"),
        pytest.param(".bashrc", "_bashrc", id="hidden"),
        pytest.param("CON.txt", "_CON.txt", id="device"),
        pytest.param("..", "download", id="dots"),
        pytest.param("", "download", id="empty"),
    ],
)
def test_a_hostile_name_names_a_file_and_nothing_else(near: Sender, name: str, plain: str) -> None:
    bucket = near.bucket()

    got = near.ask("GET", bucket.path(bucket.add(b"x", name)))

    assert got.headers["content-disposition"].startswith(f'attachment; filename="{plain}"')
    assert "set-cookie" not in got.headers


def test_a_name_is_cut_to_what_folders_take(near: Sender) -> None:
    bucket = near.bucket()

    bucket.add(b"x", "ü" * 400 + ".tar.gz")

    name = bucket.list().json["files"][0]["name"]
    assert len(name.encode()) <= 200
    assert name.endswith("ü.gz")


def test_a_file_of_one_download_is_gone_after_it(sender: Sender) -> None:
    bucket = sender.bucket(downloads=1)
    fid = bucket.add(DATA, pieces=2)
    path = bucket.path(fid)

    first, second = sender.ask("GET", path), sender.ask("GET", path)

    assert (first.status, first.body) == (200, DATA)
    assert first.headers["cache-control"] == "no-store"
    assert_problem(second, 410, "downloads_spent")
    assert_problem(sender.ask("GET", f"/v1/uploads/{fid.path}"), 410, "downloads_spent")
    assert bucket.list().json["files"][0]["left"] == 0


def test_only_whole_downloads_count(near: Sender) -> None:
    bucket = near.bucket(downloads=2)
    path = bucket.path(bucket.add(DATA, pieces=2))

    assert near.ask("HEAD", path).status == 200
    for header in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}):
        assert_problem(near.ask("GET", path, headers=header), 403, "prefetch_refused")
    assert bucket.list().json["files"][0]["left"] == 2

    part = near.ask("GET", path, headers={"Range": "bytes=0-0", "If-None-Match": "*"})

    assert (part.status, part.body, part.headers["accept-ranges"]) == (200, DATA, "none")
    assert bucket.list().json["files"][0]["left"] == 1


def test_of_many_who_want_the_last_download_one_gets_it(sender: Sender) -> None:
    bucket = sender.bucket(downloads=1)
    path = bucket.path(bucket.add(DATA, pieces=2))

    with installed(sender.world.container), running(sender.app) as url, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(fetched, [f"{url}{path}"] * 8))

    whole = [answer for answer in answers if answer.status == 200]
    assert len(whole) == 1
    assert whole[0].body == DATA
    assert {answer.status for answer in answers} <= {200, 409, 410}


class Slow:
    """A client that has read a part of a file and waits."""

    def __init__(self, url: str, path: str) -> None:
        host, port = urlsplit(url).hostname, urlsplit(url).port
        assert host is not None
        assert port is not None
        self.connection = socket.socket()
        self.connection.settimeout(30)
        self.connection.connect((host, port))
        self.connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        self.received = bytearray(self.connection.recv(1000))

    def rest(self) -> bytes:
        """Read to the end."""
        while part := self.connection.recv(1 << 16):
            self.received += part
        return bytes(self.received).partition(b"\r\n\r\n")[2]


BIG = DATA * 24
"""More than the connection of a machine to itself holds."""


def test_a_download_that_runs_keeps_others_waiting_and_counts_at_its_end(sender: Sender) -> None:
    bucket = sender.bucket(downloads=1)
    path = bucket.path(bucket.add(BIG, pieces=3))

    with installed(sender.world.container), running(sender.app) as url:
        slow = Slow(url, path)
        with closing(slow.connection):
            waiting = fetched(f"{url}{path}")
            with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
                connection.request("GET", path)
                response = connection.getresponse()
                retry = response.headers["Retry-After"]
                response.read()
            whole = slow.rest()
        spent = fetched(f"{url}{path}")

    assert waiting.status == 409
    assert 0 < int(retry) <= HOLD_SECONDS
    assert whole == BIG
    assert spent.status == 410


def test_a_download_whose_client_goes_away_does_not_count(sender: Sender) -> None:
    bucket = sender.bucket(downloads=1)
    fid = bucket.add(BIG, pieces=3)
    path, downloads = bucket.path(fid), sender.world.container.downloads

    with installed(sender.world.container), running(sender.app) as url:
        Slow(url, path).connection.close()
        released = threading.Event()
        for _ in range(200):
            if not downloads.of(fid).holds:
                released.set()
                break
            threading.Event().wait(0.05)
        again = fetched(f"{url}{path}")

    assert released.is_set()
    assert (again.status, again.body) == (200, BIG)


def test_the_slot_of_a_dead_process_ends_by_itself(near: Sender) -> None:
    bucket = near.bucket(downloads=1)
    fid = bucket.add(DATA, pieces=2)
    world = near.world
    dead = world.container.downloading.read_once(found_of(world.container, bucket, fid.uuid))
    next(dead)

    assert_problem(near.ask("GET", bucket.path(fid)), 409, "download_running")
    later = Container(
        world.settings,
        store=world.store,
        now=lambda: datetime.now(UTC) + timedelta(seconds=HOLD_SECONDS + 1),
    )
    chunks = later.downloading.read_once(found_of(later, bucket, fid.uuid))

    assert b"".join(chunks) == DATA
    assert world.container.downloads.of(fid).spent == 1
    # It was not dead after all: what it sent counts as well.
    assert DATA.endswith(b"".join(dead))
    assert world.container.downloads.of(fid).spent == 2


def found_of(container: Container, bucket: Bucket, uuid: str) -> Found:
    return container.buckets.file(container.buckets.find(bucket.sid), uuid)


def test_a_file_of_another_bucket_is_not_found_in_this_one(near: Sender) -> None:
    bucket, other = near.bucket(), near.bucket(password="hush")
    fid = other.add(DATA)

    got = near.ask("GET", f"/s/{bucket.sid}/{fid.uuid}/a.txt")

    assert_problem(got, 404, "upload_not_found")


def test_an_upload_that_is_nobodys_bucket_is_its_owners(near: Sender) -> None:
    uploading = near.world.container.uploading
    fid = uploading.create(NewUpload(length=5), EVERYBODY).fid
    uploading.append(fid, 0, b"hello", caller=EVERYBODY)

    assert near.ask("GET", f"/v1/uploads/{fid.path}").body == b"hello"
    assert near.ask("GET", f"/s/{fid.sid}/{fid.uuid}/x").status == 404


def test_readers_of_a_bucket_cannot_change_its_uploads(near: Sender) -> None:
    bucket = near.bucket(password="hush")
    fid = bucket.add(DATA)
    tus = {"Tus-Resumable": "1.0.0"}
    path = f"/v1/uploads/{fid.path}"

    assert_problem(near.ask("DELETE", path, headers=tus), 404, "upload_not_found")
    assert near.ask("HEAD", path, headers=tus).status == 404
    assert_problem(near.ask("GET", path), 401, "password_required")
    assert near.ask("GET", path, headers={"x-download-pass": "hush"}).body == DATA
    assert near.ask("DELETE", path, headers={**tus, "Prism-Owner-Key": bucket.key}).status == 204
    assert_problem(near.ask("GET", path, headers={"Prism-Owner-Key": bucket.key}), 410, "upload_gone")


def test_a_file_in_a_bucket_is_downloaded_from_the_medium(far: Sender) -> None:
    bucket = far.bucket()
    path = bucket.path(bucket.add(DATA, "a b.html", "text/html", pieces=2))

    first = far.ask("GET", path)

    assert first.status == 302
    url = first.headers["location"]
    whole, part = fetched(url), fetched(url, Range="bytes=255999-256000")
    assert (whole.status, whole.body) == (200, DATA)
    assert (part.status, part.body) == (206, DATA[255999:256001])
    assert whole.headers["content-type"] == "application/octet-stream"
    assert whole.headers["content-disposition"].startswith('attachment; filename="a b.html"')
    assert fetched(url, **{"If-None-Match": whole.headers["etag"]}).status == 304


def test_the_medium_is_named_by_the_same_address_for_a_while(far: Sender) -> None:
    bucket = far.bucket()
    path = bucket.path(bucket.add(b"hello"))

    for _ in range(2):
        first = far.ask("GET", path).headers["location"]
        threading.Event().wait(1.1)
        second = far.ask("GET", path).headers["location"]
        if first == second:
            break

    assert first == second


def test_an_address_that_counts_is_good_for_a_minute_and_given_once(far: Sender) -> None:
    bucket = far.bucket(downloads=1)
    path = bucket.path(bucket.add(DATA, pieces=2))

    head, first, second = far.ask("HEAD", path), far.ask("GET", path), far.ask("GET", path)

    assert (head.status, first.status) == (200, 302)
    assert "X-Amz-Expires=60" in first.headers["location"]
    assert first.headers["cache-control"] == "no-store"
    assert fetched(first.headers["location"]).body == DATA
    assert_problem(second, 410, "downloads_spent")


def test_of_many_who_want_the_last_address_one_gets_it(far: Sender) -> None:
    bucket = far.bucket(downloads=1)
    path = bucket.path(bucket.add(DATA, pieces=2))
    others = [Sender(far.world) for _ in range(4)]

    with installed(far.world.container), ThreadPoolExecutor(4) as pool:
        statuses = sorted(answer.status for answer in pool.map(lambda other: other.ask("GET", path), others))

    assert statuses == [302, 410, 410, 410]
