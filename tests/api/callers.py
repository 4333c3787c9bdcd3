"""Ways to call an app: as its dispatcher, and as Lambda is called by API Gateway."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from chalice.local import RouteMatcher

from chalicelib.api.gateway import PrismApp


@dataclass(frozen=True)
class Received:
    """An answer as a client sees it; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def proxy_event(
    app: PrismApp,
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    stage: str = "",
) -> dict[str, Any]:
    """Make the event that API Gateway sends for a request: path variables as sent, bodies in base64."""
    match = RouteMatcher(list(app.routes)).match_route(address)
    path, _, query = address.partition("?")
    prefix = f"/{stage}" if stage else ""
    context = {
        "httpMethod": method,
        "resourcePath": match.route,
        "path": prefix + path,
        "requestId": "request-1",
    }
    return {
        "resource": match.route,
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "registry.example", **(headers or {})},
        "pathParameters": match.captured or None,
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "stageVariables": None,
        "requestContext": {**context, **({"stage": stage} if stage else {})},
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def call(app: PrismApp, method: str, address: str, **told: Any) -> Received:
    """Send a request through the gateway and Chalice."""
    response = app(proxy_event(app, method, address, **told), None)
    assert response["isBase64Encoded"], "every answer is bytes"
    headers = {name.lower(): value for name, value in response["headers"].items()}
    return Received(response["statusCode"], headers, base64.b64decode(response["body"]))


def assert_problem(answer: Received, status: int, code: str) -> Any:
    """Hold an answer to the one shape of failure, and answer its document."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json
    assert (answer.status, document["status"], document["code"]) == (status, status, code)
    assert document["type"].endswith(f"/v1/problems/{code}")
    assert document["requestId"]
    assert document["title"][0].isupper()
    assert document["title"] != document["detail"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return document
