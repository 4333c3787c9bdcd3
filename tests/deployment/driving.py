"""Every function at work over a bucket, with each call to S3 written down as the SDK makes it."""

import base64
import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import quote, urlsplit

from app import app
from chalicelib.api.routing import Route
from chalicelib.container import Container, installed
from chalicelib.domain.access import Caller
from chalicelib.domain.direct import SMALLEST_PART, Asked
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.domain.tokens import digest_of, token_text
from chalicelib.events.heads import derive_packages
from chalicelib.events.jobs import run_jobs
from chalicelib.events.schedules import sweep
from chalicelib.events.uploads import publish_uploads
from chalicelib.npm.attestations.trust import default_root
from chalicelib.services.buckets import NewBucket
from chalicelib.services.publishing import PublishRequest, claim, settle
from chalicelib.services.uploading import NewUpload
from chalicelib.settings import Settings
from chalicelib.storage import open_store
from chalicelib.storage.port import ObjectInfo, ObjectStore, Presigned, StorageUnavailable
from chalicelib.storage.testing.contract.parts import send
from deployment.stage import API
from localstack.clock import scheduled_event
from tests.api.callers import Received, call
from tests.builders import Content
from tests.deployment.iam import Call
from tests.domain.advisories.records import osv
from tests.sigstore import Sigstore, statement
from tests.worlds import package, publish, s3_world

ADMIN: Final = token_text(b"\x01" * 6, b"\x02" * 32)
LARGE: Final = random.Random(0).randbytes(9 << 20)
"""More than one part of an upload, and more than a function answers."""

LARGE_FILES: Final[dict[str, Content]] = {"index.js": "x", "large.bin": LARGE}

QUEUED: Final = "prism/index/jobs/state/queued/"
RUNNING: Final = "prism/index/jobs/state/running/"
PROGRESS: Final = "prism/sweep/progress.json"
UNAVAILABLE: Final = StorageUnavailable("prism/manifests", "the medium is on fire", retryable=True)

NEVER_SENT: Final = {"prism/health"}
"""Keys for which addresses are signed only to see whether there are any."""

VALUES: Final = {
    "name": "demo",
    "version": "1.0.0",
    "previous": "1.0.1",
    "tag": "beta",
    "path": "index.js",
    "code": "route_not_found",
    "id": "000000000000",
    "run": "run-00000001",
    "publisher": "role:build",
    "user": "admin",
    "rev": "1-0",
    "token": "000000000000",
    "login": "00000000-" + 40 * "0",
    "file": "demo-1.0.0.tgz",
    "filename": "demo-1.0.0.tgz",
    "sid": "0123456789ab",
    "revision": "0",
}
BODIES: Final[dict[str, object]] = {
    "PUT /v1/packages/{name}/dist-tags/{tag}": {"version": "1.0.0"},
    "PUT /v1/packages/{name}/{version}/deprecation": {"message": "old"},
    "PUT /v1/packages/{name}/{version}/yank": {"yanked": True},
    "POST /v1/tokens": {"name": "ci", "scopes": ["publish"]},
    "PUT /v1/publishers/{publisher}": {"packages": ["demo"]},
    "POST /v1/rebuild": {},
    "POST /v1/uploads/direct": {"name": "demo", "size": 1, "sha256": "0" * 64},
    "PUT /v1/trust": default_root(),
    "PUT /npm/-/user/org.couchdb.user:{user}": {"password": ADMIN},
    "PUT /npm/-/user/org.couchdb.user:{user}/-rev/{rev}": {"password": ADMIN},
    "POST /npm/-/npm/v1/tokens": {"name": "laptop"},
    "PUT /npm/{name}": {"versions": {"1.0.0": {"deprecated": "old"}}},
    "PUT /npm/{name}/-rev/{revision}": {"versions": {}},
    "PUT /npm/-/package/{name}/dist-tags/{tag}": "1.0.0",
    "POST /v1/advisories": {"advisories": [osv("GHSA-1", "demo")]},
    "POST /npm/-/npm/v1/security/advisories/bulk": {"demo": ["1.0.0"]},
    "POST /npm/-/npm/v1/security/audits": {"dependencies": {"demo": {"version": "1.0.0"}}},
    "POST /npm/-/npm/v1/security/audits/quick": {},
}
QUERIES: Final = {
    "/v1/advisories": "?name=demo",
    "/v1/resolve": "?spec=demo",
    "/v1/health": "?deep=true",
}


