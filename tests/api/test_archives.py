"""Archives over HTTP: asked for, made, and downloaded by those who may see what is in them."""

import io
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api.archives import MAX_SPECS
from chalicelib.services import archiving
from chalicelib.settings import Settings
from tests.api.callers import Received, assert_problem
from tests.api.send.registries import Bucket, Sender
from tests.api.test_access import ADMIN, Guarded
from tests.api.test_registry import Addressed, Client
from tests.worlds import filesystem_world, memory_world, package, world

PACKAGES = {"specs": ["demo@1", "@acme/demo"]}


@pytest.fixture
def client() -> Client:
    client = Client(memory_world())
    client.publish()
    client.publish("2.0.0", "@acme/demo")
    return client


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing made while its requester waits."""
    monkeypatch.setattr(archiving, "AT_ONCE_BYTES", -1)


@pytest.fixture
def sender() -> Sender:
    return Sender(memory_world())


def order(client: Client, **wanted: Any) -> Received:
    return client.call("POST", "/v1/archives", PACKAGES | wanted)


def path(answer: Received) -> str:
    """Answer where an archive is downloaded, as the app is asked for it."""
    url = answer.json["url"]
    assert url.startswith("http://registry.example/")
    return str(url.removeprefix("http://registry.example"))


def files(data: bytes) -> set[str]:
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as read:
            assert read.testzip() is None
            return set(read.namelist())
    with tarfile.open(fileobj=io.BytesIO(data)) as read:
        return set(read.getnames())


class TestAsking:
    """What is answered to who asks for an archive."""

    @pytest.mark.parametrize(
        ("kind", "content_type"), [("zip", "application/zip"), ("tar.gz", "application/gzip")]
    )
    def test_a_small_one_is_there_at_once(self, client: Client, kind: str, content_type: str) -> None:
        told = order(client, format=kind)

        assert (told.status, told.json["state"], told.json["members"]) == (200, "ready", 2)
        answer = client.get(path(told))
        assert (answer.status, answer.headers["content-type"]) == (200, content_type)
        assert f'.{kind}"' in answer.headers["content-disposition"]
        assert len(answer.body) == told.json["length"]
        assert files(answer.body) == {"demo-1.0.0.tgz", "acme-demo-2.0.0.tgz"}
        assert order(client, format=kind).json == told.json

    @pytest.mark.usefixtures("queued")
    def test_a_larger_one_is_made_by_a_job(self, client: Client) -> None:
        told = order(client)

        assert (told.status, told.headers["retry-after"], told.json["state"]) == (202, "2", "queued")
        assert told.headers["location"] == told.json["url"]
        job = told.json["job"]
        assert job["url"] == f"http://registry.example/v1/jobs/{job['id']}"
        assert client.get(f"/v1/jobs/{job['id']}").json["state"] == "queued"
        waiting = client.get(path(told))
        assert (waiting.status, waiting.json, waiting.headers["retry-after"]) == (202, told.json, "2")
        client.world.container.working.work(job["id"])

        assert client.get(path(told)).status == 200
        assert order(client).json["state"] == "ready"
        assert client.get(f"/v1/jobs/{job['id']}").json["state"] == "completed"

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({}, 400, "nothing_to_archive"),
            ({"specs": []}, 400, "nothing_to_archive"),
            ({"specs": ["demo"], "bucket": "0123456789ab"}, 400, "invalid_payload"),
            ({"specs": ["demo"], "format": "rar"}, 400, "invalid_payload"),
            ({"specs": ["demo"], "name": "x"}, 400, "invalid_payload"),
            ({"specs": ["demo@9"]}, 404, "version_not_found"),
            ({"specs": ["nowhere"]}, 404, "package_not_found"),
            ({"specs": ["demo/index.js"]}, 400, "invalid_spec"),
            ({"specs": ["Not A Name"]}, 400, "invalid_name"),
            ({"specs": ["demo"] * (MAX_SPECS + 1)}, 413, "too_many_specs"),
            ({"bucket": "0123456789ab"}, 404, "bucket_not_found"),
            ({"bucket": "../../x"}, 404, "bucket_not_found"),
        ],
    )
    def test_what_cannot_be_made_is_refused(
        self, client: Client, body: object, status: int, code: str
    ) -> None:
        before = client.world.stored()

        assert_problem(client.call("POST", "/v1/archives", body), status, code)
        assert client.world.stored() == before


class TestDownloading:
    """Downloading an archive that is there."""

    def test_a_download_can_be_resumed(self, client: Client) -> None:
        where = path(order(client))
        whole = client.get(where)

        part = client.get(where, range="bytes=100-299", if_range=whole.headers["etag"])

        assert (part.status, part.body) == (206, whole.body[100:300])
        assert part.headers["content-range"] == f"bytes 100-299/{len(whole.body)}"
        assert client.get(where, range="bytes=100-", if_range='"other"').body == whole.body
        assert_problem(client.get(where, range="bytes=9999999-"), 416, "range_not_satisfiable")

    def test_who_has_it_is_told_so(self, client: Client) -> None:
        where = path(order(client))
        etag = client.get(where).headers["etag"]

        assert client.get(where, if_none_match=etag).status == 304

    def test_head_tells_what_get_would(self, client: Client) -> None:
        where = path(order(client))

        head, get = client.call("HEAD", where), client.get(where)

        assert head.body == b""
        for name in ("etag", "content-type", "content-disposition", "accept-ranges"):
            assert head.headers[name] == get.headers[name]

    def test_the_medium_sends_it_where_it_can(self) -> None:
        client = Client(world(Settings(storage_driver="memory"), Addressed()))
        client.publish()
        told = client.call("POST", "/v1/archives", {"specs": ["demo"]})

        answer = client.get(path(told))

        assert (answer.status, answer.body) == (302, b"")
        assert f"/archives/{told.json['id']}.zip?" in answer.headers["location"]
        assert client.call("HEAD", path(told)).status == 200

    def test_one_that_nobody_asked_for_is_not_found(self, client: Client) -> None:
        assert_problem(client.get(f"/v1/archives/{'0' * 64}"), 404, "archive_not_found")
        assert_problem(client.get("/v1/archives/..%2Fx"), 404, "archive_not_found")

    @pytest.mark.usefixtures("queued")
    def test_one_that_could_not_be_made_says_why(self, client: Client) -> None:
        told = order(client)
        world = client.world
        world.medium.delete(world.container.keys.tarball("demo", "1.0.0"))
        world.container.working.work(told.json["job"]["id"])

        answer = client.get(path(told))

        assert_problem(answer, 409, "archive_failed")
        assert answer.json["reason"] == "archive_member_gone"

    @pytest.mark.usefixtures("queued")
    def test_one_that_is_large_takes_no_memory(self, tmp_path: Path) -> None:
        client = Client(filesystem_world(tmp_path))
        blob = bytes(range(256)) * 4096
        client.world.container.artifact_store.put_stream(
            client.world.container.artifact_keys.tarball("demo", "1.0.0"), (blob for _ in range(1))
        )
        sender = Sender(client.world)
        bucket = sender.bucket()
        bucket.add(blob * 48, "large.bin", pieces=12)
        told = client.call("POST", "/v1/archives", {"bucket": bucket.sid})
        assert told.status == 202
        tracemalloc.start()
        try:
            assert client.world.container.working.work(told.json["job"]["id"]).state == "completed"
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        assert peak < 20 << 20
        assert client.call("HEAD", path(told)).status == 200


class TestAccess:
    """Who may have what."""

    @pytest.fixture
    def guarded(self) -> Guarded:
        guarded = Guarded()
        guarded.put_package("widget")
        guarded.put_package("@acme/secret")
        return guarded

    def test_nobody_has_packages_without_a_token(self, guarded: Guarded) -> None:
        told = guarded.ask("POST", "/v1/archives", ADMIN, {"specs": ["widget"]})

        assert told.status == 200
        for where in (path(told), f"/v1/archives/{'0' * 64}"):
            assert_problem(guarded.ask("GET", where), 401, "authentication_required")
        assert_problem(
            guarded.ask("POST", "/v1/archives", None, {"specs": ["widget"]}), 401, "authentication_required"
        )

    def test_a_token_for_some_packages_has_no_archive_with_others(self, guarded: Guarded) -> None:
        some, every = guarded.token("read", "widget"), guarded.token("read")
        both = {"specs": ["widget", "@acme/secret"]}

        told = guarded.ask("POST", "/v1/archives", every, both)

        assert_problem(guarded.ask("POST", "/v1/archives", some, both), 404, "package_not_found")
        assert_problem(guarded.ask("GET", path(told), some), 404, "archive_not_found")
        assert guarded.ask("GET", path(told), every).status == 200
        own = guarded.ask("POST", "/v1/archives", some, {"specs": ["widget"]})
        assert guarded.ask("GET", path(own), some).status == 200

    def test_a_bucket_needs_no_token_but_its_password(self) -> None:
        guarded = Guarded()
        made = guarded.ask("POST", "/v1/buckets", ADMIN, {"password": "open sesame"})
        bucket = Bucket(Sender(guarded.world), made.json)
        bucket.add(b"one", "a.txt", caller=guarded.world.container.access.authenticate(ADMIN))
        body, password = {"bucket": bucket.sid}, {"x-download-pass": "open sesame"}

        assert_problem(guarded.call("POST", "/v1/archives", body), 401, "password_required")
        assert_problem(
            guarded.call("POST", "/v1/archives", body, {"x-download-pass": "guess"}), 401, "password_wrong"
        )
        told = guarded.call("POST", "/v1/archives", body, password)

        assert told.status == 200
        assert "?pass=" in told.json["url"]
        assert guarded.call("GET", path(told)).status == 200
        bare = path(told).partition("?")[0]
        assert_problem(guarded.call("GET", bare), 401, "password_required")
        assert guarded.call("GET", bare, headers=password).status == 200


class TestBuckets:
    """The files of a bucket in one."""

    def ask(self, sender: Sender, bucket: Bucket, **wanted: object) -> Received:
        return sender.ask("POST", "/v1/archives", body={"bucket": bucket.sid, **wanted})

    def test_all_complete_files_are_in_it(self, sender: Sender) -> None:
        bucket = sender.bucket()
        for name in ("a.txt", "a.txt", "b.txt", "../c.txt"):
            bucket.add(name.encode() * 10, name)
        told = self.ask(sender, bucket, format="tar.gz")

        data = sender.ask("GET", path(told)).body

        assert told.json["filename"] == f"{bucket.sid}.tar.gz"
        assert files(data) == {"a.txt", "a (2).txt", "b.txt", "_.._c.txt"} or len(files(data)) == 4
        bucket.add(b"more", "d.txt")
        assert self.ask(sender, bucket, format="tar.gz").json["id"] != told.json["id"]

    def test_what_counts_downloads_is_left_out_and_told(self, sender: Sender) -> None:
        bucket = sender.bucket(downloads=1)
        bucket.add(b"once", "once.txt")

        answer = self.ask(sender, bucket)

        assert_problem(answer, 400, "nothing_to_archive")
        assert "only so often" in answer.json["detail"]

    def test_an_empty_bucket_has_no_archive(self, sender: Sender) -> None:
        assert_problem(self.ask(sender, sender.bucket()), 400, "nothing_to_archive")

    def test_what_was_removed_from_a_bucket_is_had_by_no_archive_of_it(self, sender: Sender) -> None:
        bucket = sender.bucket()
        bucket.add(b"one", "a.txt")
        fid = bucket.add(b"two", "b.txt")
        told = self.ask(sender, bucket)
        assert sender.ask("GET", path(told)).status == 200
        sender.ask("DELETE", f"/v1/buckets/{bucket.sid}/{fid.uuid}", headers={"Prism-Owner-Key": bucket.key})
        sender.world.container.uploads.delete(fid)

        answer = sender.ask("GET", path(told))

        assert_problem(answer, 404, "archive_member_gone")
        assert files(sender.ask("GET", path(self.ask(sender, bucket))).body) == {"a.txt"}

    def test_the_page_of_a_bucket_leads_to_all_of_it(self, sender: Sender) -> None:
        bucket = sender.bucket()
        for name in ("a.txt", "b.txt"):
            bucket.add(name.encode(), name)

        page = sender.ask("GET", f"/s/{bucket.sid}", headers={"Accept": "text/html"})
        answer = sender.ask("GET", f"/s/{bucket.sid}/archive", headers={"Accept": "text/html"})

        assert f"/s/{bucket.sid}/archive" in page.body.decode()
        assert (answer.status, files(answer.body)) == (200, {"a.txt", "b.txt"})

    @pytest.mark.usefixtures("queued")
    def test_the_page_asks_again_until_all_of_it_is_there(self, sender: Sender) -> None:
        bucket = sender.bucket()
        bucket.add(b"one", "a.txt")

        answer = sender.ask("GET", f"/s/{bucket.sid}/archive", headers={"Accept": "text/html"})

        assert (answer.status, answer.headers["refresh"]) == (202, "2")
        assert "One moment" in answer.body.decode()
        [job] = sender.world.container.executions.get_all_jobs()
        sender.world.container.working.work(job.id)
        assert sender.ask("GET", f"/s/{bucket.sid}/archive").status == 200


def test_a_package_is_as_it_was_published(client: Client) -> None:
    with zipfile.ZipFile(io.BytesIO(client.get(path(order(client))).body)) as read:
        assert read.read("demo-1.0.0.tgz") == client.get("/v1/packages/demo/1.0.0.tgz").body
    assert package("1.0.0")
