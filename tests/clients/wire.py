"""A publisher that speaks the protocol itself: the document that clients send, for tests that need many packages."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote


def publish_document(
    described: Mapping[str, Any], data: bytes, *, registry: str, tag: str = "latest"
) -> dict[str, Any]:
    """Answer what is PUT to publish a tarball with this package.json."""
    name, version = described["name"], described["version"]
    file = f"{name}-{version}.tgz"
    dist = {
        "integrity": "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode(),
        "shasum": hashlib.sha1(data).hexdigest(),
        "tarball": f"{registry}{name}/-/{file.rpartition('/')[2]}",
    }
    attachment = {
        "content_type": "application/octet-stream",
        "data": base64.b64encode(data).decode(),
        "length": len(data),
    }
    manifest = {**described, "_id": f"{name}@{version}", "dist": dist}
    return {
        "_id": name,
        "name": name,
        "dist-tags": {tag: version},
        "versions": {version: manifest},
        "access": "public",
        "_attachments": {file: attachment},
    }


def send(method: str, url: str, body: object = None, *, token: str | None = None) -> tuple[int, Any]:
    """Send JSON and answer the status and the JSON that came back."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, _json(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _json(error.read())


def _json(body: bytes) -> Any:
    return json.loads(body) if body.strip() else None


def put_package(
    registry: str, described: Mapping[str, Any], data: bytes, *, tag: str = "latest", token: str | None = None
) -> None:
    """Publish; a registry that refuses is an AssertionError with what it said."""
    document = publish_document(described, data, registry=registry, tag=tag)
    status, answer = send("PUT", registry + quote(described["name"], safe="@"), document, token=token)
    assert status in {200, 201}, (status, answer)