Now = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Recorder:
    """What each function asked of S3."""

    endpoint: str
    bucket: str
    calls: dict[str, set[Call]] = field(default_factory=dict)
    routes: set[str] = field(default_factory=set)
    answers: list[Received] = field(default_factory=list)

    @cached_property
    def medium(self) -> ObjectStore:
        """The bucket, for what is not to be written down."""
        return open_store("s3", self.settings)

    @contextmanager
    def process(self, function: str, now: Now = _now) -> Iterator[Container]:
        """Let a fresh process of a function run, its calls written down; it is the first to write that day."""
        self.medium.delete("prism/probes/conditional-writes.json")
        container = Container(self.settings, now=now)
        client = container.medium.client  # type: ignore[attr-defined]  # it is the driver of S3
        client.meta.events.register(
            "provide-client-params.s3", lambda params, model, **_: self._note(function, model.name, params)
        )
        try:
            with installed(container):
                yield container
        finally:
            client.close()

    def another(self, now: Now = _now, **fields: Any) -> Container:
        """Make a process whose calls are not written down; `fields` are other settings."""
        return Container(replace(self.settings, **fields), store=self.medium, now=now)

    @cached_property
    def settings(self) -> Settings:
        """The settings of a deployed stage, but for the place of the bucket."""
        medium = s3_world(self.endpoint, self.bucket).settings
        return replace(medium, access="token", admin_token=f"sha256:{digest_of(ADMIN)}", stage="prod")

    def ask(
        self, method: str, address: str, body: object = None, token: str = ADMIN, **headers_too: str
    ) -> Received:
        """Send a request to the API through its gateway."""
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        headers |= {name.replace("_", "-"): value for name, value in headers_too.items()}
        if isinstance(body, bytes):
            headers["content-type"] = "application/octet-stream"
        sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        answer = call(app, method, address, headers=headers, body=sent)
        self.answers.append(answer)
        return answer

    def _note(self, function: str, operation: str, params: dict[str, Any]) -> None:
        source = params.get("CopySource")
        if params.get("Key") in NEVER_SENT:
            return
        noted = Call(
            operation,
            params["Bucket"],
            params.get("Key"),
            params.get("Prefix"),
            source["Key"] if source else None,
        )
        self.calls.setdefault(function, set()).add(noted)


def drive(recorder: Recorder) -> None:
    """Let every function do everything that it does."""
    with _small_thresholds():
        for version in ("2.0.1", "3.0.1"):
            _settle_for_others(recorder, version)
        for work in (
            _publish,
            _ask_every_route,
            _unpublish_over_npm,
            _log_in,
            _read_what_is_large,
            _upload,
            _send_directly,
            _upload_over_http,
            _send_files,
            _derive,
            _run_queued_jobs,
            _finish_uploads,
            _archive,
            _publish_attested,
            _sweep,
        ):
            work(recorder)


@contextmanager
def _small_thresholds() -> Iterator[None]:
    """Let heads spill and the index fold after a handful of publishes instead of hundreds."""
    with (
        patch("chalicelib.stores.index.FOLD_AT", 2),
        patch("chalicelib.domain.head.SPILL_BYTES", 1),
        patch("chalicelib.domain.head.SPILL_EVENTS", 4),
        patch("chalicelib.domain.head.KEPT_EVENTS", 2),
    ):
        yield


def _publish(recorder: Recorder) -> None:
    with recorder.process(API):
        for number in range(8):
            assert recorder.ask("POST", "/v1/packages/demo", package(f"1.0.{number}")).status == 201
        assert recorder.ask("POST", "/v1/packages/demo", package("1.0.0")).status == 200
        for version in ("2.0.0", "2.0.1"):
            assert recorder.ask("POST", "/v1/packages/demo", large(version)).status == 201
        recorder.ask("POST", "/v1/packages/demo", b"no tarball")


