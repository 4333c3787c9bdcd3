"""One connection of the local server: requests in, answers out, each after the one before."""

import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from email.utils import formatdate
from functools import lru_cache
from socket import socket
from socketserver import StreamRequestHandler
from typing import Final, Protocol

from chalicelib.api.answers import BODILESS, Answer, phrase_of
from chalicelib.api.dispatch import refuse
from chalicelib.api.local.bodies import Body, framing, read_body
from chalicelib.api.local.heads import MAX_LINE, Head, Line, read_headers, read_line
from chalicelib.api.requests import Request
from chalicelib.api.streams import close
from chalicelib.domain.errors import PrismError

IDLE_SECONDS: Final = 60
AT_ONCE: Final = 256 << 10
"""How much of a stream is handed to the connection at once."""

GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class BrokenStream(Exception):
    """A stream had another length than was told."""

    def __init__(self, told: int, came: int) -> None:
        super().__init__(f"a stream of {told} bytes had {'fewer' if came < told else 'more'}")


class App(Protocol):
    """What answers requests."""

    def answer(self, request: Request) -> Answer:
        """Answer a request; the answer's content is bytes, or it has a stream."""
        ...


class Host(Protocol):
    """What a connection needs of the server it belongs to; `limit` is the longest body in bytes."""

    app: App
    limit: int

    def working(self) -> AbstractContextManager[None]:
        """Count a request as being worked on."""
        ...

    def linger(self, connection: socket) -> None:
        """Read what a refused client still sends, for a while."""
        ...


class Handler(StreamRequestHandler):
    """Answers the requests of one connection."""

    wbufsize = 0
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: Host  # type: ignore[assignment]  # a server that is more than socketserver asks for

    def handle(self) -> None:
        """Answer one request after the other, until either side has had enough or is silent for too long."""
        with suppress(TimeoutError):
            while (first := self.rfile.readline(MAX_LINE + 1)) and self._exchange(first):
                pass

    def _exchange(self, first: bytes) -> bool:
        """Answer the request that begins with a line; tells whether the connection is kept for the next one."""
        line: Line | None = None
        with self.server.working():
            try:
                line = read_line(first)
                head = Head(line, read_headers(self.rfile))
                body = self._body(head)
            except PrismError as error:
                self._refuse(error, line)
                return False
            stays = head.stays
            self._send(self.server.app.answer(head.request(*body)), head.line.method, stays=stays)
            return stays

    def _body(self, head: Head) -> Body:
        """Read the body of a request, asking for it where its sender waits for that, unless it is refused."""
        frame = framing(head.all("content-length"), head.all("transfer-encoding"), limit=self.server.limit)
        if head.waits:
            self.wfile.write(GO_ON)
        return read_body(self.rfile, frame, limit=self.server.limit)

    def _refuse(self, error: PrismError, line: Line | None) -> None:
        """Answer an error and close the connection, once what the client is still sending has been read."""
        method, path = (line.method, line.address) if line else ("", "/")
        self._send(
            refuse(error, Request(method=method, path=path, id=str(uuid.uuid4()))), method, stays=False
        )
        self.server.linger(self.connection)

    def _send(self, answer: Answer, method: str, *, stays: bool) -> None:
        """Send an answer in one piece, or a stream as it comes."""
        head = head_of(answer, method, stays=stays)
        if answer.stream is not None:
            self._pass_on(head, answer.stream, answer.size)
            return
        content = b"" if method == "HEAD" or answer.status in BODILESS else answer.content
        self.wfile.write(head + content)

    def _pass_on(self, head: bytes, stream: Iterator[bytes], length: int) -> None:
        """Send a stream piece by piece, and close it, whoever ends first.

        Raises BrokenStream for one of another length than was told, which ends the connection: the client sees that.
        """
        left = length
        try:
            self.wfile.write(head)
            for piece in stream:
                left -= len(piece)
                if left < 0:
                    break
                for start in range(0, len(piece), AT_ONCE):
                    # Each slice has the whole time that a silent client is given.
                    self.wfile.write(memoryview(piece)[start : start + AT_ONCE])
        finally:
            close(stream)
        if left:
            raise BrokenStream(length, length - left)


def head_of(answer: Answer, method: str, *, stays: bool) -> bytes:
    """Answer the head of an answer; HEAD is told the length that GET would have."""
    headers = {"Server": "Prism", "Date": _date(int(time.time())), **answer.headers}
    if answer.content_type is not None:
        headers["Content-Type"] = answer.content_type
    if answer.status not in BODILESS:
        told = answer.length if method == "HEAD" and answer.length is not None else answer.size
        headers["Content-Length"] = str(told)
    if not stays:
        headers["Connection"] = "close"
    lines = [
        f"HTTP/1.1 {int(answer.status)} {phrase_of(answer.status)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
