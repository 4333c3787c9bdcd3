"""Events of API Gateway turned into requests.

The path is put together from the gateway's own path and its variables, because those are the one form that
arrives percent-encoded both locally and deployed.
"""

import base64
import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.api.errors import MalformedRequest
from chalicelib.api.requests import Request

_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?")

MAX_HOST: Final = 261
"""Characters: the longest name there is (RFC 1035, 2.3.4), and a port; every address of an answer tells it again."""

Event = Mapping[str, Any]


def request_of(event: Event) -> Request:
    """Read the request in an API Gateway proxy event; raises MalformedRequest."""
    try:
        return _request_of(event)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedRequest("what the gateway passed on is not a request that can be read") from error


def unreadable_request(event: Event) -> Request:
    """Answer what can be told of a request that cannot be read: enough to refuse it."""
    context = event["requestContext"]
    return Request(method=_text(context.get("httpMethod") or ""), path="/", id=_id_of(context))


def _request_of(event: Event) -> Request:
    context = event["requestContext"]
    given = (event.get("headers") or {}).items()
    headers = {_text(name).lower(): _text(value) for name, value in given if value is not None}
    base_path = base_path_of(context)
    return Request(
        method=_text(context["httpMethod"]),
        path=path_of(event),
        queries=_queries(event.get("multiValueQueryStringParameters") or {}),
        headers=headers,
        body=body_of(event),
        id=_id_of(context),
        origin=f"{origin_of(headers)}{base_path}",
        base_path=base_path,
    )


def path_of(event: Event) -> str:
    """Answer the path below the stage, as sent."""
    values = event.get("pathParameters") or {}
    return _VARIABLE.sub(lambda found: _text(values[found[1]]), event["requestContext"]["resourcePath"])


def base_path_of(context: Mapping[str, Any]) -> str:
    """Answer the part of the address that is the stage's or the custom domain's, such as `/api`, or empty."""
    path, stage = context.get("path") or "", context.get("stage")
    fixed = context["resourcePath"].partition("{")[0].rstrip("/")
    if stage and f"{path}/".startswith(f"/{stage}{fixed}/"):
        return f"/{stage}"
    before, found, _ = f"{path}/".partition(f"{fixed}/")
    return before.rstrip("/") if found else ""


def body_of(event: Event) -> bytes:
    """Answer the bytes of the body, however the gateway wrapped them."""
    body = event.get("body")
    if not body:
        return b""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body, validate=True)
    return body if isinstance(body, bytes) else str(body).encode()


def _queries(given: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        _text(name): [_text(value) for value in ([values] if isinstance(values, str) else values or [])]
        for name, values in given.items()
    }


def _id_of(context: Mapping[str, Any]) -> str:
    return _text(context.get("requestId") or uuid.uuid4())


def _text(value: object) -> str:
    """Answer a text as it is, with `?` for halves of characters, which no answer and no line could repeat."""
    return str(value).encode(errors="replace").decode()


def origin_of(headers: Mapping[str, str]) -> str:
    """Answer scheme and host as the client wrote them; a host that is not one is not repeated to others."""
    host = headers.get("host", "")
    scheme = headers.get("x-forwarded-proto", "http").lower()
    host = host if len(host) <= MAX_HOST and _HOST.fullmatch(host) else "localhost"
    return f"{'https' if scheme == 'https' else 'http'}://{host}"
