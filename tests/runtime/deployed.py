"""Prism as it is deployed: the functions of the package, its gateway, and a bucket that an emulator keeps."""

import base64
import contextlib
import hashlib
import itertools
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.emulators import S3Emulator
from tests.runtime.events import s3_event
from tests.runtime.front import request
from tests.runtime.function import API_HANDLER, UPLOADS_HANDLER, Function
from tests.runtime.gateway import Gateway, Given, Sent
from tests.runtime.package import Unpacked


@dataclass
class Deployed:
    """One deployment; functions start when they are first asked for, and end with it."""

    package: Unpacked
    emulator: S3Emulator
    bucket: str
    logs: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _functions: dict[str, Function] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gateway = Gateway(self.package.read_template())

    def start(self, handler: str = API_HANDLER, **told: Any) -> Function:
        """Start one more execution environment; `told` are Function's settings, `variables` among them."""
        variables = {**self.storage(), "PRISM_ACCESS": "open", **self.variables, **told.pop("variables", {})}
        log = self.logs / f"{handler}-{next(self._numbers)}.log"
        function = Function(self.package.code, handler, variables, log=log, **told)
        self.stack.callback(function.close)
        return function

    def storage(self) -> dict[str, str]:
        """Answer the variables that lead to the bucket."""
        return {
            "PRISM_S3_BUCKET": self.bucket,
            "PRISM_S3_ENDPOINT": self.emulator.endpoint,
            "PRISM_S3_FORCE_PATH_STYLE": "true",
        }

    @property
    def api(self) -> Function:
        """The function behind the gateway."""
        return self._only(API_HANDLER)

    @property
    def uploads(self) -> Function:
        """The function that S3 invokes."""
        return self._only(UPLOADS_HANDLER)

    def _only(self, handler: str) -> Function:
        if handler not in self._functions:
            self._functions[handler] = self.start(handler)
        return self._functions[handler]

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        to: Function | None = None,
    ) -> Given:
        """Answer a request through the gateway, the stage before its target or not.

        `to` is another execution environment than the first.
        """
        below = target.removeprefix(f"/{self.gateway.stage}/")
        sent = Sent(
            method,
            target if below == target else f"/{below}",
            [("Host", "registry.example"), *(headers or {}).items()],
            body,
        )
        return request(self.gateway, (to or self.api).invoke, sent)

    def publish(self, name: str, data: bytes, **told: Any) -> Given:
        """Publish a tarball as it is."""
        headers = {
            "Content-Type": "application/gzip",
            "x-prism-sha256": hashlib.sha256(data).hexdigest(),
            **told.pop("headers", {}),
        }
        return self.send("POST", f"/v1/packages/{name}", headers=headers, body=data, **told)

    def drop(self, upload_id: str, data: bytes) -> str:
        """Put an upload into the bucket as a client does, and answer its key."""
        key = f"prism/incoming/{upload_id}.tgz"
        with contextlib.closing(self.emulator.client("s3")) as client:
            client.put_object(Bucket=self.bucket, Key=key, Body=data)
        return key

    def keys(self, prefix: str) -> list[str]:
        """Answer the keys of the bucket below a prefix."""
        with contextlib.closing(self.emulator.client("s3")) as client:
            listed = client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
            return [found["Key"] for found in listed.get("Contents", [])]

    def announce(self, *keys: str, to: Function | None = None) -> Any:
        """Tell the event function of objects, and answer what it answers."""
        return (to or self.uploads).invoke(s3_event(self.bucket, *keys))


def publish_document(data: bytes, publisher: str = "Ada") -> dict[str, Any]:
    """Answer the JSON way of publishing a tarball."""
    return {
        "tarballBase64": base64.b64encode(data).decode(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "publisher": {"name": publisher},
    }