def _ask_every_route(recorder: Recorder) -> None:
    with recorder.process(API):
        made = recorder.ask("POST", "/v1/tokens", {"name": "reader", "scopes": ["read"]}).json
        recorder.ask("GET", "/v1/packages/demo", token=made["token"])
        job = recorder.ask("GET", "/v1/jobs?state=completed&limit=1").json["jobs"][0]
        tokens = {**VALUES, "id": made["token"].split("_")[1]}
        jobs = {**VALUES, "id": job["id"]}
        for route in app.router.routes:
            values = jobs if route.template.text.startswith("/v1/jobs/") else tokens
            recorder.ask(route.method, address_of(route, values), BODIES.get(route_name(route)))
            recorder.routes.add(route_name(route))
        recorder.ask("GET", "/npm/-/npm/v1/attestations/demo@1.0.0")
        recorder.ask("PUT", "/v1/publishers/*", {})  # or nobody could publish from here on


def _unpublish_over_npm(recorder: Recorder) -> None:
    """Unpublish a version whose files are objects too, and read what is left, made of packs where it is gone."""
    _put_file(recorder, "1.0.3")
    with recorder.process(API):
        document = recorder.ask("GET", "/npm/demo").json
        del document["versions"]["1.0.3"]
        assert recorder.ask("PUT", f"/npm/demo/-rev/{document['_rev']}", document).status == 200
        assert recorder.ask("DELETE", f"/npm/demo/-/demo-1.0.3.tgz/-rev/{document['_rev']}").status == 200
    _leave_unpublished(recorder, "1.0.2")
    with recorder.process(API):
        assert recorder.ask("GET", "/npm/demo").status == 200
        with patch("chalicelib.api.npm.packages.INLINE_BYTES", 1):
            assert recorder.ask("GET", "/npm/demo").status == 302


def _put_file(recorder: Recorder, version: str) -> None:
    """Give a version a file that is an object of its own."""
    recorder.medium.put(f"prism/packages/demo/{version}/large.bin", b"large")


def _leave_unpublished(recorder: Recorder, version: str) -> None:
    """Unpublish a version and die before anything follows; what npm reads of the package is lost besides."""
    _put_file(recorder, version)
    dying = recorder.another()
    head = dying.heads.get("demo")
    assert head is not None
    kept: dict[str, object] = {number: {} for number in head.view.versions if number != version}
    with patch.object(dying.deriving, "follow"):
        dying.npm_writing.keep(PackageName("demo"), str(head.seq), {"versions": kept}, actor="admin")
    for key in keys_below(recorder.medium, "prism/npm/demo/"):
        if "/versions/" not in key or "/versions/1.0." in key:  # those whose packs can be read
            recorder.medium.delete(key)


def _log_in(recorder: Recorder) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    with recorder.process(API):
        urls = recorder.ask("POST", "/npm/-/v1/login").json
        login, done = (url.partition("registry.example")[2] for url in (urls["loginUrl"], urls["doneUrl"]))
        assert recorder.ask("GET", done).status == 202
        assert call(app, "POST", login, headers=form, body=f"token={ADMIN}".encode()).status == 200
        made = recorder.ask("GET", done).json["token"]
        assert recorder.ask("PUT", "/npm/-/user/org.couchdb.user:admin", {"password": made}).status == 201
        assert recorder.ask("DELETE", f"/npm/-/user/token/{made}", token=made).status == 200


def _read_what_is_large(recorder: Recorder) -> None:
    with recorder.process(API):
        assert recorder.ask("GET", "/packages/demo/2.0.0/large.bin").status == 302
        assert recorder.ask("GET", "/v1/packages/demo/2.0.0.tgz").status == 302
        past = recorder.answers[0].json["manifest"]["claim"]["publishedAt"]
        recorder.ask("GET", f"/v1/packages/demo?asOf={quote(past)}")
        with patch("chalicelib.api.packages.INLINE_BYTES", 1):
            assert recorder.ask("GET", "/v1/packages/demo/2.0.0/files").status == 302


def _upload(recorder: Recorder) -> None:
    uploads = {
        "accepted": large("3.0.0"),
        "again": large("3.0.0"),
        "overtaken": large("3.0.1"),
        "refused": b"no tarball",
        **{f"small-{number}": package(f"3.1.{number}") for number in range(8)},
    }
    for name, data in uploads.items():
        recorder.medium.put(f"prism/incoming/{name}.tgz", data)
    _leave_unpublished(recorder, "1.0.4")
    with recorder.process("publish_uploads"):
        for name in [*uploads, "accepted"]:
            publish_uploads(created(f"prism/incoming/{name}.tgz", recorder.bucket))


