"""Registries with buckets of files, as a sender and a reader of them call them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.api import RESOURCES
from chalicelib.api.gateway import PrismApp
from chalicelib.container import installed
from chalicelib.domain.access import EVERYBODY, Caller
from chalicelib.domain.uploads.ids import Fid
from chalicelib.services.uploading import NewUpload
from tests.api.callers import Received, call
from tests.worlds import World


@dataclass
class Sender:
    """Somebody who fills buckets and reads them, through the gateway."""

    world: World
    app: PrismApp = field(init=False)

    def __post_init__(self) -> None:
        self.app = PrismApp("prism")
        self.app.mount(RESOURCES)

    def bucket(self, **wanted: Any) -> "Bucket":
        """Make a bucket."""
        made = self.ask("POST", "/v1/buckets", body=wanted)
        assert made.status == 201, made.body
        return Bucket(self, made.json)

    def ask(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Received:
        """Send a request, of JSON if it has a body."""
        sent = json.dumps(body).encode() if body is not None else b""
        kind = {"Content-Type": "application/json"} if body is not None else {}
        with installed(self.world.container):
            return call(self.app, method, path, body=sent, headers={**kind, **(headers or {})})

    def ask_form(self, path: str, sent: bytes, headers: Mapping[str, str]) -> Received:
        """Send a form as a browser does."""
        with installed(self.world.container):
            return call(self.app, "POST", path, body=sent, headers=headers)


@dataclass(frozen=True)
class Bucket:
    """A bucket as its sender knows it."""

    sender: Sender
    made: Any

    @property
    def sid(self) -> str:
        """Its id."""
        return str(self.made["sid"])

    @property
    def key(self) -> str:
        """Its owner's key."""
        return str(self.made["ownerKey"])

    def add(
        self,
        data: bytes,
        name: str = "a.txt",
        kind: str = "text/plain",
        *,
        key: str | None = None,
        caller: Caller = EVERYBODY,
        pieces: int = 1,
    ) -> Fid:
        """Upload a file into it, in so many pieces."""
        new = NewUpload(
            length=len(data),
            metadata={"filename": name, "filetype": kind},
            sid=self.sid,
        )
        caller = replace(caller, bucket_key=self.key if key is None else key)
        uploading = self.sender.world.container.uploading
        fid = uploading.create(new, caller).fid
        step = -(-len(data) // pieces) or 1
        for start in range(0, len(data), step):
            uploading.append(fid, start, data[start : start + step], caller=caller)
        return fid

    def path(self, fid: Fid, name: str = "a.txt") -> str:
        """Answer the address of a file."""
        return f"/s/{self.sid}/{fid.uuid}/{name}"

    def list(self, **headers: str) -> Received:
        """List it."""
        return self.sender.ask("GET", f"/v1/buckets/{self.sid}", headers=headers)

    def own(self, method: str, path: str = "", *, body: Any = None) -> Received:
        """Send a request as its owner."""
        return self.sender.ask(
            method, f"/v1/buckets/{self.sid}{path}", body=body, headers={"Prism-Owner-Key": self.key}
        )
