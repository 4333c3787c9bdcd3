"""A caller of the npm routes, who sends what npm's clients send."""

import base64
import hashlib
import json
from typing import Any, Final

from chalicelib.npm.gzipping import unpacked
from chalicelib.settings import Settings
from tests.api.callers import Received
from tests.api.test_registry import Client
from tests.builders import Content
from tests.worlds import World, package, world

REGISTRY: Final = "http://registry.example"
SHORT: Final = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
GZIP: Final = {"accept-encoding": "gzip, deflate"}
ABBREVIATED: Final = {"accept": SHORT}
SPELLINGS: Final = {"demo": ("demo",), "@acme/demo": ("@acme/demo", "@acme%2fdemo", "@acme%2Fdemo")}


def open_world(**settings: Any) -> World:
    """Answer a registry in memory that calls itself as its callers do."""
    return world(Settings(storage_driver="memory", registry_url=REGISTRY, **settings))


def document_for(data: bytes, name: str, version: str, tag: str | None = "latest") -> dict[str, Any]:
    """Answer the document by which npm publishes a tarball."""
    return {
        "_id": name,
        "name": name,
        "dist-tags": {tag: version} if tag else {},
        "versions": {
            version: {
                "name": name,
                "version": version,
                "dist": {
                    "integrity": "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode(),
                    "shasum": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
                    "tarball": f"http://registry.example/npm/{name}/-/{name}-{version}.tgz",
                },
            }
        },
        "access": None,
        "_attachments": {
            f"{name}-{version}.tgz": {
                "content_type": "application/octet-stream",
                "data": base64.b64encode(data).decode(),
                "length": len(data),
            }
        },
    }


class Npm(Client):
    """Calls a registry as npm's clients do."""

    def __init__(self, world: World | None = None) -> None:
        super().__init__(world or open_world())

    def put(
        self,
        version: str = "1.0.0",
        *,
        name: str = "demo",
        tag: str | None = "latest",
        files: dict[str, Content] | None = None,
        headers: dict[str, str] | None = None,
        **fields: object,
    ) -> Received:
        """Publish a version."""
        data = package(version, name=name, files=files, **fields)
        document = document_for(data, name, version, tag)
        return self.call("PUT", f"/npm/{name.replace('/', '%2f')}", document, headers)

    def read(self, name: str = "demo", **headers: str) -> Any:
        """Answer the packument as JSON, or what says why there is none."""
        sent = GZIP | {header.replace("_", "-"): text for header, text in headers.items()}
        answer = self.call("GET", f"/npm/{name.replace('/', '%2f')}", headers=sent)
        return json.loads(unpacked(answer.body)) if answer.status == 200 else answer.json

    def rev(self, name: str = "demo") -> str:
        """Answer the revision that a client reads."""
        return str(self.read(name)["_rev"])

    def unpublish(self, version: str, name: str = "demo") -> list[int]:
        """Unpublish a version as npm does, or the package if it is the last; answers the statuses."""
        address, document = f"/npm/{name.replace('/', '%2f')}", self.read(name)
        if list(document["versions"]) == [version]:
            return [self.call("DELETE", f"{address}/-rev/{document['_rev']}").status]
        file = document["versions"].pop(version)["dist"]["tarball"].rpartition("/")[2]
        changed = self.call("PUT", f"{address}/-rev/{document['_rev']}", document)
        removed = self.call("DELETE", f"{address}/-/{file}/-rev/{self.rev(name)}")
        return [changed.status, removed.status]