def _send_directly(recorder: Recorder) -> None:
    """Send tarballs to the bucket at once and in parts, and give one up."""
    with recorder.process(API):
        for version, wanted in (("1.0.0", {}), ("1.0.1", {"partSize": SMALLEST_PART})):
            begun = _sent(recorder, version, **wanted)
            assert recorder.ask("POST", begun["complete"]).json["status"] == "published"
        begun = _begun(recorder, "1.0.2", partSize=SMALLEST_PART)
        assert recorder.ask("POST", begun["complete"]).status == 409
        assert recorder.ask("DELETE", f"/v1/uploads/direct/{begun['id']}").status == 204
        begun = _sent(recorder, "1.0.3")
    with recorder.process("publish_uploads"):
        publish_uploads(created(f"prism/incoming/direct/{begun['id']}.tgz", recorder.bucket))
    assert keys_below(recorder.medium, "prism/incoming/direct/") == []


def _sent(recorder: Recorder, version: str, **wanted: object) -> dict[str, Any]:
    """Send a tarball as a client does, and answer what it was told."""
    begun, data = _begun(recorder, version, **wanted), sendable(version)
    if "write" in begun:
        assert send(Presigned(begun["write"]["url"], begun["write"]["headers"]), data) == 200
        return begun
    for part in recorder.ask("GET", begun["parts"]).json["parts"]:
        start = (part["number"] - 1) * begun["partSize"]
        assert send(Presigned(part["url"], part["headers"]), data[start : start + part["size"]]) == 200
    return begun


def _begun(recorder: Recorder, version: str, **wanted: object) -> dict[str, Any]:
    data = sendable(version)
    asked = {"name": "sent", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **wanted}
    answer = recorder.ask("POST", "/v1/uploads/direct", asked)
    assert answer.status == 201
    told: dict[str, Any] = answer.json
    return told


def sendable(version: str) -> bytes:
    """Answer a package of more than one part."""
    return package(version, name="sent", files=LARGE_FILES)


def _leave_uploads(recorder: Recorder, version: str) -> None:
    """Leave an upload that has arrived, and one of which nothing has."""
    data = sendable(version)
    asked = Asked(
        PackageName("sent"), len(data), hashlib.sha256(data).hexdigest(), Publisher(name="Alice"), "api"
    )
    direct = recorder.another().direct
    begun = direct.begin(asked, Caller())
    recorder.medium.put(f"prism/incoming/direct/{begun.wish.id}.tgz", data)
    direct.begin(asked._replace(part_size=SMALLEST_PART), Caller())


def _upload_over_http(recorder: Recorder) -> None:
    """Send uploads that become packages or files, join some, and end one."""
    with recorder.process(API):
        for version in ("9.0.0", "9.0.1"):
            data = package(version)
            begun = _tus(recorder, "POST", f"Upload-Length: {len(data)}", "Upload-Metadata: package ZGVtbw==")
            assert _tus(recorder, "PATCH", "Upload-Offset: 0", at=begun, body=data).headers["prism-job"]
        parts = []
        for _ in range(2):
            begun = _tus(recorder, "POST", f"Upload-Length: {len(LARGE)}", "Upload-Concat: partial")
            parts.append(begun.headers["location"])
            for start in range(0, len(LARGE), 4 << 20):
                _tus(
                    recorder,
                    "PATCH",
                    f"Upload-Offset: {start}",
                    at=begun,
                    body=LARGE[start : start + (4 << 20)],
                )
        joined = _tus(recorder, "POST", f"Upload-Concat: final;{' '.join(parts)}")
        open_ended = _tus(recorder, "POST", "Upload-Defer-Length: 1")
        _tus(recorder, "PATCH", "Upload-Offset: 0", "Upload-Length: 5", at=open_ended, body=b"hello")
        assert _tus(recorder, "HEAD", at=open_ended).headers["upload-length"] == "5"
        assert _tus(recorder, "GET", at=open_ended).status == 302
        assert _tus(recorder, "DELETE", at=joined).status == 204
        assert _tus(recorder, "HEAD", at=joined).status == 410
    dying = recorder.another()
    data = package("9.1.0")
    new = NewUpload(length=len(data), metadata={"package": "demo"})
    begun_by_others = dying.uploading.create(new, dying.access.authenticate(ADMIN))
    dying.uploads.append(begun_by_others.fid, data, 0)
    with recorder.process(API):
        assert _tus(recorder, "HEAD", at=f"/v1/uploads/{begun_by_others.fid.path}").headers["prism-job"]


