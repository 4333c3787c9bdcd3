"""What API Gateway makes of requests and answers, by the packaged template: events for a function, and back.

A REST API with Lambda proxy integrations. Paths are matched as sent, fixed segments first and without going back;
path variables stay encoded, queries are decoded, bodies of binary types are wrapped in base64. Answers are compressed
for who accepts it, from the size that the template tells.
"""

import base64
import gzip
import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

MAX_BODY: Final = 10 * 1024 * 1024
INTEGRATION_SECONDS: Final = 29.0
ANY: Final = "x-amazon-apigateway-any-method"
EVERY_METHOD: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REMAPPED: Final = frozenset({"connection", "content-length", "date", "server"})
"""Headers of a function that the gateway renames, since they are its own to set."""

OWN_ANSWERS: Final = {
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out"),
    "INTEGRATION_FAILURE": (502, "Internal server error"),
}
_CONTEXT: Final = re.compile(r"\$context\.([A-Za-z.]+)")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came over the wire; `target` is path and query, below the stage."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def header(self, name: str) -> str | None:
        """Answer the last value of a header."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Given:
    """What goes back over the wire."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Answer the last value of a header."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name), None)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Refused(Exception):
    """The gateway answers this request itself; `kind` is the name of its gateway response."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Gateway:
    """The REST API that a packaged template describes."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        api = template["Resources"]["RestAPI"]["Properties"]
        definition = api["DefinitionBody"]
        self.stage: str = api["StageName"]
        self.compressed_from: int | None = api.get("MinimumCompressionSize")
        self.binary_types: list[str] = definition.get("x-amazon-apigateway-binary-media-types", [])
        self.methods: dict[str, frozenset[str]] = {
            path: EVERY_METHOD
            if ANY in methods
            else frozenset(method.upper() for method in methods if not method.startswith("x-"))
            for path, methods in definition["paths"].items()
        }
        self._responses = definition.get("x-amazon-apigateway-gateway-responses", {})
        self._nodes = {
            parts[:depth] for parts in map(_split, self.methods) for depth in range(len(parts) + 1)
        }
        self._paths = {_split(path): path for path in self.methods}

    def event(self, sent: Sent) -> dict[str, Any]:
        """Answer the event that the function gets; raises Refused."""
        path, _, query = sent.target.partition("?")
        resource, variables = self._match(sent.method, path)
        if len(sent.body) > MAX_BODY:
            raise Refused("REQUEST_TOO_LARGE")
        queries = parse_qs(query, keep_blank_values=True)
        names = dict(sent.headers)
        return {
            "resource": resource,
            "path": path,
            "httpMethod": sent.method,
            "headers": names,
            "multiValueHeaders": {
                name: [value for key, value in sent.headers if key.lower() == name.lower()] for name in names
            },
            "queryStringParameters": {name: values[-1] for name, values in queries.items()} or None,
            "multiValueQueryStringParameters": queries or None,
            "pathParameters": variables or None,
            "stageVariables": None,
            "requestContext": {
                "resourceId": "a1b2c3",
                "resourcePath": resource,
                "httpMethod": sent.method,
                "path": f"/{self.stage}{path}",
                "accountId": "123456789012",
                "protocol": "HTTP/1.1",
                "stage": self.stage,
                "requestId": sent.id,
                "identity": {"sourceIp": "127.0.0.1", "userAgent": sent.header("user-agent")},
                "apiId": "abcdef1234",
            },
            **self._wrapped(sent),
        }

    def answer(self, sent: Sent, told: Any) -> Given:
        """Answer what the client gets of a function's answer; raises Refused for one that is malformed."""
        try:
            body = told.get("body") or ""
            headers = list(_merged(told.get("headers") or {}, told.get("multiValueHeaders") or {}))
            if told.get("isBase64Encoded") and self._is_binary(sent.header("accept")):
                data = base64.b64decode(body, validate=True)
            else:
                data = str(body).encode()
            status = int(told["statusCode"])
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Refused("INTEGRATION_FAILURE") from None
        return self._compressed(sent, Given(status, headers, b"" if sent.method == "HEAD" else data))

    def _compressed(self, sent: Sent, given: Given) -> Given:
        """Answer the same as gzip where the template, the client and the function let it be."""
        accepted = {
            part.split(";")[0].strip().lower() for part in (sent.header("accept-encoding") or "").split(",")
        }
        large = self.compressed_from is not None and len(given.body) >= self.compressed_from
        if not large or "gzip" not in accepted or given.header("content-encoding"):
            return given
        headers = [*given.headers, ("Content-Encoding", "gzip")]
        return Given(given.status, headers, gzip.compress(given.body, mtime=0))

    def own_answer(self, kind: str, sent: Sent) -> Given:
        """Answer what the gateway says by itself, as the template words it."""
        status, message = OWN_ANSWERS[kind]
        wording = self._responses.get(kind) or self._responses.get(f"DEFAULT_{status // 100}XX") or {}
        context = {
            "error.message": message,
            "error.messageString": json.dumps(message),
            "error.responseType": kind,
            "requestId": sent.id,
            "path": f"/{self.stage}{sent.target.partition('?')[0]}",
            "httpMethod": sent.method,
            "stage": self.stage,
        }
        body = wording.get("responseTemplates", {}).get(
            "application/json", '{"message":$context.error.messageString}'
        )
        headers = {"content-type": "application/json"} | {
            name.removeprefix("gatewayresponse.header.").lower(): value.strip("'")
            for name, value in wording.get("responseParameters", {}).items()
        }
        text = _CONTEXT.sub(lambda found: str(context.get(found[1].rstrip("."), "")), body)
        status = int(wording.get("statusCode", status))
        return Given(status, list(headers.items()), b"" if sent.method == "HEAD" else text.encode())

    def _match(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        """Answer the resource of a path and its variables, encoded as they came."""
        node: tuple[str, ...] = ()
        variables: dict[str, str] = {}
        for part in _split(path):
            variable = next((child[-1] for child in self._children(node) if child[-1].startswith("{")), None)
            if (*node, part) in self._nodes and not part.startswith("{"):
                node = (*node, part)
            elif variable is not None and part:
                node = (*node, variable)
                variables[variable.strip("{}")] = part
            else:
                raise Refused("MISSING_AUTHENTICATION_TOKEN")
        if method not in self.methods.get(self._paths.get(node, ""), ()):
            raise Refused("MISSING_AUTHENTICATION_TOKEN")
        return self._paths[node], variables

    def _children(self, node: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
        return (child for child in self._nodes if child[:-1] == node and len(child) == len(node) + 1)

    def _wrapped(self, sent: Sent) -> dict[str, Any]:
        """Answer body and isBase64Encoded of the event."""
        if not sent.body:
            return {"body": None, "isBase64Encoded": False}
        if self._is_binary(sent.header("content-type")):
            return {"body": base64.b64encode(sent.body).decode(), "isBase64Encoded": True}
        return {"body": sent.body.decode(errors="replace"), "isBase64Encoded": False}

    def _is_binary(self, header: str | None) -> bool:
        """Tell whether the first media type of a header is among the API's binary types."""
        first = (header or "").split(",")[0].split(";")[0].strip().lower()
        return "*/*" in self.binary_types or first in self.binary_types


def _split(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/")) if path.strip("/") else ()


def _merged(single: Mapping[str, Any], multiple: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Answer the headers of a function's answer as they are sent; several values of a name win over one."""
    several = {name.lower() for name in multiple}
    pairs = [(name, value) for name, value in single.items() if name.lower() not in several]
    pairs += [(name, value) for name, values in multiple.items() for value in values]
    for name, value in pairs:
        renamed = f"x-amzn-Remapped-{name}" if name.lower() in REMAPPED else name
        yield renamed, str(value)
