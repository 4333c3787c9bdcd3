"""One connection of the local server: requests in, Chalice's local gateway in between, answers out."""

import base64
import logging
import uuid
from contextlib import AbstractContextManager
from http import HTTPStatus
from socket import socket
from typing import Any, Final, Protocol
from urllib.parse import quote

from chalice.local import ChaliceRequestHandler, LocalGatewayException

from chalicelib.api.answers import BODILESS, Answer
from chalicelib.api.dispatch import refuse
from chalicelib.api.errors import (
    AddressTooLong,
    HeadersTooLarge,
    MalformedRequest,
    NotImplementedHere,
    RouteNotFound,
)
from chalicelib.api.local.bodies import Framing, framing, read_body
from chalicelib.api.requests import Request
from chalicelib.domain.errors import PrismError
from chalicelib.telemetry import LOGGER

IDLE_SECONDS: Final = 60
AS_SENT: Final = "!\"#$%&'()*+,-./:<=>?@[]^_`{|}~\\"
"""What stays as it is in a request's address; `;` does not, since the gateway would cut the path there."""

SERVER_REFUSALS: Final[dict[int, type[PrismError]]] = {
    HTTPStatus.REQUEST_URI_TOO_LONG: AddressTooLong,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: HeadersTooLarge,
    HTTPStatus.NOT_IMPLEMENTED: NotImplementedHere,
}

_LOG: Final = logging.getLogger(f"{LOGGER}.server")


class Host(Protocol):
    """What a connection needs of the server it belongs to; `limit` is the longest body in bytes."""

    limit: int

    def working(self) -> AbstractContextManager[None]:
        """Count a request as being worked on."""
        ...

    def linger(self, connection: socket) -> None:
        """Read what a refused client still sends, for a while."""
        ...


class Handler(ChaliceRequestHandler):
    """Answers the requests of one connection, each after the one before."""

    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    default_request_version = "HTTP/1.0"
    server: "Host"
    path: str

    def _generic_handle(self) -> None:
        with self.server.working():
            try:
                frame = self._framing()
                body = read_body(self.rfile, frame, limit=self.server.limit)
            except PrismError as error:
                self._refuse(error)
                return
            self._send(*self._answered(body))
            self.wfile.flush()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = _generic_handle  # noqa: N815 - HTTP's

    def _answered(self, body: bytes) -> tuple[int, dict[str, Any], bytes]:
        """Answer status, headers and bytes as the gateway gives them; a path it does not know is our 404."""
        self.path = address(self.path)
        try:
            response = self.local_gateway.handle_request(
                method=self.command, path=self.path, headers=dict(self.headers), body=body or None
            )
        except (LocalGatewayException, UnicodeEncodeError):
            # Of a path it does not know it repeats the Authorization, which may hold what its answer cannot.
            return _parts(refuse(RouteNotFound(self.path), self._request()))
        headers = {**response["headers"], **response["multiValueHeaders"]}
        body = response["body"]
        data = base64.b64decode(body) if response.get("isBase64Encoded") else str(body).encode()
        return response["statusCode"], headers, data

    def _framing(self) -> Framing:
        lengths = self.headers.get_all("Content-Length", [])
        return framing(lengths, self.headers.get_all("Transfer-Encoding", []), limit=self.server.limit)

    def _send(self, status: int, headers: dict[str, Any], body: bytes) -> None:
        self.send_response(status)
        if self.command == "HEAD":
            body = b""
        elif status not in BODILESS:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            for item in value if isinstance(value, list) else [value]:
                self.send_header(name, item)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, error: PrismError) -> None:
        """Answer an error and close the connection, once what the client is still sending has been read."""
        self.close_connection = True
        self._send(*_parts(refuse(error, self._request())))
        self.wfile.flush()
        self.server.linger(self.connection)

    def _request(self) -> Request:
        """Describe a request that never reached a route; a broken one may have neither method nor path."""
        method, path = getattr(self, "command", None), getattr(self, "path", None)
        return Request(method=method or "", path=path or "/", id=str(uuid.uuid4()))

    def handle_expect_100(self) -> bool:
        """Ask for the body, unless it is refused before it is sent."""
        try:
            self._framing()
        except PrismError as error:
            self._refuse(error)
            return False
        self.send_response_only(HTTPStatus.CONTINUE)
        self.end_headers()
        self.wfile.flush()
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the server refuses by itself in our shape, and close the connection."""
        self.command = getattr(self, "command", None) or ""
        kind = SERVER_REFUSALS.get(code, MalformedRequest)
        self._refuse(kind(f"the request cannot be answered: {message or HTTPStatus(code).phrase}"))

    def version_string(self) -> str:
        """Answer what the Server header says: no versions."""
        return "Prism"

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the server's own lines for debugging; each request has its line already."""
        _LOG.debug(format, *args)


def address(sent: str) -> str:
    """Answer a request's address as path and query in ASCII, whatever form it was sent in (RFC 9112, 3.2)."""
    scheme, separator, rest = sent.partition("://")
    if separator and scheme.lower() in {"http", "https"}:
        _, slash, rest = rest.partition("/")
        sent = slash + rest or "/"
    return quote(sent.encode("latin-1"), safe=AS_SENT)


def _parts(answer: Answer) -> tuple[int, dict[str, Any], bytes]:
    return int(answer.status), {**answer.headers, "Content-Type": answer.content_type}, answer.content