def _send_files(recorder: Recorder) -> None:
    """Fill buckets, change and read them, and remove one."""
    with recorder.process(API):
        sid, key = _filled_bucket(recorder, downloads=1, password="hush")
        files = recorder.ask("GET", f"/v1/buckets/{sid}", x_download_pass="hush").json["files"]
        taken, removed = (urlsplit(file["url"]) for file in files)
        assert recorder.ask("GET", f"{taken.path}?{taken.query}").status == 302
        assert recorder.ask("GET", f"{taken.path}?{taken.query}").status == 410
        assert recorder.ask("HEAD", f"{removed.path}?{removed.query}").status == 200
        changed = recorder.ask("PATCH", f"/v1/buckets/{sid}", {"retention": 7200}, prism_owner_key=key)
        assert changed.status == 200
        gone = f"/v1/buckets/{sid}/files/{files[1]['file']}"
        assert recorder.ask("DELETE", gone, prism_owner_key=key).status == 204
        sid, key = _filled_bucket(recorder)
        assert recorder.ask("GET", f"/s/{sid}").status == 200
        assert recorder.ask("DELETE", f"/v1/buckets/{sid}", prism_owner_key=key).status == 204


def _filled_bucket(recorder: Recorder, **wanted: object) -> tuple[str, str]:
    """Make a bucket of two files; answers its id and its owner's key."""
    made = recorder.ask("POST", "/v1/buckets", {"retention": 3600, **wanted}).json
    described = base64.b64encode(str(made["sid"]).encode()).decode()
    for _ in range(2):
        _tus(
            recorder,
            "POST",
            "Upload-Length: 5",
            f"Upload-Metadata: sid {described}",
            f"Prism-Owner-Key: {made['ownerKey']}",
            "Content-Type: application/offset+octet-stream",
            body=b"hello",
        )
    return made["sid"], made["ownerKey"]


def _tus(recorder: Recorder, method: str, *told: str, at: Received | str = "", body: bytes = b"") -> Received:
    """Send a request of tus to an upload's address, or to where uploads begin."""
    headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {ADMIN}"}
    if body:
        headers["Content-Type"] = "application/offset+octet-stream"
    headers |= dict(line.split(": ", 1) for line in told)
    place = at if isinstance(at, str) else at.headers["location"]
    answer = call(app, method, urlsplit(place).path or "/v1/uploads", headers=headers, body=body)
    recorder.answers.append(answer)
    return answer


def _archive(recorder: Recorder) -> None:
    """Ask for archives of packages and of a bucket, made at once and by jobs, and for one of what is gone."""
    recorder.medium.put("prism/archives/left-over.zip", b"left over")
    publish(recorder.another(), name="archived")
    with recorder.process(API):
        small = recorder.ask("POST", "/v1/archives", {"specs": ["archived"]}).json
        assert recorder.ask("GET", f"/v1/archives/{small['id']}").status == 302
        assert recorder.ask("POST", "/v1/archives", {"specs": ["demo@2.0.0"]}).status == 202
    _archive_bucket(recorder, "tar.gz")
    _unpublish_all(recorder, "archived")
    with recorder.process(API):
        assert recorder.ask("GET", f"/v1/archives/{small['id']}").status == 404
    with recorder.process("run_jobs"):
        for key in keys_below(recorder.medium, QUEUED):
            run_jobs(created(key, recorder.bucket))
    made = [key for key in keys_below(recorder.medium, "prism/archives/") if not key.endswith(".json")]
    assert len(made) == 3


def _archive_bucket(recorder: Recorder, kind: str) -> None:
    """Ask for an archive of a bucket with a large file, which is left to whoever takes up jobs."""
    asking = recorder.another()
    admin = asking.access.authenticate(ADMIN)
    made = asking.buckets.make(
        NewBucket(retention=8 * 7 * 86_400), admin
    )  # beyond what is swept as weeks later
    owner = replace(admin, bucket_key=made.owner_key)
    new = NewUpload(length=len(LARGE), metadata={"filename": "large.bin"}, sid=made.sid)
    fid = asking.uploading.create(new, owner).fid
    for start in range(0, len(LARGE), 4 << 20):
        asking.uploading.append(fid, start, LARGE[start : start + (4 << 20)], caller=owner)
    with installed(asking):
        assert recorder.ask("POST", "/v1/archives", {"bucket": made.sid, "format": kind}).status == 202


