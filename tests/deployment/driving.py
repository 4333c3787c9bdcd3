"""Every function at work over a bucket, with each call to S3 written down as the SDK makes it."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import quote

from app import app
from chalicelib.api.routing import Route
from chalicelib.container import Container, installed
from chalicelib.domain.tokens import digest_of, token_text
from chalicelib.events.heads import derive_packages
from chalicelib.events.uploads import publish_uploads
from chalicelib.settings import Settings
from chalicelib.storage import open_store
from chalicelib.storage.port import ObjectStore
from deployment.stage import API
from tests.api.callers import Received, call
from tests.deployment.iam import Call
from tests.worlds import package, publish, s3_world

ADMIN: Final = token_text(b"\x01" * 6, b"\x02" * 32)
LARGE: Final = random.Random(0).randbytes(9 << 20)
"""More than one part of an upload, and more than a function answers."""

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
    "publisher": "role:build",
}
BODIES: Final[dict[str, dict[str, object]]] = {
    "PUT /v1/packages/{name}/dist-tags/{tag}": {"version": "1.0.0"},
    "PUT /v1/packages/{name}/{version}/deprecation": {"message": "old"},
    "PUT /v1/packages/{name}/{version}/yank": {"yanked": True},
    "POST /v1/tokens": {"name": "ci", "scopes": ["publish"]},
    "PUT /v1/publishers/{publisher}": {"packages": ["demo"]},
}
QUERIES: Final = {"/v1/resolve": "?spec=demo", "/v1/health": "?deep=true"}


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
        return open_store("s3", self.settings())

    @contextmanager
    def process(self, function: str) -> Iterator[Container]:
        """Let a fresh process of a function run, its calls written down; it is the first to write that day."""
        self.medium.delete("prism/probes/conditional-writes.json")
        container = Container(self.settings())
        client = container.medium.client  # type: ignore[attr-defined]  # it is the driver of S3
        client.meta.events.register(
            "provide-client-params.s3", lambda params, model, **_: self._note(function, model.name, params)
        )
        try:
            with installed(container):
                yield container
        finally:
            client.close()

    def settings(self) -> Settings:
        """Answer the settings of a deployed stage, but for the place of the bucket."""
        medium = s3_world(self.endpoint, self.bucket).settings
        return replace(medium, access="token", admin_token=f"sha256:{digest_of(ADMIN)}", stage="prod")

    def ask(self, method: str, address: str, body: object = None, token: str = ADMIN) -> Received:
        """Send a request to the API through its gateway."""
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
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
            # Another publisher of the same bytes was faster.
            for key in (f"files/demo/{version}.pack", f"packages/demo/{version}/large.bin"):
                recorder.medium.put(f"prism/{key}", b"there already")
        for work in (_publish, _ask_every_route, _read_what_is_large, _upload, _derive):
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
        values = {**VALUES, "id": made["token"].split("_")[1]}
        for route in app.router.routes:
            recorder.ask(route.method, address_of(route, values), BODIES.get(route_name(route)))
            recorder.routes.add(route_name(route))
        recorder.ask("PUT", "/v1/publishers/*", {})  # or nobody could publish from here on


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
    with recorder.process("publish_uploads"):
        for name in [*uploads, "accepted"]:
            publish_uploads(created(f"prism/incoming/{name}.tgz", recorder.bucket))


def _derive(recorder: Recorder) -> None:
    publisher = Container(recorder.settings(), store=recorder.medium)
    with recorder.process("derive_packages"):
        for number in range(4):
            # Whoever published died before the index had it.
            with patch.object(publisher.index, "record"):
                publish(publisher, f"4.0.{number}")
            derive_packages(created("prism/heads/demo.json", recorder.bucket))
        derive_packages(created("prism/heads/missing.json", recorder.bucket))


def large(version: str) -> bytes:
    """Answer a package with a file that is sent in parts, and redirected to."""
    return package(version, files={"index.js": "x", "large.bin": LARGE})


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