def _unpublish_all(recorder: Recorder, name: str) -> None:
    container = recorder.another()
    head = container.heads.get(name)
    assert head is not None
    container.npm_writing.unpublish(PackageName(name), str(head.seq), actor="admin")


def _derive(recorder: Recorder) -> None:
    publisher = recorder.another()
    with recorder.process("derive_packages"):
        for number in range(4):
            # Whoever published died before anything followed.
            with patch.object(publisher.deriving, "follow"):
                publish(publisher, f"4.0.{number}")
            if number == 1:
                _leave_unpublished(recorder, "1.0.5")
            derive_packages(created("prism/heads/demo.json", recorder.bucket))
        derive_packages(created("prism/heads/missing.json", recorder.bucket))


def _run_queued_jobs(recorder: Recorder) -> None:
    """Run what was replayed over HTTP, and jobs that had failed before they had taken their versions' numbers."""
    _fail_and_replay(recorder, "5.0.0", "5.0.1")
    queued = keys_below(recorder.medium, QUEUED)
    _leave_unpublished(recorder, "1.0.6")
    with recorder.process("run_jobs"):
        for key in queued:
            run_jobs(created(key, recorder.bucket))
    assert len(queued) == 5
    assert unfinished(recorder) == []


def _sweep(recorder: Recorder) -> None:
    """Sweep, weeks later, what workers have left who died while they published, derived, folded and cleaned up."""
    for function, major, sweeps in ((API, 6, _sweep_over_http), ("sweep", 7, _sweep_on_schedule)):
        left_over = _leave_over(recorder, f"{major}.0.0", f"{major}.0.1")
        _fail_and_replay(recorder, f"{major}.1.0", f"{major}.1.1")
        _leave_buckets(recorder)
        _leave_uploads(recorder, f"{major}.0.0")
        recorder.medium.delete(PROGRESS)  # or what was written before the last sweep's time would not be new
        assert len(unfinished(recorder)) == 6
        with recorder.process(function, lambda: _now() + timedelta(days=30)):
            for _ in range(3):
                sweeps(recorder)
        assert unfinished(recorder) == []
        assert left_over.isdisjoint(keys_below(recorder.medium, "prism/"))
        assert keys_below(recorder.medium, "prism/wishes/") == []
        assert keys_below(recorder.medium, "prism/incoming/direct/") == []
        _order_archive(recorder)
        _sweep_uploads(recorder, function, f"9.3.{major}", sweeps)


def _order_archive(recorder: Recorder) -> None:
    """Queue an archive that a sweep is to make, soon after: weeks later nobody knows any more what is in it."""
    wanted = {"specs": ["demo@2.0.0"], "format": "tar.gz"}
    with installed(recorder.another()):
        assert recorder.ask("POST", "/v1/archives", wanted).status == 202


def _finish_uploads(recorder: Recorder) -> None:
    """Run the jobs of uploads that were too large for their requests: a package, and a file to be one object."""
    sender = recorder.another()
    with patch("chalicelib.services.uploading.finishing.FINISHED_AT_ONCE", 1):
        _send(sender, package("9.2.0"), {"package": "demo"})
        _send(sender, LARGE, {})
    with recorder.process("run_jobs"):
        # What a job queues is a job in its turn.
        for _ in range(2):
            for key in keys_below(recorder.medium, QUEUED):
                run_jobs(created(key, recorder.bucket))
    assert unfinished(recorder) == []


def _sweep_uploads(
    recorder: Recorder, function: str, version: str, sweeps: Callable[[Recorder], None]
) -> None:
    """Sweep uploads that nobody has finished, soon after; when they are one object; and when they have expired."""
    sender = recorder.another()
    others = set(_chunks(recorder))
    for data, metadata in ((package(version), {"package": "demo"}), (LARGE, {}), (b"x" * 10, {})):
        with suppress(SystemExit), patch.object(sender.finishing, "finish", side_effect=SystemExit):
            _send(sender, data, metadata)
    with patch("chalicelib.services.uploading.finishing.FINISHED_AT_ONCE", 1):
        _send(sender, LARGE, {})
    part = sender.uploading.create(NewUpload(length=5, concat="partial"), sender.access.authenticate(ADMIN))
    sender.uploads.append(part.fid, b"hello", 0)
    sender.uploading.create(NewUpload(concat=[part.fid]), sender.access.authenticate(ADMIN))
    for days in (0.01, 2, 9, 20, 30):
        moment = timedelta(days=days)
        with recorder.process(function, lambda moment=moment: _now() + moment):  # type: ignore[misc]  # a lambda's
            sweeps(recorder)
    assert others.issuperset(_chunks(recorder))


def _chunks(recorder: Recorder) -> list[str]:
    """Answer the chunks that there are of uploads."""
    return [key for key in keys_below(recorder.medium, "prism/uploads/") if "/chunks/" in key]


def _send(sender: Container, data: bytes, metadata: dict[str, str]) -> None:
    """Send an upload in two chunks where it is large."""
    caller = sender.access.authenticate(ADMIN)
    upload = sender.uploading.create(NewUpload(length=len(data), metadata=metadata), caller)
    for start in range(0, len(data), 4 << 20):
        sender.uploading.append(upload.fid, start, data[start : start + (4 << 20)], caller=caller)


def _leave_buckets(recorder: Recorder) -> None:
    """Leave a bucket that will have ended, and one that is kept with a file that was downloaded."""
    with recorder.process(API):
        _filled_bucket(recorder)
        sid, _ = _filled_bucket(recorder, downloads=1, retention=60 * 24 * 3600)
        file = urlsplit(recorder.ask("GET", f"/v1/buckets/{sid}").json["files"][0]["url"])
        assert recorder.ask("GET", file.path).status == 302


def _sweep_over_http(recorder: Recorder) -> None:
    assert recorder.ask("POST", "/v1/sweep?seconds=25").status == 200


def _sweep_on_schedule(recorder: Recorder) -> None:
    sweep(scheduled_event("sweep"))


def _leave_over(recorder: Recorder, *versions: str) -> set[str]:
    """Leave jobs, a package and bytes that were finished by nobody; answers the keys of what nothing needs."""
    dying = recorder.another(lambda: _now() - timedelta(hours=1))
    for version in versions:
        with suppress(SystemExit), patch.object(claim, "execute", side_effect=SystemExit):
            publish(dying, version, files=LARGE_FILES)
    _settle_for_others(recorder, versions[-1])
    with patch.object(dying.deriving, "follow"):
        publish(dying, versions[0], name="underived")
    _leave_unpublished(recorder, {"6.0.0": "1.0.7", "7.0.0": "2.0.1"}[versions[0]])
    left_over = {f"staged/{'a' * 64}.tgz", f"staged/{'a' * 64}.pack", f"index/shards/{'b' * 64}.json"}
    for key in left_over:
        recorder.medium.put(f"prism/{key}", b"left over")
    return {f"prism/{key}" for key in left_over}


def _fail_and_replay(recorder: Recorder, *versions: str) -> None:
    """Queue jobs again: two that were completed, and some that failed before they took their versions' numbers."""
    hasty = recorder.another(attempts=1)
    for version, stage in zip(versions, ("read", "settle"), strict=True):
        done = publish(hasty, version, name="published", files=LARGE_FILES).job
        hasty.publishing.replay(done.id, stage)
    for version in versions:
        with suppress(StorageUnavailable), patch.object(claim, "execute", side_effect=UNAVAILABLE):
            publish(hasty, version, files=LARGE_FILES)
    for job in hasty.executions.page_jobs(len(versions), state="failed").jobs:
        hasty.publishing.replay(job.id, "read")
    _settle_for_others(recorder, versions[-1])


def _settle_for_others(recorder: Recorder, version: str) -> None:
    """Let another publisher of the same bytes be faster."""
    for key in (f"files/demo/{version}.pack", f"packages/demo/{version}/large.bin"):
        recorder.medium.put(f"prism/{key}", b"there already")


def _publish_attested(recorder: Recorder) -> None:
    """Publish as npm does with an attestation, and let every function finish what has died over one."""
    sigstore = Sigstore()
    with recorder.process(API):
        assert recorder.ask("PUT", "/v1/trust", sigstore.root()).status == 200
        document = _attested_document(sigstore, "8.0.0")
        assert recorder.ask("PUT", "/npm/attested", document).status == 201
        assert recorder.ask("PUT", "/npm/attested", document).status == 200
        assert len(recorder.ask("GET", "/npm/-/npm/v1/attestations/attested@8.0.0").json["attestations"]) == 1
    _forget_texts(recorder, "8.0.0")
    with recorder.process("derive_packages"):
        derive_packages(created("prism/heads/attested.json", recorder.bucket))
    dying = recorder.another(lambda: _now() - timedelta(hours=1))
    with suppress(SystemExit), patch.object(settle, "execute", side_effect=SystemExit):
        publish_attested(dying, sigstore, "8.0.1", publisher="upload")
    recorder.medium.put("prism/incoming/attested.tgz", package("8.0.1", name="attested"))
    with recorder.process("publish_uploads"):
        publish_uploads(created("prism/incoming/attested.tgz", recorder.bucket))
    hasty = recorder.another(attempts=1)
    with suppress(StorageUnavailable), patch.object(settle, "execute", side_effect=UNAVAILABLE):
        publish_attested(hasty, sigstore, "8.0.2")
    [failed] = hasty.executions.page_jobs(1, state="failed").jobs
    hasty.publishing.replay(failed.id, "read")
    with recorder.process("run_jobs"):
        for key in keys_below(recorder.medium, QUEUED):
            run_jobs(created(key, recorder.bucket))
    with suppress(SystemExit), patch.object(settle, "execute", side_effect=SystemExit):
        publish_attested(dying, sigstore, "8.0.3")
    with recorder.process("sweep", lambda: _now() + timedelta(days=30)):
        recorder.medium.delete(PROGRESS)
        _sweep_on_schedule(recorder)
    told = recorder.another().attesting
    for number in range(4):
        assert len(told.attestations("attested", f"8.0.{number}")) == 1
    assert [
        key for key in keys_below(recorder.medium, "prism/staged/") if key.endswith(".sigstore.json")
    ] == []


def publish_attested(
    container: Container, sigstore: Sigstore, version: str, publisher: str = "admin"
) -> None:
    """Publish with an attestation, over another way than HTTP."""
    data = package(version, name="attested")
    container.publishing.publish(
        PublishRequest(
            publisher=Publisher(name=publisher),
            source="npm",
            data=data,
            bundle=json.dumps(_bundle(sigstore, version, data)).encode(),
        )
    )


def _attested_document(sigstore: Sigstore, version: str) -> dict[str, object]:
    """Answer what npm sends."""
    data = package(version, name="attested")
    return {
        "name": "attested",
        "versions": {version: {}},
        "_attachments": {
            "attested.tgz": {"data": base64.b64encode(data).decode()},
            "attested.sigstore": {"data": json.dumps(_bundle(sigstore, version, data))},
        },
    }


def _bundle(sigstore: Sigstore, version: str, data: bytes) -> dict[str, Any]:
    return sigstore.bundle(statement("attested", version, hashlib.sha512(data).hexdigest()))


def _forget_texts(recorder: Recorder, version: str) -> None:
    """Lose what npm's clients read of a version, which is to be made again."""
    recorder.medium.delete(f"prism/npm/attested/versions/{version}.jsonl")
    for key in keys_below(recorder.medium, "prism/npm/attested/"):
        if key.endswith(".json.gz"):
            recorder.medium.delete(key)


def unfinished(recorder: Recorder) -> list[str]:
    """Answer the places of jobs that are not at their end."""
    return [*keys_below(recorder.medium, QUEUED), *keys_below(recorder.medium, RUNNING)]


def keys_below(medium: ObjectStore, prefix: str) -> list[str]:
    """Answer the keys below a prefix, ascending."""
    return [info.key for info in medium.list(prefix) if isinstance(info, ObjectInfo)]


def large(version: str) -> bytes:
    """Answer a package with a file that is sent in parts, and redirected to."""
    return package(version, files=LARGE_FILES)


def route_name(route: Route) -> str:
    """Answer what a route is called in tables."""
    return f"{route.method} {route.template.text}"


def address_of(route: Route, values: dict[str, str]) -> str:
    """Answer an address of a route; raises KeyError for a variable that has no value here."""
    path = re.sub(r"\{(\w+)\}", lambda found: quote(values[found[1]]), route.template.text)
    return path + QUERIES.get(path, "")


def created(key: str, bucket: str = "bucket") -> dict[str, Any]:
    """Answer the event by which S3 says that an object was created."""
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote(key), "size": 1}},
    }
    return {"Records": [record]}
